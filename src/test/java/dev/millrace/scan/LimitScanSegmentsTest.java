package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.TableBucket;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.arrow.vector.IntVector;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.batch.BatchScanner;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.InternalRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.apache.fluss.utils.CloseableIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limit scans of a log of several segments, of which the server reads one. */
@WithCluster(options = {"log.segment.file-size=64kb", "remote.log.task-interval-duration=100ms"})
@SuppressWarnings("try") // the official client's close() throws Exception
@Timeout(120)
class LimitScanSegmentsTest {
    private static final int ROWS = 200;

    private static OfficialClient official;
    private final FlussCluster cluster;
    private final Database database;

    LimitScanSegmentsTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialClient(cluster.bootstrapServers());
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    @Test
    void shouldReadWhatTheOfficialClientReads() throws Exception {
        try (OfficialTable table = filled("local", 100);
                Table reader = official.connection().getTable(TablePath.of(table.path.database(), table.path.table()));
                ScanClient client = client()) {
            boolean isShort = false;
            for (int limit = 5; limit <= ROWS; limit += 39) {
                final List<Integer> read = ours(client.scan(table.path).limit(limit));
                assertThat(read).as("limit %d", limit).isEqualTo(theirs(reader, limit));
                assertThat(read.size()).isLessThanOrEqualTo(limit);
                isShort |= read.getLast() < ROWS - 1;
            }
            assertThat(isShort).as("a segment ended within the limit").isTrue();
        }
    }

    @Test
    void shouldSayThatTheRowsAreInRemoteStorageOnly() throws Exception {
        try (OfficialTable table = filled("moved", 1);
                ScanClient client = client()) {
            final TableScan scan = client.scan(table.path).limit(ROWS);
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            FlussApiException refusal = null;
            while (refusal == null && System.nanoTime() < deadlineNs) {
                try {
                    ours(scan); // the first segment is still there
                } catch (FlussApiException e) {
                    refusal = e;
                }
            }
            assertThat(refusal)
                    .isNotNull()
                    .hasMessageContaining(table.path.toString())
                    .hasMessageContaining("take a smaller limit, or a log scanner")
                    .extracting(FlussApiException::error)
                    .isEqualTo(FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION);
            assertThat(ours(scan.limit(1))).containsExactly(ROWS - 1);
        }
    }

    private ScanClient client() {
        return new ScanClient(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build());
    }

    /** A table whose server keeps at least so many segments itself. */
    private OfficialTable filled(final String name, final int localSegments) throws Exception {
        final OfficialTable table = official.createTable(
                database.name(),
                name,
                RowType.of(new DataType[] {DataTypes.INT(), DataTypes.STRING()}, new String[] {"n", "text"}),
                1,
                Map.of(
                        "table.log.arrow.compression.type",
                        "NONE",
                        "table.log.tiered.local-segments",
                        Integer.toString(localSegments)));
        for (int from = 0; from < ROWS; from += 25) {
            table.append(IntStream.range(from, from + 25)
                    .mapToObj(n -> GenericRow.of(n, BinaryString.fromString("x".repeat(1_000))))
                    .toList());
        }
        return table;
    }

    private static List<Integer> ours(final TableScan scan) {
        final List<Integer> numbers = new ArrayList<>();
        try (LimitBatchScanner scanner =
                scan.createBucketBatchScanner(TableBucket.of(scan.table().tableId(), 0))) {
            for (final ScanBatch batch : scanner.collectAllBatches()) {
                try (batch) {
                    final IntVector vector = (IntVector) batch.batch().getVector("n");
                    for (int row = 0; row < batch.numRecords(); row++) {
                        assertThat(batch.baseOffset() + row).isEqualTo(vector.get(row));
                        numbers.add(vector.get(row));
                    }
                }
            }
        }
        return numbers;
    }

    private static List<Integer> theirs(final Table table, final int limit) throws Exception {
        final List<Integer> numbers = new ArrayList<>();
        try (BatchScanner scanner = table.newScan()
                .limit(limit)
                .createBatchScanner(new org.apache.fluss.metadata.TableBucket(
                        table.getTableInfo().getTableId(), 0))) {
            CloseableIterator<InternalRow> batch;
            while ((batch = scanner.pollBatch(Duration.ofSeconds(20))) != null) {
                batch.forEachRemaining(row -> numbers.add(row.getInt(0)));
                batch.close();
            }
        }
        return numbers;
    }
}
