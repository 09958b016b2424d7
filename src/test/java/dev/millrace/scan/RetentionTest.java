package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.Config;
import dev.millrace.OffsetReset;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.metadata.TableBucket;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.fluss.client.admin.OffsetSpec;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Offsets that a real log does not have: deleted by retention, or not written yet. */
@WithCluster(options = {"log.segment.file-size=64kb", "remote.log.task-interval-duration=100ms"})
@Timeout(120)
class RetentionTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int ROWS = 100;
    private static final RowType PAIR =
            RowType.of(new DataType[] {DataTypes.INT(), DataTypes.STRING()}, new String[] {"n", "text"});
    /** The server moves old segments away, as if to remote storage, and deletes them there. */
    private static final Map<String, String> SHORT_LIVED = Map.of(
            "table.log.ttl", "1ms",
            "table.log.tiered.local-segments", "1",
            "table.log.arrow.compression.type", "NONE");

    private static OfficialClient official;
    private final String bootstrapServers;
    private final String database;

    RetentionTest(final FlussCluster cluster, final Database database) {
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

    @Test
    void shouldSayWhatRetentionHasLeft() throws Exception {
        try (OfficialTable table = official.createTable(database, "deleted", PAIR, 1, SHORT_LIVED);
                ScanClient client = client(OffsetReset.NONE);
                LogScanner scanner = client.scan(table.path).createLogScanner();
                ScanClient resetting = client(OffsetReset.EARLIEST);
                LogScanner goingOn = resetting.scan(table.path).createLogScanner()) {
            final int rows = 4 * ROWS;
            for (int from = 0; from < rows; from += ROWS) {
                append(table, from);
            }
            awaitDeletion(table, rows);

            scanner.subscribe(0, 0);
            final OffsetOutOfRangeException thrown =
                    catchThrowableOfType(OffsetOutOfRangeException.class, () -> scanner.poll(LONG));
            assertThat(thrown).hasMessageContaining(table.path.toString()).hasMessageContaining("bucket 0, offset 0:");
            assertThat(thrown.earliestOffset()).isPositive();
            assertThat(thrown.latestOffset()).isEqualTo(rows);
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(firstNumber(scanner)).isGreaterThanOrEqualTo((int) thrown.earliestOffset());

            goingOn.subscribe(0, 0);
            assertThat(firstNumber(goingOn)).isGreaterThanOrEqualTo((int) thrown.earliestOffset());
        }
    }

    @Test
    void shouldSayWhereTheLogEnds() throws Exception {
        try (OfficialTable table = official.createTable(database, "short", PAIR, 1, Map.of());
                ScanClient client = client(OffsetReset.NONE);
                LogScanner scanner = client.scan(table.path).createLogScanner();
                ScanClient resetting = client(OffsetReset.LATEST);
                LogScanner goingOn = resetting.scan(table.path).createLogScanner()) {
            append(table, 0);
            scanner.subscribe(0, ROWS + 1);
            final OffsetOutOfRangeException thrown =
                    catchThrowableOfType(OffsetOutOfRangeException.class, () -> scanner.poll(LONG));
            assertThat(thrown).hasMessageContaining("does not reach so far, it has [0, " + ROWS + ")");
            assertThat(thrown.offset()).isEqualTo(ROWS + 1);
            assertThat(thrown.earliestOffset()).isZero();
            assertThat(thrown.latestOffset()).isEqualTo(ROWS);

            scanner.subscribe(0, ROWS);
            assertThat(scanner.poll(Duration.ofMillis(200)).isEmpty()).isTrue();

            goingOn.subscribe(0, 1_000_000);
            Map<TableBucket, Long> positions = Map.of();
            while (positions.isEmpty()) {
                try (ScanRecords records = goingOn.poll(Duration.ofMillis(50))) {
                    assertThat(records.isEmpty()).isTrue();
                    positions = records.nextOffsets();
                }
            }
            assertThat(positions.values()).containsExactly((long) ROWS);
            append(table, ROWS);
            assertThat(firstNumber(goingOn)).isEqualTo(ROWS);
        }
    }

    /** Until the last segment only is left: what is moved away and not yet deleted could still be read. */
    private static void awaitDeletion(final OfficialTable table, final int rows) throws Exception {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (earliest(table) < rows - ROWS) {
            assertThat(System.nanoTime() - deadlineNs)
                    .as("the log begins at %d", earliest(table))
                    .isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private static long earliest(final OfficialTable table) throws Exception {
        return official.connection()
                .getAdmin()
                .listOffsets(
                        TablePath.of(table.path.database(), table.path.table()),
                        List.of(0),
                        new OffsetSpec.EarliestSpec())
                .all()
                .get(20, TimeUnit.SECONDS)
                .get(0);
    }

    private static void append(final OfficialTable table, final int from) {
        final BinaryString text = BinaryString.fromString("x".repeat(1_000));
        table.append(IntStream.range(from, from + ROWS)
                .mapToObj(i -> GenericRow.of(i, text))
                .toList());
    }

    private static int firstNumber(final LogScanner scanner) {
        while (true) {
            try (ScanRecords records = scanner.poll(LONG)) {
                for (final ScanRecord record : records) {
                    return record.row().getInt(0);
                }
            }
        }
    }

    private ScanClient client(final OffsetReset reset) {
        return new ScanClient(Config.builder()
                .bootstrapServers(bootstrapServers)
                .scannerLogOffsetReset(reset)
                .build());
    }
}
