package dev.millrace.scan;

import dev.millrace.metadata.TablePath;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.ScanRecord;
import org.apache.fluss.client.table.scanner.log.LogScanner;
import org.apache.fluss.client.table.scanner.log.ScanRecords;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableBucket;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataTypes;

/** A table with the primary key {@code n} and a column {@code text}, made, written and read by the official client. */
@SuppressWarnings("try") // the official client's close() throws Exception
final class OfficialChanges implements AutoCloseable {
    private final Table table;
    private final UpsertWriter writer;
    final TablePath path;
    final int buckets;

    /** @param image FULL or WAL: whether an update also tells what the row was before. */
    OfficialChanges(
            final OfficialClient official,
            final String database,
            final String name,
            final int buckets,
            final String image)
            throws Exception {
        final org.apache.fluss.metadata.TablePath officialPath = org.apache.fluss.metadata.TablePath.of(database, name);
        official.connection()
                .getAdmin()
                .createTable(
                        officialPath,
                        TableDescriptor.builder()
                                .schema(Schema.newBuilder()
                                        .column("n", DataTypes.BIGINT())
                                        .column("text", DataTypes.STRING())
                                        .primaryKey("n")
                                        .build())
                                .distributedBy(buckets)
                                .property("table.changelog.image", image)
                                .build(),
                        false)
                .get(OfficialClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
        this.path = TablePath.of(database, name);
        this.buckets = buckets;
        this.table = official.connection().getTable(officialPath);
        this.writer = table.newUpsert().createWriter();
    }

    /** Puts rows with the numbers from {@code from} to before {@code to}, and waits until the changes can be read. */
    void upsert(final long from, final long to, final String text) {
        for (long n = from; n < to; n++) {
            writer.upsert(GenericRow.of(n, BinaryString.fromString(text + n)));
        }
        writer.flush();
    }

    void delete(final long from, final long to) {
        for (long n = from; n < to; n++) {
            writer.delete(GenericRow.of(n, null));
        }
        writer.flush();
    }

    /** The changes of each bucket from the first on, as {@link #describe} has them, until they are so many. */
    TreeMap<Integer, List<String>> read(final int count) throws Exception {
        final TreeMap<Integer, List<String>> changes = new TreeMap<>();
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            for (int bucket = 0; bucket < buckets; bucket++) {
                scanner.subscribeFromBeginning(bucket);
            }
            int seen = 0;
            while (seen < count) {
                final ScanRecords records = scanner.poll(Duration.ofSeconds(OfficialClient.PATIENCE_SECONDS));
                for (final TableBucket bucket : records.buckets()) {
                    for (final ScanRecord record : records.records(bucket)) {
                        changes.computeIfAbsent(bucket.getBucket(), key -> new ArrayList<>())
                                .add(describe(
                                        record.getChangeType().shortString(),
                                        record.logOffset(),
                                        record.getRow().getLong(0),
                                        record.getRow().getString(1).toString()));
                        seen++;
                    }
                }
            }
        }
        return changes;
    }

    static String describe(final String changeType, final long offset, final long n, final String text) {
        return changeType + " " + offset + " " + n + " " + text;
    }

    @Override
    public void close() {
        try {
            table.close();
        } catch (Exception e) {
            throw new IllegalStateException("the official client did not close a table", e);
        }
    }
}
