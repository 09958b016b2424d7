package dev.millrace.write;

import dev.millrace.error.FlussException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.cluster.PartitionCache;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.codec.KeyBuffer;
import dev.millrace.internal.codec.PartitionNames;
import dev.millrace.internal.codec.RowEncoder;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.InternalRow;
import dev.millrace.types.RowType;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The partitions of a table that rows were written to, found by the values of rows. For a row of a partition that is
 * known, this encodes the values and looks the bytes up; only the first row makes the name. Safe for any number of
 * threads, none of which waits for another.
 */
final class Partitions {
    /** What a value in the name of a partition looks like; two underscores in front are the server's own. */
    private static final Pattern VALUE = Pattern.compile("(?!__)[A-Za-z0-9_-]{1,200}");

    /** So many are kept without asking whether the cluster still has them; later, twice as many as it had. */
    private static final int FEW = 32;

    private final TableInfo table;
    private final Leaders leaders;
    private final PartitionNames names;
    private final BiFunction<PartitionSpec, PartitionPath, PartitionQueues> opener;
    private final PartitionCache<PartitionQueues> byValues = new PartitionCache<>();
    private final Map<String, PartitionQueues> byName = new ConcurrentHashMap<>();
    // Where the next look is due; no number while one is under way.
    private final AtomicInteger many = new AtomicInteger(FEW);
    private volatile @Nullable Supplier<? extends RuntimeException> ending;

    /** @param opener makes the queues of a partition. */
    Partitions(
            final TableInfo table,
            final Leaders leaders,
            final BiFunction<PartitionSpec, PartitionPath, PartitionQueues> opener) {
        final RowType rows = table.rowType();
        this.table = table;
        this.leaders = leaders;
        this.opener = opener;
        this.names = new PartitionNames(rows, table.partitionKeys());
    }

    /**
     * The partition of a row, whether or not the cluster has it.
     *
     * @param values encodes the values of the partition columns of such a row.
     * @throws RowConversionException a value is null, does not fit its column, or cannot be part of a name.
     */
    PartitionQueues of(final InternalRow row, final RowEncoder values, final KeyBuffer key) {
        final int length = key.encode(values, row);
        final PartitionQueues known = byValues.get(key.bytes(), length);
        return known != null && !known.hasEnded() ? known : open(row, key, length);
    }

    private PartitionQueues open(final InternalRow row, final KeyBuffer key, final int length) {
        final PartitionSpec spec = names.specOf(row);
        checkValues(spec);
        final PartitionPath path = new PartitionPath(
                table.tablePath(), String.join("$", spec.getSpecMap().values()));
        // By name first: different bytes may stand for the same partition, and its order has one keeper.
        final PartitionQueues partition = byName.compute(
                path.partition(),
                (name, known) -> known != null && !known.hasEnded() ? known : opener.apply(spec, path));
        final Supplier<? extends RuntimeException> reason = ending;
        if (reason != null) {
            throw reason.get();
        }
        byValues.put(key.bytes(), length, partition);
        // Who writes for months, to partitions that come and go, must not gather them all.
        final int limit = many.get();
        if (byName.size() > limit && many.compareAndSet(limit, Integer.MAX_VALUE)) {
            leaders.forgetDropped(this);
        }
        return partition;
    }

    int count() {
        return byName.size();
    }

    TablePath table() {
        return table.tablePath();
    }

    /** Those that were sent to once and have nothing to send now. */
    List<PartitionQueues> idle() {
        return byName.values().stream()
                .filter(partition -> partition.isIdKnown() && partition.isIdle())
                .toList();
    }

    /** The dropped ones are taken out; the next look is due when there are twice as many as now. */
    void counted() {
        many.set(Math.max(FEW, 2 * byName.size()));
    }

    private void checkValues(final PartitionSpec spec) {
        spec.getSpecMap().forEach((column, value) -> {
            if (!VALUE.matcher(value).matches()) {
                final RowType rows = table.rowType();
                throw new RowConversionException("column " + column + " of type " + rows.typeAt(rows.indexOf(column))
                        + " cannot hold " + shown(value) + ": the value of a partition has 1 to 200 characters out of"
                        + " A-Z, a-z, 0-9, _ and -, and does not begin with two underscores");
            }
        });
    }

    private static String shown(final String value) {
        return value.length() <= 200 ? "'" + value + "'" : "a value of " + value.length() + " characters";
    }

    /** Ends a partition that the cluster has dropped; the next row of it begins anew. */
    void drop(final PartitionQueues partition) {
        partition.endDropped();
        if (partition.path != null) {
            byName.remove(partition.path.partition(), partition);
        }
        byValues.remove(partition);
    }

    void forEach(final Consumer<PartitionQueues> action) {
        byName.values().forEach(action);
    }

    /** Ends all partitions and opens none any more. */
    void end(final Supplier<? extends RuntimeException> reason, final Function<WriteBatch, FlussException> failure) {
        // First said, then done: one that is opened in between finds out before a row lies in it.
        ending = reason;
        byName.values().forEach(partition -> partition.end(reason, failure));
    }
}
