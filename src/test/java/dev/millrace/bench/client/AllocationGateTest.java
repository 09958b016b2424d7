package dev.millrace.bench.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.Schema;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.util.Map;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Appends, scans, upserts and lookups allocate no more than they may, and take less of the calling thread than they take with
 * the official client: the part of the benchmarks that every build runs.
 */
@WithCluster
class AllocationGateTest {
    private static final int ROWS = 50_000;
    private static final int LOOKUPS = 1_000;
    private static final int KEYS = 10_000;
    private static final LongConsumer NOBODY = latencyNs -> {};

    private FlussConnection connection;
    private MillraceClient millrace;

    @BeforeEach
    void open(final FlussCluster cluster) {
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build());
        millrace = new MillraceClient(cluster.bootstrapServers(), Map.of());
    }

    @AfterEach
    void close() {
        millrace.close();
        connection.close();
    }

    private static AllocationGate.Piece writing(final Client.Writer writer) {
        return (begin, end) -> {
            writer.write(begin, end);
            writer.flush();
        };
    }

    private static AllocationGate.Piece scanning(final Client client, final BenchTable table, final long expected) {
        return (begin, end) -> {
            try (Client.Scan scan = client.scan(table, Client.Form.CURSOR, false)) {
                assertThat(scan.read(ROWS)).isEqualTo(expected);
            }
        };
    }

    /** The official client's append takes several times as much: a coarse ratio, which no noise reaches. */
    @Test
    void shouldAppendWithoutGarbageAndForLessThanTheOfficialClient(final FlussCluster cluster, final Database database)
            throws Exception {
        final BenchTable table = BenchTable.log(database.name(), "appends", new TickShape());
        table.create(connection);
        final AllocationGate.Taken ours = AllocationGate.measure(0, ROWS, writing(millrace.writer(table)));
        assertThat(ours.bytes()).as("bytes allocated for each appended row").isLessThan(1);

        try (OfficialClient official = new OfficialClient(cluster.bootstrapServers(), Map.of())) {
            final Client.Writer writer = official.writer(table);
            final AllocationGate.Taken theirs = AllocationGate.measure(0, ROWS, writing(writer));
            assertThat(theirs.bytes()).isGreaterThan(50 * ours.bytes());
            assertThat(theirs.cpuNs()).isGreaterThan(ours.cpuNs());
        }
    }

    @Test
    void shouldScanWithoutGarbage(final Database database) throws Exception {
        final BenchTable table = BenchTable.log(database.name(), "scans", new TickShape());
        table.create(connection);
        table.fill(connection, ROWS);

        // What a poll makes is little more in a JVM in which other tests ran; a benchmark finds less than one byte.
        AllocationGate.check(
                "scanned row", 2, ROWS, scanning(millrace, table, table.shape().checksum(0, ROWS)));
    }

    @Test
    void shouldUpsertAndLookUpWithNextToNoGarbage(final Database database) throws Exception {
        final BenchTable table =
                BenchTable.log(database.name(), "keyed", new TickShape()).withKeys(KEYS);
        table.create(connection);
        table.fill(connection, KEYS);

        AllocationGate.check("upserted row", 1, KEYS, writing(millrace.writer(table)));
        final BenchTable unchanged =
                BenchTable.log(database.name(), "looked_up", new TickShape()).withKeys(KEYS);
        unchanged.create(connection);
        unchanged.fill(connection, KEYS);
        final Client.Caller caller = millrace.lookups(unchanged).caller();
        AllocationGate.check("lookup", 100, LOOKUPS, (begin, end) -> caller.lookUp(begin, end, NOBODY));
    }

    /** The gate is closed to what it is there for. */
    @Test
    void shouldFailForAnAllocationThatWasPlanted(final Database database) {
        final BenchTable table = BenchTable.log(database.name(), "planted", new WastefulShape());
        table.create(connection);

        assertThatThrownBy(() -> AllocationGate.check("appended row", 1, ROWS, writing(millrace.writer(table))))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("bytes allocated for each appended row")
                .hasMessageContaining("less than:");
    }

    /** A tick for which somebody makes a new string each time. */
    private static final class WastefulShape implements Shape {
        private final TickShape tick = new TickShape();

        @Override
        public Schema.Builder columns() {
            return tick.columns();
        }

        @Override
        public int columnCount() {
            return tick.columnCount();
        }

        @Override
        public void set(final GenericRow row, final long seq) {
            tick.set(row, seq);
            row.setString(1, Long.toString(seq));
        }

        @Override
        public void set(final org.apache.fluss.row.GenericRow row, final long seq) {
            tick.set(row, seq);
        }

        @Override
        public long checksum(final long seq) {
            return tick.checksum(seq);
        }

        @Override
        public long checksum(final InternalRow row) {
            return tick.checksum(row);
        }

        @Override
        public long checksum(final org.apache.fluss.row.InternalRow row) {
            return tick.checksum(row);
        }
    }
}
