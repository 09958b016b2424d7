package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What options change between a client and a real server, as far as the tests of writers and scanners do not show it. */
@Timeout(120)
class ConfigEffectTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration NEVER = Duration.ofMinutes(1);

    private static FlussConnection connect(final FlussCluster cluster, final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private static TablePath createLog(
            final FlussConnection connection, final Database database, final String name, final int buckets) {
        final TablePath path = TablePath.of(database.name(), name);
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.builder()
                                        .column("n", DataTypes.BIGINT())
                                        .column("text", DataTypes.STRING())
                                        .build())
                                .distributedBy(buckets, List.of())
                                .property("table.log.arrow.compression.type", "NONE")
                                .build(),
                        false);
        connection
                .getAdmin()
                .listOffsets(path, IntStream.range(0, buckets).boxed().toList(), OffsetSpec.latest());
        return path;
    }

    private static AppendWriter writer(final FlussConnection connection, final TablePath path) {
        return connection.getTable(path).newAppend().createWriter();
    }

    private static long rows(final FlussConnection connection, final TablePath path) {
        return connection
                .getAdmin()
                .listOffsets(path, List.of(0), OffsetSpec.latest())
                .get(0);
    }

    @Nested
    @WithCluster(proxied = true)
    class ThroughAProxy {
        private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(200);

        private final FlussCluster cluster;
        private final Database database;
        private final FaultProxy proxy;

        ThroughAProxy(final FlussCluster cluster, final Database database) {
            this.cluster = cluster;
            this.database = database;
            proxy = cluster.tabletServer(0).proxy();
        }

        @AfterEach
        void heal() {
            proxy.heal();
        }

        private FlussConnection connect(final Config.Builder config) {
            return ConfigEffectTest.connect(cluster, config);
        }

        private int requests(final Api api) {
            return proxy.requests(api.key());
        }

        /** Waits until there are so many, and a little longer for there to be no more. */
        private static void awaitJust(final int expected, final IntSupplier count) {
            final long deadlineNs = System.nanoTime() + LONG.toNanos();
            while (count.getAsInt() < expected && System.nanoTime() < deadlineNs) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            }
            LockSupport.parkNanos(QUIET_NS);
            assertThat(count.getAsInt()).isEqualTo(expected);
        }

        @Test
        void writerEnableIdempotenceShouldDecideWhetherALostAnswerDoublesRows() {
            assertThat(rowsAfterALostAnswer("doubled_not", Config.builder())).isEqualTo(2);
            assertThat(rowsAfterALostAnswer("doubled", Config.builder().writerEnableIdempotence(false)))
                    .isEqualTo(3);
        }

        private long rowsAfterALostAnswer(final String name, final Config.Builder config) {
            try (FlussConnection connection = connect(config)) {
                final TablePath path = createLog(connection, database, name, 1);
                loseAnswer(writer(connection, path)).await();
                return rows(connection, path);
            }
        }

        /** Appends two rows; the server has the second one, but its answer is lost. */
        private WriteResultFuture loseAnswer(final AppendWriter writer) {
            writer.append(GenericRow.fromData(0L, "text")).await();
            final int before = requests(Api.PRODUCE_LOG);
            proxy.toClient().mute();
            final WriteResultFuture written = writer.append(GenericRow.fromData(1L, "text"));
            awaitJust(before + 1, () -> requests(Api.PRODUCE_LOG));
            proxy.cut();
            proxy.heal();
            return written;
        }

        @Test
        void writerRetriesShouldEndABatch() {
            try (FlussConnection connection =
                    connect(Config.builder().writerEnableIdempotence(false).writerRetries(0))) {
                final TablePath path = createLog(connection, database, "tried_once", 1);
                assertThatThrownBy(loseAnswer(writer(connection, path))::await)
                        .isInstanceOf(FlussException.class)
                        .hasMessageContaining("tried_once");
                assertThat(rows(connection, path)).isEqualTo(2);
            }
        }

        @Test
        void writerMaxInflightRequestsPerBucketShouldBoundWhatIsOnItsWay() {
            for (final int most : List.of(1, 4)) {
                try (FlussConnection connection = connect(Config.builder()
                        .writerMaxInflightRequestsPerBucket(most)
                        .writerBatchSize(1_024)
                        .writerBatchTimeout(Duration.ZERO))) {
                    final TablePath path = createLog(connection, database, "in_flight_" + most, 1);
                    final AppendWriter writer = writer(connection, path);
                    writer.append(GenericRow.fromData(0L, "first")).await();
                    final int before = requests(Api.PRODUCE_LOG);
                    proxy.toClient().mute();
                    for (long n = 1; n < 20; n++) {
                        writer.append(GenericRow.fromData(n, "x".repeat(900)));
                    }
                    awaitJust(before + most, () -> requests(Api.PRODUCE_LOG));
                    proxy.heal();
                    writer.flush();
                    assertThat(rows(connection, path)).isEqualTo(20);
                }
            }
        }

        @Test
        void writerBatchSizeShouldDecideHowManyRequestsRowsNeed() {
            // 100 KiB: batches begin with 32 KiB and double.
            assertThat(requestsFor("large_batches", 2 << 20)).isLessThanOrEqualTo(4);
            assertThat(requestsFor("small_batches", 8 * 1_024)).isGreaterThanOrEqualTo(12);
        }

        private int requestsFor(final String name, final int batchSize) {
            try (FlussConnection connection =
                    connect(Config.builder().writerBatchSize(batchSize).writerBatchTimeout(NEVER))) {
                final AppendWriter writer = writer(connection, createLog(connection, database, name, 1));
                final int before = requests(Api.PRODUCE_LOG);
                for (long n = 0; n < 100; n++) {
                    writer.append(GenericRow.fromData(n, "x".repeat(1_000)));
                }
                writer.flush();
                return requests(Api.PRODUCE_LOG) - before;
            }
        }

        @Test
        void scannerLogFetchMaxBytesShouldBoundResponses() {
            final TablePath path;
            try (FlussConnection connection =
                    connect(Config.builder().writerBucketNoKeyAssigner(NoKeyAssigner.ROUND_ROBIN))) {
                path = createLog(connection, database, "fetched", 4);
                final AppendWriter writer = writer(connection, path);
                for (long n = 0; n < 400; n++) {
                    writer.append(GenericRow.fromData(n, "x".repeat(1_000)));
                    if (n % 16 == 15) {
                        writer.flush();
                    }
                }
                writer.flush();
            }
            // Batches of some 4 KiB, one of which may go beyond the bound.
            assertThat(longestResponse(path, Config.builder().scannerLogFetchMaxBytes(1 << 20), 20 * 1_024))
                    .as("per bucket")
                    .isBetween(40_000L, 4 * 25_000L);
            assertThat(longestResponse(path, Config.builder().scannerLogFetchMaxBytes(128 * 1_024), 128 * 1_024))
                    .as("all in all")
                    .isBetween(100_000L, 133_000L);
            assertThat(longestResponse(path, Config.builder(), 1 << 20)).isGreaterThan(400_000);
        }

        private long longestResponse(final TablePath path, final Config.Builder config, final int perBucket) {
            final long before = proxy.longestResponse();
            try (FlussConnection connection = connect(config.scannerLogFetchMaxBytesForBucket(perBucket));
                    LogScanner scanner = connection.getTable(path).newScan().createLogScanner()) {
                for (int bucket = 0; bucket < 4; bucket++) {
                    scanner.subscribe(bucket, 0);
                }
                for (int seen = 0; seen < 400; ) {
                    try (ScanRecords records = scanner.poll(LONG)) {
                        seen += records.count();
                    }
                }
            }
            assertThat(proxy.longestResponse()).isGreaterThan(before);
            return proxy.longestResponse();
        }

        @Test
        void lookupMaxBatchSizeShouldDecideHowManyRequestsLookupsNeed() throws Exception {
            assertThat(lookupRequests("batches_of_5", Config.builder().lookupMaxBatchSize(5)))
                    .isGreaterThanOrEqualTo(20);
            assertThat(lookupRequests("batches_of_100", Config.builder().lookupMaxBatchSize(100)))
                    .isLessThanOrEqualTo(4);
        }

        private int lookupRequests(final String name, final Config.Builder config) throws Exception {
            try (FlussConnection connection = connect(config)) {
                final Lookuper lookuper = keyed(connection, name);
                final int before = requests(Api.LOOKUP);
                proxy.toClient().mute();
                lookUp(lookuper, 100, proxy::heal);
                return requests(Api.LOOKUP) - before;
            }
        }

        @Test
        void lookupMaxInflightRequestsShouldBoundWhatIsOnItsWay() throws Exception {
            for (final int most : List.of(3, 11)) {
                try (FlussConnection connection =
                        connect(Config.builder().lookupMaxBatchSize(1).lookupMaxInflightRequests(most))) {
                    final Lookuper lookuper = keyed(connection, "lookups_" + most);
                    final int before = requests(Api.LOOKUP);
                    proxy.toClient().mute();
                    lookUp(lookuper, 30, () -> {
                        awaitJust(before + most, () -> requests(Api.LOOKUP));
                        proxy.heal();
                    });
                    assertThat(requests(Api.LOOKUP)).isEqualTo(before + 30);
                }
            }
        }

        /** Looks one key up by many threads; the other thing is done when all of them wait. */
        private static void lookUp(final Lookuper lookuper, final int count, final Runnable meanwhile)
                throws Exception {
            final List<FutureTask<Boolean>> lookups = new ArrayList<>();
            final List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                final FutureTask<Boolean> lookup = new FutureTask<>(() ->
                        lookuper.lookup(GenericRow.fromData(7L)).getSingleRow().isPresent());
                lookups.add(lookup);
                threads.add(Thread.startVirtualThread(lookup));
            }
            threads.forEach(ThroughAProxy::awaitWaiting);
            meanwhile.run();
            for (final FutureTask<Boolean> lookup : lookups) {
                assertThat(lookup.get(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
            }
        }

        private static void awaitWaiting(final Thread thread) {
            while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
                assertThat(thread.isAlive()).isTrue();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }

        /** A table with one row, which has been looked up once. */
        private Lookuper keyed(final FlussConnection connection, final String name) {
            final TablePath path = TablePath.of(database.name(), name);
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(Schema.builder()
                                            .column("n", DataTypes.BIGINT().copy(false))
                                            .primaryKey("n")
                                            .build())
                                    .distributedBy(1)
                                    .build(),
                            false);
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            writer.upsert(GenericRow.fromData(7L)).await();
            final Lookuper lookuper = connection.getTable(path).newLookup().createLookuper();
            assertThat(lookuper.lookup(GenericRow.fromData(7L)).getSingleRow()).isPresent();
            return lookuper;
        }

        @Test
        void lookupMaxRetriesShouldEndALookup() throws Exception {
            try (FlussConnection connection = connect(Config.builder().lookupMaxRetries(0))) {
                final Lookuper lookuper = keyed(connection, "looked_up_once");
                proxy.refuse();
                proxy.cut();
                final long startNs = System.nanoTime();
                assertThatThrownBy(() -> lookuper.lookup(GenericRow.fromData(7L)))
                        .isInstanceOf(RpcException.class)
                        .hasMessageContaining("looked_up_once");
                assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(15));
                proxy.accept();
            }
            try (FlussConnection connection = connect(Config.builder())) {
                final Lookuper lookuper = keyed(connection, "looked_up_again");
                proxy.refuse();
                proxy.cut();
                lookUp(lookuper, 1, proxy::accept);
            }
        }

        @Test
        void connectTimeoutShouldEndAnAttemptToConnect() {
            proxy.toClient().mute();
            final Config config = Config.builder()
                    .bootstrapServers(proxy.address())
                    .connectTimeout(Duration.ofMillis(100))
                    .build();
            final long startNs = System.nanoTime();
            assertThatThrownBy(() -> FlussConnection.connect(config))
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining(proxy.address())
                    .hasMessageMatching("(?s).*(could not connect to|was not answered within).*");
            // Without it each attempt would last for its share of the request timeout of 30 seconds.
            assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(15));
        }

        @Test
        void requestTimeoutShouldEndACall() {
            try (FlussConnection connection = connect(Config.builder().requestTimeout(Duration.ofMillis(700)))) {
                proxy.toClient().mute();
                final long startNs = System.nanoTime();
                assertThatThrownBy(() -> connection.getAdmin().databaseExists(database.name()))
                        .isInstanceOf(RpcException.class);
                assertThat(System.nanoTime() - startNs)
                        .isBetween(TimeUnit.MILLISECONDS.toNanos(600), TimeUnit.SECONDS.toNanos(15));
            }
        }
    }

    @Nested
    @WithCluster
    class OnOneServer {
        private final FlussCluster cluster;
        private final Database database;

        OnOneServer(final FlussCluster cluster, final Database database) {
            this.cluster = cluster;
            this.database = database;
        }

        @Test
        void scannerLogFetchMinBytesShouldKeepThePollWaitingForTheWaitMaxTime() {
            final TablePath path;
            try (FlussConnection connection = connect(cluster, Config.builder())) {
                path = createLog(connection, database, "gathered", 1);
                writer(connection, path).append(GenericRow.fromData(1L, "text")).await();
            }
            final Duration wait = Duration.ofMillis(1_500);
            final Config.Builder much =
                    Config.builder().scannerLogFetchMinBytes(1 << 20).scannerLogFetchWaitMaxTime(wait);
            assertThat(timeToRead(path, much)).isGreaterThanOrEqualTo(wait.minusMillis(100));
            assertThat(timeToRead(path, much.scannerLogFetchWaitMaxTime(Duration.ofMillis(10))))
                    .isLessThan(wait);
            assertThat(timeToRead(path, Config.builder().scannerLogFetchWaitMaxTime(wait)))
                    .isLessThan(wait);
        }

        private Duration timeToRead(final TablePath path, final Config.Builder config) {
            try (FlussConnection connection = connect(cluster, config);
                    LogScanner scanner = connection.getTable(path).newScan().createLogScanner()) {
                final long startNs = System.nanoTime();
                scanner.subscribe(0, 0);
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isEqualTo(1);
                }
                return Duration.ofNanos(System.nanoTime() - startNs);
            }
        }

        @Test
        void readerThreadShouldBeThatOfEachConnection() throws Exception {
            final Config.Builder config = Config.builder().readerThread(ReaderThread.PLATFORM);
            try (FlussConnection connection = connect(cluster, config)) {
                final TablePath path = createLog(connection, database, "read", 1);
                writer(connection, path).append(GenericRow.fromData(1L, "text")).await();
                assertThat(timeToRead(path, config)).isLessThan(LONG);
                assertThat(readers())
                        .hasSizeGreaterThanOrEqualTo(2)
                        .allMatch(Thread::isDaemon)
                        .noneMatch(Thread::isVirtual);
            }
            assertThat(readers()).isEmpty();
        }

        /** Only platform threads are listed. */
        private static List<Thread> readers() {
            return Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("millrace-reader"))
                    .toList();
        }

        @Test
        void scannerLogCheckCrcShouldFindADamagedLog() throws Exception {
            final long number = 0x5eed_f00d_0dd5_ba11L;
            try (FlussConnection connection = connect(cluster, Config.builder())) {
                final TablePath path = createLog(connection, database, "damaged", 1);
                writer(connection, path)
                        .append(GenericRow.fromData(number, "text"))
                        .await();
                damage(path, number);
                try (LogScanner scanner = connection.getTable(path).newScan().createLogScanner()) {
                    scanner.subscribe(0, 0);
                    assertThatThrownBy(() -> scanner.poll(LONG))
                            .isInstanceOf(CorruptDataException.class)
                            .hasMessageContainingAll("damaged", "bucket 0", "CRC-32C");
                }
                try (FlussConnection careless =
                                connect(cluster, Config.builder().scannerLogCheckCrc(false));
                        LogScanner scanner = careless.getTable(path).newScan().createLogScanner()) {
                    scanner.subscribe(0, 0);
                    try (ScanRecords records = scanner.poll(LONG)) {
                        for (final ScanRecord record : records) {
                            assertThat(record.row().getLong(0)).isEqualTo(number ^ 1);
                        }
                        assertThat(records.count()).isEqualTo(1);
                    }
                }
            }
        }

        /** Turns one bit of the number over where the server keeps it. */
        private void damage(final TablePath path, final long number) throws IOException {
            final byte[] bytes = ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(number)
                    .array();
            final Path segment;
            try (Stream<Path> files = Files.walk(cluster.directory())) {
                segment = files.filter(file -> file.toString().endsWith(".log")
                                && file.toString().contains("/" + path.database() + "/")
                                && file.toString().contains("/" + path.table()))
                        .findFirst()
                        .orElseThrow();
            }
            final byte[] log = Files.readAllBytes(segment);
            final int position = IntStream.range(0, log.length - Long.BYTES)
                    .filter(at -> ByteBuffer.wrap(log, at, Long.BYTES).equals(ByteBuffer.wrap(bytes)))
                    .findFirst()
                    .orElseThrow();
            log[position] ^= 1;
            try (SeekableByteChannel file = Files.newByteChannel(segment, StandardOpenOption.WRITE)) {
                file.position(position).write(ByteBuffer.wrap(log, position, 1));
            }
        }
    }

    /** No bucket here has as many replicas as acknowledgement by all asks for. */
    @Nested
    @WithCluster(options = "log.replica.min-in-sync-replicas-number=2")
    class WithTooFewReplicas {
        @Test
        void writerAcksShouldDecideWhoHasToHaveARow(final FlussCluster cluster, final Database database) {
            try (FlussConnection strict = connect(
                            cluster,
                            Config.builder()
                                    .writerBatchTimeout(Duration.ZERO)
                                    .writerDeliveryTimeout(Duration.ofMillis(700)));
                    FlussConnection lenient =
                            connect(cluster, Config.builder().writerAcks("1").writerEnableIdempotence(false));
                    FlussConnection careless =
                            connect(cluster, Config.builder().writerAcks("0").writerEnableIdempotence(false))) {
                final TablePath path = createLog(strict, database, "acknowledged", 1);
                assertThatThrownBy(writer(strict, path).append(GenericRow.fromData(1L, "text"))::await)
                        .isInstanceOf(DeliveryTimeoutException.class);
                writer(lenient, path).append(GenericRow.fromData(2L, "text")).await();
                writer(careless, path).append(GenericRow.fromData(3L, "text")).await();
            }
        }
    }
}
