package dev.millrace.write;

import dev.millrace.error.FlussException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.codec.KeyBuffer;
import dev.millrace.internal.codec.KeyFormat;
import dev.millrace.internal.codec.RowEncoder;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.InternalRow;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The queues of a table: of its buckets, or of those of its partitions; what their batches have in common, and which row
 * goes where. Safe for any number of threads.
 */
final class TableQueues {
    private final TableInfo info;
    private final WriteMetrics metrics;
    // For each schema that a writer's rows have, since columns may be added while older writers go on; and for what
    // they set.
    private final Map<ShapeKey, RowShape> shapes = new ConcurrentHashMap<>();
    // Null for a table with partitions, and the other one for a table without.
    private final @Nullable PartitionQueues whole;
    private final @Nullable Partitions partitions;
    private final boolean hasBucketKey;
    private final KeyFormat bucketKeyFormat;
    private final int bucketCount;
    private final KeyBuffers keys = new KeyBuffers();

    private record ShapeKey(int schemaId, KvTarget target) {}

    TableQueues(
            final TableInfo info,
            final WriteSettings settings,
            final WriterIdentity identity,
            final NanoClock clock,
            final Leaders leaders,
            final WriteMetrics metrics) {
        this.info = info;
        this.metrics = metrics;
        this.bucketCount = info.numBuckets();
        this.bucketKeyFormat = KeyFormat.ofBucketKey(info);
        this.hasBucketKey = !info.bucketKeys().isEmpty();
        this.partitions = info.isPartitioned()
                ? new Partitions(
                        info,
                        leaders,
                        (spec, path) -> new PartitionQueues(this, spec, path, settings, identity, clock, leaders))
                : null;
        this.whole =
                partitions == null ? new PartitionQueues(this, null, null, settings, identity, clock, leaders) : null;
    }

    TablePath path() {
        return info.tablePath();
    }

    long tableId() {
        return info.tableId();
    }

    TableInfo info() {
        return info;
    }

    WriteMetrics metrics() {
        return metrics;
    }

    /**
     * What rows are like for one who knows the table so; it may be older or newer than {@link #info}. The same for all such
     * writers, so that they share batches.
     *
     * @param target what the rows set, in a primary-key table.
     */
    RowShape shape(final TableInfo known, final KvTarget target) {
        return shapes.computeIfAbsent(new ShapeKey(known.schemaId(), target), key -> RowShape.of(known, target));
    }

    /**
     * The bucket for a row: its partition by the values of the partition columns, and in it the bucket by the bucket key
     * or, without one, by turns.
     *
     * @throws RowConversionException a value of a partition or key column is null or does not fit it.
     */
    BucketQueue queueFor(final InternalRow row, final RowShape shape) {
        if (whole != null && !hasBucketKey) {
            return whole.next();
        }
        final KeyBuffer key = keys.take();
        try {
            final RowEncoder values = shape.partitionValues();
            final PartitionQueues partition =
                    partitions == null || values == null ? whole() : partitions.of(row, values, key);
            final RowEncoder bucketKey = shape.bucketKey();
            return bucketKey == null ? partition.next() : partition.bucket(bucketOf(row, bucketKey, key));
        } finally {
            keys.giveBack(key);
        }
    }

    /** Whether the values of a row say which bucket it belongs to. */
    boolean choosesByRow() {
        return partitions != null || hasBucketKey;
    }

    private PartitionQueues whole() {
        if (whole == null) {
            throw new IllegalStateException(path() + " has partitions");
        }
        return whole;
    }

    private int bucketOf(final InternalRow row, final RowEncoder encoder, final KeyBuffer key) {
        final int length = key.encode(encoder, row);
        return bucketKeyFormat.bucket(key.bytes(), 0, length, bucketCount);
    }

    /** How many partitions are kept; 1 for a table without. */
    int partitionCount() {
        return partitions == null ? 1 : partitions.count();
    }

    void forEachQueue(final Consumer<BucketQueue> action) {
        if (partitions != null) {
            partitions.forEach(partition -> forEachQueue(partition, action));
        } else {
            forEachQueue(whole(), action);
        }
    }

    private static void forEachQueue(final PartitionQueues partition, final Consumer<BucketQueue> action) {
        for (int bucket = 0; bucket < partition.bucketCount(); bucket++) {
            action.accept(partition.bucket(bucket));
        }
    }

    /** Ends a partition that the cluster has dropped; the next row of it begins anew. */
    void drop(final PartitionQueues partition) {
        if (partitions != null) {
            partitions.drop(partition);
        }
    }

    /** Ends all batches and refuses rows from now on. */
    void end(final Supplier<? extends RuntimeException> reason, final Function<WriteBatch, FlussException> failure) {
        if (partitions != null) {
            partitions.end(reason, failure);
        } else {
            whole().end(reason, failure);
        }
    }
}
