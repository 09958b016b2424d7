package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.error.RemoteStorageException;
import dev.millrace.metadata.TableBucket;
import dev.millrace.support.ObjectStorage;
import dev.millrace.support.S3Plugin;
import dev.millrace.testkit.FlussCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logs of which the server has moved the older segments to object storage, with the server's own plugin for it. */
@Timeout(180)
class TieredS3Test {
    private static final Duration LONG = Duration.ofSeconds(30);
    // Segments are read in up to two ranges each.
    private static final int ROWS = 20_000;
    private static final String DATABASE = "tiered_s3";

    private static ObjectStorage storage;
    private static FlussCluster cluster;
    private static OfficialClient official;
    private static OfficialTable table;

    @BeforeAll
    static void start(@TempDir Path plugins) throws Exception {
        storage = new ObjectStorage(Duration.ofHours(1));
        final FlussCluster.Builder builder = FlussCluster.builder()
                .mode(FlussCluster.Mode.PROCESSES)
                .plugins(S3Plugin.install(plugins))
                .option("log.segment.file-size", "320kb")
                .option("remote.log.task-interval-duration", "100ms");
        storage.serverOptions().forEach(builder::option);
        cluster = builder.start();
        cluster.createDatabase(DATABASE);
        official = new OfficialClient(cluster.bootstrapServers());
        table = official.createTable(
                DATABASE, "ticks", TieredRows.TYPE, 1, Map.of("table.log.tiered.local-segments", "1"));
        TieredRows.fill(table, ROWS, 500);
        try (ScanClient client = client(LONG)) {
            RemoteSegments.await(client, TableBucket.of(client.tableId(table.path), 0), 0, 4);
        }
    }

    @AfterAll
    static void stop() {
        table.close();
        official.close();
        cluster.close();
        storage.close();
    }

    @AfterEach
    void heal() {
        storage.proxy().heal();
        storage.proxy().accept();
    }

    @Test
    void shouldReadAllRowsOnce() {
        try (ScanClient client = client(LONG);
                LogScanner whole = client.scan(table.path).createLogScanner();
                LogScanner projected = client.scan(table.path).project(2, 0).createLogScanner()) {
            whole.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(TieredRows.numbers(whole, 0, ROWS)).isEqualTo(TieredRows.range(0, ROWS));
            projected.subscribe(0, 777);
            assertThat(TieredRows.numbers(projected, 1, ROWS - 777)).isEqualTo(TieredRows.range(777, ROWS));
        }
        assertThat(storage.tokens())
                .as("the server asks for credentials once a minute")
                .isBetween(1, 3);
    }

    @Test
    void shouldReadOnWhenStorageIsBack() throws Exception {
        try (ScanClient client = client(LONG);
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            storage.proxy().refuse();
            scanner.subscribe(0, 0);
            assertThat(scanner.poll(Duration.ofMillis(500)).isEmpty()).isTrue();
            storage.proxy().accept();
            // In the midst of a range, once more.
            storage.proxy().toClient().cutAfter(150_000);
            final List<Long> read = TieredRows.numbers(scanner, 0, 1_000);
            storage.proxy().heal();
            read.addAll(TieredRows.numbers(scanner, 0, ROWS - read.size()));
            assertThat(read).isEqualTo(TieredRows.range(0, ROWS));
        }
    }

    @Test
    void shouldFailInTimeWhenStorageIsSilent() {
        try (ScanClient client = client(Duration.ofSeconds(2));
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            scanner.subscribe(0, 0);
            TieredRows.numbers(scanner, 0, 1);
            scanner.unsubscribe(0);
            storage.proxy().toClient().mute();
            scanner.subscribe(0, 0);
            assertThatThrownBy(() -> {
                        while (true) {
                            scanner.poll(LONG).close();
                        }
                    })
                    .isInstanceOf(RemoteStorageException.class)
                    .hasMessageContaining(DATABASE + ".ticks, bucket 0, offset 0")
                    .hasMessageContaining("s3://" + ObjectStorage.BUCKET + "/cluster/log/")
                    .hasMessageContaining("did not answer within PT2S");
        }
    }

    @Test
    void shouldCloseAndGiveBackAllMemoryWhileStorageIsSilent() {
        try (ScanClient client = client(Duration.ofMinutes(10))) {
            final LogScanner scanner = client.scan(table.path).createLogScanner();
            final long before = storage.proxy().toServer().forwardedBytes();
            storage.proxy().toClient().mute();
            scanner.subscribe(0, 0);
            while (storage.proxy().toServer().forwardedBytes() == before) {
                assertThat(scanner.poll(Duration.ofMillis(20)).isEmpty()).isTrue();
            }
            assertThat(client.memory.freeBytes()).isLessThan(client.memory.budgetBytes());
            // Its deadline of ten minutes is far away: the reads are interrupted.
            scanner.close();
            assertThat(client.memory.freeBytes()).isEqualTo(client.memory.budgetBytes());
        }
    }

    @ParameterizedTest
    @CsvSource({
        // One segment after the other, or several; in ranges or not.
        "4, 1, 1, 1",
        "4, 1, 2, 2",
        "4, 3, 1, 3",
        "1, 9, 1, 2",
        "3, 9, 4, 8"
    })
    void shouldReadAsMuchAtATimeAsConfigured(
            final int prefetch, final int files, final int ranges, final int expectedReads) throws Exception {
        try (ScanClient client = new ScanClient(Config.builder()
                        .bootstrapServers(cluster.bootstrapServers())
                        .scannerRemoteLogPrefetchNum(prefetch)
                        .remoteFileDownloadThreadNum(files)
                        .scannerRemoteLogReadConcurrency(ranges)
                        .build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            storage.proxy().toClient().mute();
            final int before = storage.proxy().openConnections();
            scanner.subscribe(0, 0);
            final long deadlineNs = System.nanoTime() + LONG.toNanos();
            while (storage.proxy().openConnections() - before < expectedReads && System.nanoTime() < deadlineNs) {
                assertThat(scanner.poll(Duration.ofMillis(10)).isEmpty()).isTrue();
            }
            assertThat(scanner.poll(Duration.ofMillis(200)).isEmpty()).isTrue();
            assertThat(storage.proxy().openConnections() - before).isEqualTo(expectedReads);
        }
    }

    private static ScanClient client(final Duration requestTimeout) {
        return new ScanClient(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .requestTimeout(requestTimeout)
                .build());
    }
}
