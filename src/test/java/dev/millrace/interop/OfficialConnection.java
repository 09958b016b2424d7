package dev.millrace.interop;

import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Later;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.lookup.LookupResult;
import org.apache.fluss.client.lookup.Lookuper;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.ScanRecord;
import org.apache.fluss.client.table.scanner.log.LogScanner;
import org.apache.fluss.client.table.writer.AppendWriter;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metadata.PartitionInfo;
import org.apache.fluss.metadata.PartitionSpec;
import org.apache.fluss.metadata.TableChange;
import org.apache.fluss.row.InternalRow;
import org.apache.fluss.types.DataType;
import org.jspecify.annotations.Nullable;

/**
 * The official client against a real server: writes what ours is to read, and reads what ours has written. One for several
 * uses if it can be: it takes two seconds to close.
 */
@SuppressWarnings("try") // its close() throws Exception
public final class OfficialConnection implements AutoCloseable {
    /** The name under which a table without partitions gives its rows. */
    public static final String NO_PARTITION = "";

    private static final int PATIENCE_SECONDS = 20;

    private final Connection connection;

    public OfficialConnection(final String bootstrapServers) {
        final Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), bootstrapServers);
        configuration.setString(ConfigOptions.CLIENT_WRITER_BATCH_TIMEOUT.key(), "20 ms");
        connection = ConnectionFactory.createConnection(configuration);
    }

    /** Opens a table; the caller closes it. */
    public Table table(final TablePath path) {
        return connection.getTable(official(path));
    }

    /** Appends rows and waits until they can be read. */
    public void append(final TablePath path, final Iterable<? extends InternalRow> rows) throws Exception {
        try (Table table = table(path)) {
            final AppendWriter writer = table.newAppend().createWriter();
            rows.forEach(writer::append);
            writer.flush();
        }
    }

    /** Upserts rows and waits until they are there. */
    public void upsert(final TablePath path, final Iterable<? extends InternalRow> rows) throws Exception {
        try (Table table = table(path)) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.forEach(writer::upsert);
            writer.flush();
        }
    }

    /** Deletes rows by their keys and waits until they are gone. */
    public void delete(final TablePath path, final Iterable<? extends InternalRow> rows) throws Exception {
        try (Table table = table(path)) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.forEach(writer::delete);
            writer.flush();
        }
    }

    /** The rows of keys, asked for all at once; null where there is none. */
    public <T> List<@Nullable T> lookup(
            final TablePath path, final List<? extends InternalRow> keys, final Function<InternalRow, T> map)
            throws Exception {
        try (Table table = table(path)) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            final List<CompletableFuture<LookupResult>> answers =
                    keys.stream().map(lookuper::lookup).toList();
            final List<@Nullable T> found = new ArrayList<>();
            for (final CompletableFuture<LookupResult> answer : answers) {
                final InternalRow row =
                        answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS).getSingletonRow();
                found.add(row == null ? null : map.apply(row));
            }
            return found;
        }
    }

    /** The ids of a table's partitions by name. */
    public SortedMap<String, Long> partitions(final TablePath path) throws Exception {
        return connection.getAdmin().listPartitionInfos(official(path)).get(PATIENCE_SECONDS, TimeUnit.SECONDS).stream()
                .collect(Collectors.toMap(
                        PartitionInfo::getPartitionName, PartitionInfo::getPartitionId, (a, b) -> b, TreeMap::new));
    }

    /** Creates a partition that must not exist. */
    public void createPartition(final TablePath path, final Map<String, String> values) throws Exception {
        connection
                .getAdmin()
                .createPartition(official(path), new PartitionSpec(values), false)
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Adds a column behind the others. */
    public void addColumn(final TablePath path, final String name, final DataType type) throws Exception {
        connection
                .getAdmin()
                .alterTable(
                        official(path),
                        List.of(TableChange.addColumn(name, type, null, TableChange.ColumnPosition.last())),
                        false)
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Drops a partition that must exist. */
    public void dropPartition(final TablePath path, final Map<String, String> values) throws Exception {
        connection
                .getAdmin()
                .dropPartition(official(path), new PartitionSpec(values), false)
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * All rows of a log table by partition and bucket, in the order of their offsets; fails if they are not {@code count}.
     * A table without partitions has the one of {@link #NO_PARTITION}.
     */
    public <T> SortedMap<String, List<List<T>>> read(
            final TablePath path, final int count, final Function<InternalRow, T> map) throws Exception {
        return readProjected(path, null, count, map);
    }

    /** The same of some columns, which the server cuts out; of all if they are null. */
    public <T> SortedMap<String, List<List<T>>> readProjected(
            final TablePath path, final int @Nullable [] columns, final int count, final Function<InternalRow, T> map)
            throws Exception {
        try (Table table = table(path);
                LogScanner scanner = table.newScan().project(columns).createLogScanner()) {
            final int buckets = table.getTableInfo().getNumBuckets();
            final SortedMap<String, List<TreeMap<Long, T>>> rows = new TreeMap<>();
            final Map<Long, String> names = new HashMap<>();
            if (table.getTableInfo().isPartitioned()) {
                partitions(path).forEach((name, id) -> names.put(id, name));
                names.forEach((id, name) -> {
                    for (int bucket = 0; bucket < buckets; bucket++) {
                        scanner.subscribeFromBeginning(id, bucket);
                        rows.computeIfAbsent(name, n -> new ArrayList<>()).add(new TreeMap<>());
                    }
                });
            } else {
                for (int bucket = 0; bucket < buckets; bucket++) {
                    scanner.subscribeFromBeginning(bucket);
                    rows.computeIfAbsent(NO_PARTITION, n -> new ArrayList<>()).add(new TreeMap<>());
                }
            }
            poll(path, scanner, count, names, rows, map);
            final SortedMap<String, List<List<T>>> result = new TreeMap<>();
            rows.forEach((name, read) -> result.put(
                    name,
                    read.stream().map(bucket -> List.copyOf(bucket.values())).toList()));
            return result;
        }
    }

    private static <T> void poll(
            final TablePath path,
            final LogScanner scanner,
            final int count,
            final Map<Long, String> names,
            final Map<String, List<TreeMap<Long, T>>> rows,
            final Function<InternalRow, T> map) {
        int seen = 0;
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        // One more poll after the last row, so that a row too many is seen as well.
        boolean last = false;
        while (!last) {
            last = seen >= count;
            if (System.nanoTime() > deadlineNs) {
                throw new AssertionError("read " + seen + " of " + count + " rows of " + path);
            }
            final var records = scanner.poll(Duration.ofMillis(last ? 300 : 1_000));
            for (final var bucket : records.buckets()) {
                final Long partition = bucket.getPartitionId();
                final TreeMap<Long, T> target = rows.get(partition == null ? NO_PARTITION : names.get(partition))
                        .get(bucket.getBucket());
                for (final ScanRecord scanned : records.records(bucket)) {
                    target.put(scanned.logOffset(), map.apply(scanned.getRow()));
                    seen++;
                }
            }
        }
        if (seen != count) {
            throw new AssertionError("read " + seen + " rows of " + path + ", expected " + count);
        }
    }

    private static org.apache.fluss.metadata.TablePath official(final TablePath path) {
        return org.apache.fluss.metadata.TablePath.of(path.database(), path.table());
    }

    @Override
    public void close() {
        Later.close(connection);
    }
}
