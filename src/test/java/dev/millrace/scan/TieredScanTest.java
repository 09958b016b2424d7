package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.internal.rpc.proto.PbRemoteLogFetchInfo;
import dev.millrace.metadata.TableBucket;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
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
            TieredRows.fill(table);
            final PbRemoteLogFetchInfo remote = RemoteSegments.await(client, bucket(client, table), 0, 2);
            assertThat(RemoteSegments.end(remote)).isBetween(1L, TieredRows.ROWS - 1L);

            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(TieredRows.numbers(scanner, 0, TieredRows.ROWS))
                    .containsExactlyElementsOf(TieredRows.range(0, TieredRows.ROWS));
        }
    }

    @Test
    void shouldBeginInTheMidstOfASegment() throws Exception {
        try (OfficialTable table = table("midst", Map.of("table.log.arrow.compression.type", "NONE"));
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            TieredRows.fill(table);
            final TableBucket bucket = bucket(client, table);
            final PbRemoteLogFetchInfo remote = RemoteSegments.await(client, bucket, 0, 4);
            // In the last batch of a segment, where the index gives a place behind its beginning.
            final long from = remote.getRemoteLogSegments(1).getRemoteLogEndOffset() - 7;
            assertThat(RemoteSegments.at(client, bucket, from).getFirstStartPos())
                    .isPositive();

            for (final long offset : new long[] {from, 1, TieredRows.BATCH_ROWS + 1}) {
                scanner.subscribe(0, offset);
                assertThat(TieredRows.numbers(scanner, 0, (int) (TieredRows.ROWS - offset)))
                        .containsExactlyElementsOf(TieredRows.range(offset, TieredRows.ROWS));
            }
        }
    }

    @Test
    void shouldProjectWhatLiesInRemoteFiles() throws Exception {
        try (OfficialTable table = table("projected", Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).project(2, 0).createLogScanner()) {
            TieredRows.fill(table);
            RemoteSegments.await(client, bucket(client, table), 0, 2);
            scanner.subscribe(0, 0);
            long next = 0;
            while (next < TieredRows.ROWS) {
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
        return official.createTable(database, name, TieredRows.TYPE, 1, all);
    }

    private static TableBucket bucket(final ScanClient client, final OfficialTable table) {
        return TableBucket.of(client.tableId(table.path), 0);
    }

    private Config.Builder config() {
        return Config.builder().bootstrapServers(bootstrapServers);
    }

    private static ScanClient client(final Config config) {
        return new ScanClient(config);
    }
}
