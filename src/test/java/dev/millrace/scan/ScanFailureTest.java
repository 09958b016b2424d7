package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that break, stall and tear under a scan: every record comes exactly once, in order. */
@WithCluster(proxied = true)
@Timeout(120)
class ScanFailureTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROWS = 60_000;
    private static final RowType PAIR =
            RowType.of(new DataType[] {DataTypes.BIGINT(), DataTypes.STRING()}, new String[] {"n", "text"});

    private final FlussCluster cluster;
    private final OfficialClient official;
    private final FaultProxy proxy;
    private final String database;

    ScanFailureTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database.name();
        this.official = new OfficialClient(cluster.bootstrapServers());
        this.proxy = cluster.tabletServer(0).proxy();
    }

    @BeforeEach
    @AfterEach
    void heal() {
        proxy.heal();
    }

    @AfterEach
    void disconnect() {
        official.close();
    }

    @Test
    void shouldReadOnAfterConnectionsWereCut() throws Exception {
        try (OfficialTable table = filled("cut");
                ScanClient client = client();
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            // In the middle of responses: fetches bring 64 KiB each.
            proxy.toClient().cutAfter(100_000);
            long next = read(scanner, 0, 5_000);
            proxy.heal();
            while (next < ROWS) {
                proxy.cut();
                next = read(scanner, next, Math.min(ROWS, next + 5_000));
            }
            assertThat(proxy.acceptedConnections()).isGreaterThan(5);
        }
    }

    @Test
    void shouldReadOnAfterTheServerWasSilent() throws Exception {
        try (OfficialTable table = filled("silent");
                ScanClient client = client();
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            long next = read(scanner, 0, 1_000);
            proxy.toClient().mute();
            ScanRecords records = scanner.poll(Duration.ofMillis(500));
            while (!records.isEmpty()) {
                // What was on its way before.
                next += records.count();
                records.close();
                records = scanner.poll(Duration.ofMillis(500));
            }
            assertThat(next).isLessThan(ROWS);
            proxy.heal();
            read(scanner, next, ROWS);
        }
    }

    @Test
    void shouldReadOnWhenResponsesComeInPieces() throws Exception {
        try (OfficialTable table = filled("pieces");
                ScanClient client = client();
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            proxy.toClient().tear();
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            read(scanner, 0, 5_000);
        }
    }

    private OfficialTable filled(final String name) throws Exception {
        final OfficialTable table =
                official.createTable(database, name, PAIR, 1, Map.of("table.log.arrow.compression.type", "NONE"));
        for (long from = 0; from < ROWS; from += 2_000) {
            table.append(LongStream.range(from, from + 2_000)
                    .mapToObj(n -> GenericRow.of(n, BinaryString.fromString("text " + n)))
                    .toList());
        }
        return table;
    }

    private ScanClient client() {
        return new ScanClient(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .scannerLogFetchMaxBytesForBucket(64 * 1024)
                .requestTimeout(Duration.ofSeconds(3))
                .build());
    }

    /** Reads these records in order, and those that the last poll brought with them; returns what comes next. */
    private static long read(final LogScanner scanner, final long from, final long to) {
        final List<Long> offsets = new ArrayList<>();
        while (from + offsets.size() < to) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty())
                        .as("after %d", from + offsets.size())
                        .isFalse();
                for (final ScanRecord record : records) {
                    assertThat(record.row().getLong(0)).isEqualTo(record.offset());
                    offsets.add(record.offset());
                }
            }
        }
        assertThat(offsets)
                .containsExactlyElementsOf(
                        LongStream.range(from, from + offsets.size()).boxed().toList());
        return from + offsets.size();
    }
}
