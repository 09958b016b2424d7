package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.RowConversionException;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A column is added while a table is written to: who gets the table anew writes it, and older writers go on without. */
@WithCluster
@Timeout(60)
class AlteredTableTest {
    private static final int ROWS = 300;

    private static OfficialConnection official;
    private final FlussCluster cluster;
    private final Database database;

    AlteredTableTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @BeforeAll
    static void connectOfficially(final FlussCluster cluster) {
        official = new OfficialConnection(cluster.bootstrapServers());
    }

    @AfterAll
    static void closeOfficially() {
        official.close();
    }

    @ParameterizedTest
    @CsvSource({
        "ARROW, false, false",
        "ARROW, true, true",
        "INDEXED, false, false",
        "INDEXED, true, false",
        "COMPACTED, false, true",
        "COMPACTED, true, false"
    })
    void shouldWriteRowsOfOlderAndNewerWriters(
            final LogFormat format, final boolean hasBucketKey, final boolean isPartitioned) throws Exception {
        final TablePath path =
                TablePath.of(database.name(), ("altered_" + format + hasBucketKey + isPartitioned).toLowerCase());
        final Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            connection.getAdmin().createTable(path, descriptor(format, hasBucketKey, isPartitioned), false);
            final List<WriteResultFuture> results = new ArrayList<>();
            try (AppendWriter old = connection.getTable(path).newAppend().createWriter()) {
                for (int i = 0; i < ROWS; i++) {
                    results.add(old.append(row(i, 3)));
                }
                official.addColumn(path, "later", org.apache.fluss.types.DataTypes.STRING());
                try (AppendWriter altered =
                        connection.getTable(path).newAppend().createWriter()) {
                    assertThat(old.newRow().fieldCount()).isEqualTo(3);
                    assertThat(altered.newRow().fieldCount()).isEqualTo(4);
                    assertThat(altered.column("later")).isEqualTo(3);
                    for (int i = ROWS; i < 2 * ROWS; i++) {
                        // By turns of some, so that batches are given up for others and yet hold several rows.
                        final boolean isOld = i / 7 % 2 == 0;
                        results.add((isOld ? old : altered).append(row(i, isOld ? 3 : 4)));
                    }
                    assertRefused(old, 4);
                    assertRefused(altered, 3);
                }
            }
            results.forEach(WriteResultFuture::await);
            final List<String> read = format == LogFormat.COMPACTED ? readOurselves(connection, path) : read(path);
            assertThat(read)
                    .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 2 * ROWS)
                            .mapToObj(i -> i % 3 + " " + i + " " + (i < ROWS || i / 7 % 2 == 0 ? "null" : "text " + i))
                            .toList());
        }
    }

    private static List<String> read(final TablePath path) throws Exception {
        return official.read(path, 2 * ROWS, AlteredTableTest::text).values().stream()
                .flatMap(List::stream)
                .flatMap(List::stream)
                .toList();
    }

    /** The official client cannot read a log in the format COMPACTED that has rows of an earlier schema. */
    private static List<String> readOurselves(final FlussConnection connection, final TablePath path) {
        final FlussTable table = connection.getTable(path);
        final List<String> texts = new ArrayList<>();
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            for (int bucket = 0; bucket < table.getTableInfo().numBuckets(); bucket++) {
                if (table.getTableInfo().isPartitioned()) {
                    for (final PartitionInfo partition : connection.getAdmin().listPartitionInfos(path)) {
                        scanner.subscribePartition(partition.getPartitionId(), bucket, LogScanner.EARLIEST_OFFSET);
                    }
                } else {
                    scanner.subscribe(bucket, LogScanner.EARLIEST_OFFSET);
                }
            }
            while (texts.size() < 2 * ROWS) {
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(20))) {
                    assertThat(records.isEmpty()).isFalse();
                    records.forEach(record -> texts.add(text(record.row())));
                }
            }
        }
        return texts;
    }

    private static String text(final InternalRow row) {
        return row.getString(0) + " " + row.getInt(1) + " " + (row.isNullAt(3) ? null : row.getString(3));
    }

    private static void assertRefused(final AppendWriter writer, final int columns) {
        assertThatThrownBy(() -> writer.append(row(1, columns)))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("the row has " + columns + " fields");
    }

    private static TableDescriptor descriptor(
            final LogFormat format, final boolean hasBucketKey, final boolean isPartitioned) {
        final TableDescriptor.Builder table = TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("part", DataTypes.STRING())
                        .column("n", DataTypes.INT())
                        .column("spare", DataTypes.STRING())
                        .build())
                .logFormat(format);
        if (isPartitioned) {
            table.partitionedBy("part");
        }
        return (hasBucketKey ? table.distributedBy(2, "n") : table.distributedBy(2)).build();
    }

    private static GenericRow row(final int i, final int columns) {
        final GenericRow row = new GenericRow(columns);
        row.setString(0, Integer.toString(i % 3));
        row.setInt(1, i);
        if (columns > 3) {
            row.setString(3, "text " + i);
        }
        return row;
    }

    private static String text(final org.apache.fluss.row.InternalRow row) {
        return row.getString(0) + " " + row.getInt(1) + " " + (row.isNullAt(3) ? null : row.getString(3));
    }
}
