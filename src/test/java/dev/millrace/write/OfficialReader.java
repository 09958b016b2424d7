package dev.millrace.write;

import dev.millrace.metadata.TablePath;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.ScanRecord;
import org.apache.fluss.client.table.scanner.log.LogScanner;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.row.InternalRow;
import org.jspecify.annotations.Nullable;

/** Reads a log table with the official client: what it sees is what lies in the log. */
final class OfficialReader {
    private OfficialReader() {}

    /** All rows of all buckets by bucket, in the order of their offsets; fails if they are not {@code count}. */
    static <T> List<List<T>> read(
            final String bootstrap, final TablePath path, final int count, final Function<InternalRow, T> map)
            throws Exception {
        return readProjected(bootstrap, path, null, count, map);
    }

    /** The same of some columns, which the server cuts out; of all if they are null. */
    @SuppressWarnings("try") // the official client's close() throws Exception
    static <T> List<List<T>> readProjected(
            final String bootstrap,
            final TablePath path,
            final int @Nullable [] columns,
            final int count,
            final Function<InternalRow, T> map)
            throws Exception {
        final Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), bootstrap);
        try (Connection connection = ConnectionFactory.createConnection(configuration);
                Table table =
                        connection.getTable(new org.apache.fluss.metadata.TablePath(path.database(), path.table()));
                LogScanner scanner = table.newScan().project(columns).createLogScanner()) {
            final int buckets = table.getTableInfo().getNumBuckets();
            final List<TreeMap<Long, T>> rows = new ArrayList<>();
            for (int bucket = 0; bucket < buckets; bucket++) {
                scanner.subscribeFromBeginning(bucket);
                rows.add(new TreeMap<>());
            }
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
                    for (final ScanRecord scanned : records.records(bucket)) {
                        rows.get(bucket.getBucket()).put(scanned.logOffset(), map.apply(scanned.getRow()));
                        seen++;
                    }
                }
            }
            if (seen != count) {
                throw new AssertionError("read " + seen + " rows of " + path + ", expected " + count);
            }
            final List<List<T>> result = new ArrayList<>();
            rows.forEach(bucket -> result.add(List.copyOf(bucket.values())));
            return result;
        }
    }
}
