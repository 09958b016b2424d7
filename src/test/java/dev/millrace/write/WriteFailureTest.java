package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.PinningRecorder;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Connections that break, stall and tear between a writer and a real server: no row lost, none twice, none out of order. */
@WithCluster(proxied = true)
@ExtendWith(PinningRecorder.class)
@Timeout(60)
class WriteFailureTest {
    private static final int ROWS = 60_000;

    private final FlussCluster cluster;
    private final Database database;
    private final FaultProxy proxy;

    WriteFailureTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
        this.proxy = cluster.tabletServer(0).proxy();
    }

    @AfterEach
    void heal() {
        proxy.heal();
    }

    @Test
    void shouldWriteEachRowOnceWhileConnectionsAreCut() throws Exception {
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(16 * 1024))) {
            final TablePath path = numbers(connection, "cut", 2);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (long n = 0; n < ROWS; n++) {
                writer.append(GenericRow.fromData(n));
                if (n % 10_000 == 5_000) {
                    proxy.cut();
                }
            }
            writer.flush();
            assertEachOnceAndInOrder(path);
        }
    }

    @Test
    void shouldWriteEachRowOnceToPartitionsOfARowLogWhileConnectionsAreCut() throws Exception {
        final TablePath path = TablePath.of(database.name(), "cut_parts");
        final String[] regions = {"north", "south", "west"};
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(16 * 1024))) {
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(Schema.builder()
                                            .column("region", DataTypes.STRING())
                                            .column("n", DataTypes.BIGINT())
                                            .build())
                                    .logFormat(LogFormat.COMPACTED)
                                    .partitionedBy("region")
                                    .distributedBy(2, List.of("n"))
                                    .build(),
                            false);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (long n = 0; n < ROWS; n++) {
                writer.append(GenericRow.fromData(regions[(int) (n % 3)], n));
                if (n % 10_000 == 5_000) {
                    proxy.cut();
                    cluster.coordinator().proxy().cut();
                } else if (n == 38_000) {
                    proxy.toClient().cutAfter(5);
                }
            }
            writer.flush();
        }
        final List<Long> all = new ArrayList<>();
        try (OfficialConnection official = new OfficialConnection(cluster.bootstrapServers())) {
            official.read(path, ROWS, row -> row.getLong(1))
                    .forEach((partition, buckets) -> buckets.forEach(bucket -> {
                        assertThat(bucket)
                                .as(partition)
                                .isSorted()
                                .allMatch(n -> regions[(int) (n % 3)].equals(partition));
                        all.addAll(bucket);
                    }));
        }
        assertThat(all.stream().sorted().toList())
                .isEqualTo(LongStream.range(0, ROWS).boxed().toList());
    }

    @Test
    void shouldWriteEachRowOnceWhenAnswersAreLost() throws Exception {
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(16 * 1024))) {
            final TablePath path = numbers(connection, "answers", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            for (long n = 1; n < ROWS; n++) {
                writer.append(GenericRow.fromData(n));
                if (n % 20_000 == 10_000) {
                    // The requests arrive, a few bytes of their answers leave, then the connection is gone.
                    proxy.toClient().cutAfter(5);
                }
            }
            writer.flush();
            assertEachOnceAndInOrder(path);
        }
    }

    @Test
    void shouldWriteEachRowOnceWhereverAFrameIsCut() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = numbers(connection, "bytes", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            final long sentBefore = proxy.toServer().forwardedBytes();
            final long receivedBefore = proxy.toClient().forwardedBytes();
            writer.append(GenericRow.fromData(1L)).await();
            final long requestLength = proxy.toServer().forwardedBytes() - sentBefore;
            final long responseLength = proxy.toClient().forwardedBytes() - receivedBefore;
            assertThat(requestLength).isGreaterThan(100);
            assertThat(responseLength).isPositive();
            long next = 2;
            for (long bytes = 0; bytes <= requestLength; bytes++) {
                proxy.toServer().cutAfter(bytes);
                writer.append(GenericRow.fromData(next++)).await();
            }
            proxy.heal();
            for (long bytes = 0; bytes <= responseLength; bytes++) {
                proxy.toClient().cutAfter(bytes);
                writer.append(GenericRow.fromData(next++)).await();
            }
            proxy.heal();
            assertThat(readNumbers(path, (int) next).get(0))
                    .isEqualTo(LongStream.range(0, next).boxed().toList());
        }
    }

    @Test
    void shouldSurviveFramesThatAreTornEverywhere() throws Exception {
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(16 * 1024))) {
            final TablePath path = numbers(connection, "torn", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            proxy.toServer().tear();
            proxy.toClient().tear();
            for (long n = 0; n < 3_000; n++) {
                writer.append(GenericRow.fromData(n));
            }
            writer.flush();
            proxy.heal();
            assertThat(readNumbers(path, 3_000).get(0))
                    .isEqualTo(LongStream.range(0, 3_000).boxed().toList());
        }
    }

    @Test
    void shouldGiveUpAMuteConnectionAndGoOnAnotherOne() throws Exception {
        final Config.Builder config = Config.builder().requestTimeout(Duration.ofSeconds(1));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "mute", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            proxy.toClient().mute();
            final WriteResultFuture future = writer.append(GenericRow.fromData(1L));
            assertThat(future.await(Duration.ofMillis(1_500))).isFalse();
            proxy.heal();
            assertThat(future.await(Duration.ofSeconds(20))).isTrue();
            assertThat(readNumbers(path, 2)).containsExactly(List.of(0L, 1L));
        }
    }

    @Test
    void shouldSayWhetherARowWasSentWhenItsTimeIsOver() throws Exception {
        final Config.Builder config = Config.builder()
                .requestTimeout(Duration.ofSeconds(20))
                .writerBatchTimeout(Duration.ofMillis(1))
                .writerDeliveryTimeout(Duration.ofMillis(1_500));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "late", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            proxy.toServer().mute();
            final WriteResultFuture sent = writer.append(GenericRow.fromData(1L));
            assertThat(sent.await(Duration.ofMillis(100))).isFalse();
            assertThatThrownBy(sent::await)
                    .isInstanceOfSatisfying(
                            DeliveryTimeoutException.class,
                            e -> assertThat(e.outcome()).isEqualTo(DeliveryTimeoutException.Outcome.OUTCOME_UNKNOWN));

            proxy.heal();
            proxy.refuse();
            proxy.cut();
            final WriteResultFuture unsent = writer.append(GenericRow.fromData(2L));
            assertThatThrownBy(unsent::await)
                    .isInstanceOfSatisfying(
                            DeliveryTimeoutException.class,
                            e -> assertThat(e.outcome()).isEqualTo(DeliveryTimeoutException.Outcome.NOT_SENT));

            proxy.heal();
            writer.append(GenericRow.fromData(3L)).await();
            assertThat(readNumbers(path).get(0)).contains(0L, 3L).doesNotContain(2L);
        }
    }

    @Test
    void shouldLoseNoRowBehindOneWhoseOutcomeIsUnknown() throws Exception {
        final Config.Builder config = Config.builder()
                .requestTimeout(Duration.ofSeconds(20))
                .writerBatchTimeout(Duration.ofMillis(1))
                .writerDeliveryTimeout(Duration.ofSeconds(2));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "behind", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            proxy.toClient().mute();
            final WriteResultFuture unanswered = writer.append(GenericRow.fromData(1L));
            assertThat(unanswered.await(Duration.ofSeconds(1))).isFalse();
            final WriteResultFuture behindIt = writer.append(GenericRow.fromData(2L));
            assertThatThrownBy(() -> unanswered.get(20, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(DeliveryTimeoutException.class);
            proxy.heal();
            behindIt.get(20, TimeUnit.SECONDS);
            assertThat(readNumbers(path).get(0)).contains(0L, 2L);
        }
    }

    @Test
    void shouldWriteOnAtOnceAfterARowThatNeverLeft() throws Exception {
        final Config.Builder config = Config.builder()
                .writerBatchTimeout(Duration.ofMillis(1))
                .writerDeliveryTimeout(Duration.ofMillis(1_500));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "gap", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            proxy.refuse();
            proxy.cut();
            assertThatThrownBy(() -> writer.append(GenericRow.fromData(1L)).await())
                    .isInstanceOf(DeliveryTimeoutException.class);
            proxy.heal();
            for (long n = 2; n < 5; n++) {
                writer.append(GenericRow.fromData(n)).await();
            }
            assertThat(readNumbers(path).get(0)).contains(0L, 2L, 3L, 4L);
        }
    }

    @Test
    void shouldBlockForFullMemoryNoLongerThanAllowed() {
        final Config.Builder config = Config.builder()
                .writerBufferMemorySize(128 * 1024)
                .writerBatchSize(32 * 1024)
                .writerBufferWaitTimeout(Duration.ofMillis(300));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "stalled", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            proxy.toServer().mute();
            final long[] startNs = new long[1];
            final List<WriteResultFuture> accepted = new ArrayList<>();
            assertThatThrownBy(() -> {
                        while (true) {
                            startNs[0] = System.nanoTime();
                            accepted.add(writer.append(GenericRow.fromData((long) accepted.size())));
                        }
                    })
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("nothing was written");
            assertThat(System.nanoTime() - startNs[0])
                    .isBetween(TimeUnit.MILLISECONDS.toNanos(300), TimeUnit.SECONDS.toNanos(10));
            assertThat(writer.tryAppend(GenericRow.fromData(-1L))).isNull();
            proxy.heal();
            writer.flush();
            assertThat(accepted).allMatch(WriteResultFuture::isDone);
        }
    }

    @Test
    void shouldEndEachBlockingCallAtOnceWhenInterrupted() throws Exception {
        final Config.Builder config = Config.builder()
                .writerBufferMemorySize(128 * 1024)
                .writerBatchSize(32 * 1024)
                .requestTimeout(Duration.ofSeconds(50));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "interrupted", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            final AppendWriter closing = connection.getTable(path).newAppend().createWriter();
            final int connections = proxy.acceptedConnections();
            proxy.toServer().mute();
            final WriteResultFuture pending = writer.append(GenericRow.fromData(1L));
            closing.append(GenericRow.fromData(2L));
            assertEndsWhenInterrupted(pending::await);
            assertEndsWhenInterrupted(() -> pending.await(Duration.ofSeconds(50)));
            assertEndsWhenInterrupted(writer::flush);
            assertEndsWhenInterrupted(() -> writer.flush(Duration.ofSeconds(50)));
            assertEndsWhenInterrupted(closing::close);
            assertEndsWhenInterrupted(() -> {
                while (true) {
                    writer.append(GenericRow.fromData(3L));
                }
            });
            proxy.heal();
            pending.await();
            writer.flush();
            assertThat(proxy.acceptedConnections()).isEqualTo(connections);
        }
    }

    /** The call blocks, and ends with the right exception soon after its thread is interrupted. */
    private static void assertEndsWhenInterrupted(final Runnable call) throws InterruptedException {
        final AtomicReference<@Nullable RuntimeException> outcome = new AtomicReference<>();
        final AtomicBoolean flag = new AtomicBoolean();
        final Thread thread = Thread.ofVirtual().start(() -> {
            try {
                call.run();
            } catch (RuntimeException e) {
                outcome.set(e);
                flag.set(Thread.currentThread().isInterrupted());
            }
        });
        assertThat(thread.join(Duration.ofMillis(300))).as("the call blocks").isFalse();
        final long startNs = System.nanoTime();
        thread.interrupt();
        assertThat(thread.join(Duration.ofSeconds(5))).isTrue();
        assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.MILLISECONDS.toNanos(500));
        assertThat(outcome.get()).isInstanceOf(FlussInterruptedException.class);
        assertThat(flag).isTrue();
    }

    @Test
    void shouldSayHowManyRowsAreNotConfirmedWhenItCloses() {
        final Config.Builder config = Config.builder().requestTimeout(Duration.ofSeconds(3));
        final FlussConnection connection = connect(config);
        final TablePath path = numbers(connection, "unconfirmed", 1);
        final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
        final AppendWriter idle = connection.getTable(path).newAppend().createWriter();
        writer.append(GenericRow.fromData(0L)).await();
        proxy.toServer().mute();
        writer.append(GenericRow.fromData(1L));
        writer.append(GenericRow.fromData(2L));
        final WriteResultFuture last = writer.append(GenericRow.fromData(3L));
        idle.close();
        assertThatThrownBy(() -> writer.close(Duration.ofMillis(200)))
                .isInstanceOf(DeliveryTimeoutException.class)
                .hasMessageContaining("3 rows of " + path);
        assertThatThrownBy(connection::close)
                .isInstanceOf(DeliveryTimeoutException.class)
                .hasMessageContaining("3 rows were not acknowledged");
        assertThatThrownBy(last::await)
                .isInstanceOf(DeliveryTimeoutException.class)
                .hasMessageContaining("a batch of 3 rows of bucket 0 of " + path);
    }

    private void assertEachOnceAndInOrder(final TablePath path) throws Exception {
        final List<Long> all = new ArrayList<>();
        for (final List<Long> bucket : readNumbers(path, ROWS)) {
            assertThat(bucket).isSorted();
            all.addAll(bucket);
        }
        assertThat(all.stream().sorted().toList())
                .isEqualTo(LongStream.range(0, ROWS).boxed().toList());
    }

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private TablePath numbers(final FlussConnection connection, final String name, final int buckets) {
        final TablePath path = TablePath.of(database.name(), name);
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.builder()
                                        .column("n", DataTypes.BIGINT())
                                        .build())
                                .distributedBy(buckets, List.of())
                                .build(),
                        false);
        // Deadlines here are short: the wait for the first leaders should not count.
        connection
                .getAdmin()
                .listOffsets(path, IntStream.range(0, buckets).boxed().toList(), OffsetSpec.latest());
        return path;
    }

    /** As many as the log says it has. */
    private List<List<Long>> readNumbers(final TablePath path) throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final long end = connection
                    .getAdmin()
                    .listOffsets(path, List.of(0), OffsetSpec.latest())
                    .get(0);
            return readNumbers(path, (int) end);
        }
    }

    private List<List<Long>> readNumbers(final TablePath path, final int count) throws Exception {
        return OfficialReader.read(cluster.bootstrapServers(), path, count, row -> row.getLong(0));
    }
}
