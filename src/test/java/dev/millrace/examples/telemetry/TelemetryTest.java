package dev.millrace.examples.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two thousand devices, of which each has readings of the end of one day and the beginning of the next. */
@WithCluster
@Timeout(60)
class TelemetryTest {
    private static final int DEVICES = 2_000;
    private static final int READINGS_A_DAY = 5;
    private static final int ALL = DEVICES * 2 * READINGS_A_DAY;
    private static final int BURST = 4;
    private static final Instant MIDNIGHT = Instant.parse("2026-03-02T00:00:00Z");
    private static final String FIRST_DAY = "20260301";
    private static final String SECOND_DAY = "20260302";

    private final FlussCluster cluster;
    private final String database;

    TelemetryTest(FlussCluster cluster, Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    /** Has all its readings from the beginning, and counts down what is acknowledged. */
    private static final class FullDevice implements Device {
        private final long id;
        private final CountDownLatch toStop;
        private final CountDownLatch toEnd;
        private final CountDownLatch toReceiveMore = new CountDownLatch(1);
        private final Deque<Reading> kept = new ArrayDeque<>();

        FullDevice(long id, CountDownLatch toStop, CountDownLatch toEnd) {
            this.id = id;
            this.toStop = toStop;
            this.toEnd = toEnd;
            for (int minute = -READINGS_A_DAY; minute < READINGS_A_DAY; minute++) {
                kept.add(new Reading(MIDNIGHT.plusSeconds(60L * minute), id / 100.0 - minute, 50));
            }
        }

        @Override
        public long id() {
            return id;
        }

        @Override
        public List<Reading> receive(Duration timeout) throws InterruptedException {
            if (kept.isEmpty()) {
                // Not for a latch that opens: a virtual thread that never has to wait keeps its carrier, and 2,000 of
                // them
                // would keep the others from going on.
                toReceiveMore.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
            }
            return kept.stream().limit(BURST).toList();
        }

        @Override
        public void acknowledge(int readings) {
            for (int i = 0; i < readings; i++) {
                kept.remove();
                toStop.countDown();
                toEnd.countDown();
            }
        }
    }

    @Test
    void shouldLoseNothingWhenItStopsAndGoesOn() throws Exception {
        Config config = Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .writerBufferMemorySize(128 << 10) // not enough for one burst of each device
                .writerBatchSize(32 << 10)
                .build();
        TablePath table = TablePath.of(database, "readings");
        CountDownLatch toStop = new CountDownLatch(ALL / 3);
        CountDownLatch toEnd = new CountDownLatch(ALL);
        List<FullDevice> devices = LongStream.range(0, DEVICES)
                .mapToObj(id -> new FullDevice(id, toStop, toEnd))
                .toList();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            TelemetryCollector.createTable(connection.getAdmin(), table);
            collect(connection, table, devices, toStop);
            long acknowledged = ALL - toEnd.getCount();
            assertThat(acknowledged).isGreaterThanOrEqualTo(ALL / 3);
            assertThat(DayReport.read(connection, table, FIRST_DAY).total()
                            + DayReport.read(connection, table, SECOND_DAY).total())
                    .isEqualTo(acknowledged);

            collect(connection, table, devices, toEnd);
            assertThat(connection.metrics().value(ClientMetric.WRITER_BUFFER_WAIT))
                    .isPositive();
            assertHasAll(DayReport.read(connection, table, FIRST_DAY), READINGS_A_DAY);
            assertHasAll(DayReport.read(connection, table, SECOND_DAY), 0);
            assertThat(DayReport.read(connection, table, "20260303").total()).isZero();
        }
    }

    private static void collect(
            FlussConnection connection, TablePath table, List<FullDevice> devices, CountDownLatch enough)
            throws Exception {
        List<Future<?>> served = new ArrayList<>();
        try (TelemetryCollector collector = new TelemetryCollector(connection, table)) {
            devices.forEach(device -> served.add(collector.connect(device)));
            boolean isEnough = enough.await(30, TimeUnit.SECONDS);
            for (Future<?> device : served) {
                // A device whose service has failed says why; the others are still served.
                if (device.isDone()) {
                    device.get();
                }
            }
            assertThat(isEnough).isTrue();
        }
        for (Future<?> device : served) {
            device.get();
        }
    }

    private static void assertHasAll(DayReport report, int minutesBeforeMidnight) {
        assertThat(report.readings()).hasSize(DEVICES);
        assertThat(report.readings().values()).containsOnly((long) READINGS_A_DAY);
        assertThat(report.hottest()).isEqualTo((DEVICES - 1) / 100.0 + minutesBeforeMidnight);
    }

    @Test
    void shouldRunAsAProgram() throws Exception {
        String own = database + "_program";
        try {
            Instant begin = Instant.now();
            TelemetryCollector.main(new String[] {cluster.bootstrapServers(), own, "1"});
            TablePath table = TablePath.of(own, "readings");
            Config config = Config.builder()
                    .bootstrapServers(cluster.bootstrapServers())
                    .build();
            try (FlussConnection connection = FlussConnection.connect(config)) {
                // Two days, if it is midnight.
                assertThat(Stream.of(begin, Instant.now())
                                .map(TelemetryCollector::day)
                                .distinct()
                                .mapToLong(day ->
                                        DayReport.read(connection, table, day).total())
                                .sum())
                        .isPositive();
            }
        } finally {
            cluster.dropDatabase(own);
        }
    }
}
