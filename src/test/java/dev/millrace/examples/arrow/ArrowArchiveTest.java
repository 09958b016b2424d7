package dev.millrace.examples.arrow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.Decimal;
import dev.millrace.row.GenericArray;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogReader;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.message.ArrowBlock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@WithCluster
@Timeout(60)
class ArrowArchiveTest {
    private static final int ROWS = 20_000;
    private static final int BUCKETS = 3;

    private final FlussCluster cluster;
    private final String database;

    @TempDir
    Path directory;

    ArrowArchiveTest(FlussCluster cluster, Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @Test
    void shouldSaveAndRestoreEveryValue() throws Exception {
        TablePath origin = TablePath.of(database, "trades");
        TablePath copy = TablePath.of(database, "trades_restored");
        Path file = directory.resolve("trades.arrow");
        Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            List<String> written = write(connection, origin);
            ArrowArchive.main(
                    new String[] {cluster.bootstrapServers(), database, "trades", file.toString(), "trades_restored"});
            assertThat(rowsOf(file)).isEqualTo(ROWS);
            assertThat(read(connection, copy))
                    .isEqualTo(written.stream().sorted().toList());
        }
    }

    @Test
    void shouldSaveAndRestoreATableWithoutRows() throws Exception {
        TablePath origin = TablePath.of(database, "nothing");
        TablePath copy = TablePath.of(database, "nothing_restored");
        Path file = directory.resolve("nothing.arrow");
        Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            create(connection, origin);
            ArrowArchive archive = new ArrowArchive(connection);
            assertThat(archive.save(origin, file)).isZero();
            archive.createLike(origin, copy);
            assertThat(archive.restore(file, copy)).isZero();
            assertThat(read(connection, copy)).isEmpty();
        }
    }

    private static FlussTable create(FlussConnection connection, TablePath path) {
        Schema schema = Schema.builder()
                .column("id", DataTypes.BIGINT())
                .column("symbol", DataTypes.STRING())
                .column("price", DataTypes.DECIMAL(12, 4))
                .column("day", DataTypes.DATE())
                .column("at", DataTypes.TIMESTAMP_LTZ(6))
                .column("flags", DataTypes.ARRAY(DataTypes.INT()))
                .build();
        TableDescriptor descriptor =
                TableDescriptor.builder().schema(schema).distributedBy(BUCKETS).build();
        connection.getAdmin().createTable(path, descriptor, false);
        return connection.getTable(path);
    }

    /** A tenth of all values are null. Several flushes make several batches in each bucket. */
    private static List<String> write(FlussConnection connection, TablePath path) {
        SplittableRandom random = new SplittableRandom(7);
        List<String> written = new ArrayList<>();
        try (AppendWriter writer = create(connection, path).newAppend().createWriter()) {
            for (int i = 0; i < ROWS; i++) {
                GenericRow row = GenericRow.fromData(
                        (long) i,
                        "S" + random.nextInt(1_000),
                        Decimal.ofUnscaled(random.nextLong(1_000_000_000), 12, 4),
                        LocalDate.ofEpochDay(random.nextInt(30_000)),
                        null,
                        GenericArray.of(random.nextInt(), null, random.nextInt()));
                row.setTimestamp(4, random.nextLong(2_000_000_000_000L), random.nextInt(1_000) * 1_000);
                for (int column = 1; column < row.fieldCount(); column++) {
                    if (random.nextInt(10) == 0) {
                        row.setField(column, null);
                    }
                }
                written.add(text(row));
                writer.append(row);
                if (i % 2_000 == 0) {
                    writer.flush();
                }
            }
        }
        return written;
    }

    private static String text(InternalRow row) {
        return row.getLong(0)
                + " " + (row.isNullAt(1) ? null : row.getString(1))
                + " " + (row.isNullAt(2) ? null : row.getDecimal(2, 12, 4))
                + " " + (row.isNullAt(3) ? null : row.getDate(3))
                + " " + (row.isNullAt(4) ? null : row.getTimestampLtz(4, 6))
                + " "
                + (row.isNullAt(5)
                        ? null
                        : row.getArray(5).getInt(0) + "," + row.getArray(5).isNullAt(1) + ","
                                + row.getArray(5).getInt(2));
    }

    private static long rowsOf(Path file) throws Exception {
        try (BufferAllocator allocator = new RootAllocator();
                FileChannel channel = FileChannel.open(file);
                ArrowFileReader reader = new ArrowFileReader(channel, allocator)) {
            long rows = 0;
            for (ArrowBlock block : reader.getRecordBlocks()) {
                assertThat(reader.loadRecordBatch(block)).isTrue();
                rows += reader.getVectorSchemaRoot().getRowCount();
            }
            return rows;
        }
    }

    /** All rows, sorted: which bucket they come from does not matter. */
    private static List<String> read(FlussConnection connection, TablePath path) {
        List<String> rows = new ArrayList<>();
        try (LogScanner scanner = connection.getTable(path).newScan().createLogScanner()) {
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                scanner.subscribe(bucket, LogScanner.EARLIEST_OFFSET);
            }
            try (LogReader reader = LogReader.untilLatest(scanner)) {
                while (!reader.isDone()) {
                    try (ScanRecords records = reader.poll(Duration.ofSeconds(10))) {
                        records.forEach(record -> rows.add(text(record.row())));
                    }
                }
            }
        }
        return rows.stream().sorted().toList();
    }
}
