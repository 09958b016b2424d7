package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.internal.rpc.proto.PbRemoteLogFetchInfo;
import dev.millrace.metadata.TableBucket;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logs of which the server has moved the older segments to a directory, written by the official client. */
@WithCluster(options = {"log.segment.file-size=64kb", "remote.log.task-interval-duration=100ms"})
@Timeout(120)
class TieredScanTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int BATCH_ROWS = 100;
    private static final int BATCHES = 50;
    private static final int ROWS = BATCHES * BATCH_ROWS;
    private static final int TEXT_LENGTH = 100;
    private static final RowType TYPE = RowType.of(
            new DataType[] {DataTypes.BIGINT(), DataTypes.STRING(), DataTypes.INT()},
            new String[] {"n", "text", "remainder"});

    private static OfficialClient official;

    private final String bootstrapServers;
    private final String database;

    TieredScanTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialClient(cluster.bootstrapServers());
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD"})
    void shouldReadAllRowsOnceAcrossRemoteAndLocalSegments(final String codec) throws Exception {
        try (OfficialTable table = table("all_" + codec, Map.of("table.log.arrow.compression.type", codec));
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            fill(table);
            final PbRemoteLogFetchInfo remote = RemoteSegments.await(client, bucket(client, table), 0, 2);
            assertThat(RemoteSegments.end(remote)).isBetween(1L, ROWS - 1L);

            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(numbers(scanner, ROWS)).containsExactlyElementsOf(range(0, ROWS));
        }
    }

    @Test
    void shouldBeginInTheMidstOfASegment() throws Exception {
        try (OfficialTable table = table("midst", Map.of("table.log.arrow.compression.type", "NONE"));
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            fill(table);
            final TableBucket bucket = bucket(client, table);
            final PbRemoteLogFetchInfo remote = RemoteSegments.await(client, bucket, 0, 4);
            // In the last batch of a segment, where the index gives a place behind its beginning.
            final long from = remote.getRemoteLogSegments(1).getRemoteLogEndOffset() - 7;
            assertThat(RemoteSegments.at(client, bucket, from).getFirstStartPos())
                    .isPositive();

            for (final long offset : new long[] {from, 1, BATCH_ROWS + 1}) {
                scanner.subscribe(0, offset);
                assertThat(numbers(scanner, (int) (ROWS - offset))).containsExactlyElementsOf(range(offset, ROWS));
            }
        }
    }

    @Test
    void shouldProjectWhatLiesInRemoteFiles() throws Exception {
        try (OfficialTable table = table("projected", Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).project(2, 0).createLogScanner()) {
            fill(table);
            RemoteSegments.await(client, bucket(client, table), 0, 2);
            scanner.subscribe(0, 0);
            long next = 0;
            while (next < ROWS) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isPositive();
                    for (final ScanRecord record : records) {
                        assertThat(record.offset()).isEqualTo(next);
                        assertThat(record.row().fieldCount()).isEqualTo(2);
                        assertThat(record.row().getInt(0)).isEqualTo((int) (next % 7));
                        assertThat(record.row().getLong(1)).isEqualTo(next);
                        next++;
                    }
                }
            }
        }
    }

    private OfficialTable table(final String name, final Map<String, String> properties) throws Exception {
        final Map<String, String> all = new HashMap<>(properties);
        all.put("table.log.tiered.local-segments", "1");
        return official.createTable(database, name, TYPE, 1, all);
    }

    /** Rows whose first column is their offset, in batches of which a segment holds a few. */
    private static void fill(final OfficialTable table) {
        for (int batch = 0; batch < BATCHES; batch++) {
            table.append(LongStream.range((long) batch * BATCH_ROWS, (batch + 1L) * BATCH_ROWS)
                    .mapToObj(TieredScanTest::row)
                    .toList());
        }
    }

    private static GenericRow row(final long n) {
        return GenericRow.of(n, BinaryString.fromString(text(n)), (int) (n % 7));
    }

    /** Hardly to be compressed. */
    private static String text(final long n) {
        final SplittableRandom random = new SplittableRandom(n);
        final StringBuilder text = new StringBuilder();
        while (text.length() < TEXT_LENGTH) {
            text.append(Long.toString(random.nextLong() & Long.MAX_VALUE, Character.MAX_RADIX));
        }
        return text.substring(0, TEXT_LENGTH);
    }

    private static TableBucket bucket(final ScanClient client, final OfficialTable table) {
        return TableBucket.of(client.tableId(table.path), 0);
    }

    private static List<Long> numbers(final LogScanner scanner, final int count) {
        final List<Long> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty())
                        .as("silent after %s rows", numbers.size())
                        .isFalse();
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    numbers.add(cursor.row().getLong(0));
                    assertThat(cursor.offset()).isEqualTo(cursor.row().getLong(0));
                }
            }
        }
        return numbers;
    }

    private static List<Long> range(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private Config.Builder config() {
        return Config.builder().bootstrapServers(bootstrapServers);
    }

    private static ScanClient client(final Config config) {
        return new ScanClient(config);
    }
}
