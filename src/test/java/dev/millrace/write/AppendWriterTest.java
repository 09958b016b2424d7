package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.NoKeyAssigner;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.PinningRecorder;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@WithCluster
@ExtendWith(PinningRecorder.class)
@Timeout(30)
class AppendWriterTest {
    private static final long SEED = 20261123;

    private final FlussCluster cluster;
    private final Database database;

    AppendWriterTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD", "LZ4_FRAME"})
    void shouldWriteAllScalarTypesForTheOfficialClient(final String compression) throws Exception {
        final Schema.Builder schema = Schema.builder();
        for (final DataField field : ScalarRows.type().fields()) {
            schema.column(field.name(), field.dataType());
        }
        final List<List<@Nullable Object>> values = ScalarRows.random(new Random(SEED), 3_000);
        // The official client cannot read fractions of a millisecond before 1970.
        values.forEach(row -> row.replaceAll(value -> value instanceof Instant instant
                ? instant.truncatedTo(ChronoUnit.MILLIS)
                : value instanceof LocalDateTime time ? time.truncatedTo(ChronoUnit.MILLIS) : value));
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(
                    connection,
                    "scalars_" + compression.toLowerCase(java.util.Locale.ROOT),
                    TableDescriptor.builder()
                            .schema(schema.build())
                            .distributedBy(1, List.of())
                            .property("table.log.arrow.compression.type", compression));
            try (AppendWriter writer = connection.getTable(path).newAppend().createWriter()) {
                for (final List<@Nullable Object> row : values) {
                    writer.append(ScalarRows.toOurs(ScalarRows.type(), row));
                }
                writer.flush();
            }
            assertThat(OfficialReader.read(
                            cluster.bootstrapServers(),
                            path,
                            values.size(),
                            row -> ScalarRows.readOfficial(ScalarRows.type(), row)))
                    .as("seed %d", SEED)
                    .containsExactly(values);
        }
    }

    @Test
    void shouldKeepTheOrderOfABucketOverManyBatches() throws Exception {
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(32 * 1024))) {
            final TablePath path = numbers(connection, "order", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final GenericRow row = new GenericRow(1);
            for (long n = 0; n < 200_000; n++) {
                row.setLong(0, n);
                writer.append(row);
            }
            writer.flush();
            assertThat(readNumbers(path, 200_000).get(0))
                    .isEqualTo(LongStream.range(0, 200_000).boxed().toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"STICKY", "ROUND_ROBIN"})
    void shouldSpreadRowsOverAllBuckets(final String assigner) throws Exception {
        final Config.Builder config =
                Config.builder().writerBatchSize(16 * 1024).writerBucketNoKeyAssigner(NoKeyAssigner.valueOf(assigner));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "spread_" + assigner.toLowerCase(java.util.Locale.ROOT), 4);
            // Waits until each bucket has a leader: rows pass over those without.
            connection.getAdmin().listOffsets(path, List.of(0, 1, 2, 3), OffsetSpec.latest());
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (long n = 0; n < 100_000; n++) {
                writer.append(GenericRow.fromData(n));
            }
            writer.flush();
            final List<List<Long>> buckets = readNumbers(path, 100_000);
            assertThat(buckets).hasSize(4).allMatch(bucket -> !bucket.isEmpty());
            assertThat(buckets.stream().flatMap(Collection::stream)).doesNotHaveDuplicates();
            if (assigner.equals("ROUND_ROBIN")) {
                assertThat(buckets).allMatch(bucket -> bucket.size() == 25_000);
            }
        }
    }

    /** Buckets that are written to one after the other must not each begin with a short batch. */
    @Test
    void shouldWriteLongBatchesToManyBuckets() throws Exception {
        final int buckets = 64;
        try (FlussConnection connection = connect(Config.builder().writerBatchTimeout(Duration.ofSeconds(20)))) {
            final TablePath path = numbers(connection, "many_buckets", buckets);
            final List<Integer> all = IntStream.range(0, buckets).boxed().toList();
            connection.getAdmin().listOffsets(path, all, OffsetSpec.latest());
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final GenericRow row = new GenericRow(1);
            for (long n = 0; n < 1_000_000; n++) {
                row.setLong(0, n);
                writer.append(row);
            }
            writer.flush();
            // 32 KiB in each at first would make more than a hundred.
            assertThat(connection
                            .metrics()
                            .histogram(ClientMetric.WRITER_RECORDS_PER_BATCH)
                            .count())
                    .isLessThan(30);
            assertThat(connection.getAdmin().listOffsets(path, all, OffsetSpec.latest()).values().stream()
                            .mapToLong(Long::longValue)
                            .sum())
                    .isEqualTo(1_000_000);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "1", "0"})
    void shouldWriteFromItsOwnRowWhateverTheAcknowledgement(final String acks) throws Exception {
        try (FlussConnection connection =
                connect(Config.builder().writerAcks(acks).writerEnableIdempotence(acks.equals("all")))) {
            final TablePath path = create(
                    connection,
                    "acks_" + acks,
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("symbol", DataTypes.STRING())
                                    .column("price", DataTypes.DOUBLE())
                                    .build())
                            .distributedBy(1, List.of()));
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final GenericRow row = writer.newRow();
            final int price = writer.column("price");
            final int symbol = writer.column("symbol");
            final UnsafeBuffer text = OffHeap.wrap("ACME, BOLT".getBytes(StandardCharsets.US_ASCII));
            final List<String> expected = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                row.setDouble(price, i / 2.0);
                row.setUtf8(symbol, text, 6 * (i & 1), 4);
                writer.append(row);
                expected.add((i % 2 == 0 ? "ACME " : "BOLT ") + i / 2.0);
            }
            writer.flush();
            assertThat(OfficialReader.read(
                            cluster.bootstrapServers(),
                            path,
                            1_000,
                            read -> read.getString(0) + " " + read.getDouble(1)))
                    .containsExactly(expected);
            assertThatThrownBy(() -> writer.column("bid"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("has no column bid but [symbol, price]");
        }
    }

    @Test
    void shouldNotPayTheLingerWhenSomebodyWaits() {
        try (FlussConnection connection = connect(Config.builder().writerBatchTimeout(Duration.ofMinutes(1)))) {
            final TablePath path = numbers(connection, "hurry", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (long n = 0; n < 20; n++) {
                final WriteResultFuture future = writer.append(GenericRow.fromData(n));
                assertThat(future.isDone()).isFalse();
                future.await();
                assertThat(future.isDone()).isTrue();
            }
            assertThat(writer.append(GenericRow.fromData(20L)).await(Duration.ofSeconds(30)))
                    .isTrue();
        }
    }

    @Test
    void shouldSendWhenTheLingerIsOver() throws Exception {
        try (FlussConnection connection = connect(Config.builder().writerBatchTimeout(Duration.ofMillis(20)))) {
            final TablePath path = numbers(connection, "linger", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            // Composing does not hurry the batch: only the linger sends it.
            writer.append(GenericRow.fromData(1L)).toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(readNumbers(path, 1)).containsExactly(List.of(1L));
        }
    }

    @Test
    void shouldServeAThousandVirtualThreadsWithOneWriter() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = numbers(connection, "threads", 3);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                final List<Future<?>> tasks = new ArrayList<>();
                for (int thread = 0; thread < 1_000; thread++) {
                    final long first = thread * 10L;
                    tasks.add(threads.submit(() -> {
                        for (long n = first; n < first + 10; n++) {
                            writer.append(GenericRow.fromData(n)).await();
                        }
                    }));
                }
                for (final Future<?> task : tasks) {
                    task.get();
                }
            }
            final List<Long> all = new ArrayList<>();
            readNumbers(path, 10_000).forEach(all::addAll);
            assertThat(new HashSet<>(all)).hasSize(10_000);
        }
    }

    @Test
    void shouldWriteARowLongerThanABatchAndRefuseOneLongerThanARequest() throws Exception {
        final Config.Builder config =
                Config.builder().writerBatchSize(64 * 1024).writerRequestMaxSize(1 << 20);
        try (FlussConnection connection = connect(config)) {
            final TablePath path = create(
                    connection,
                    "long_rows",
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("text", DataTypes.STRING())
                                    .build())
                            .distributedBy(1, List.of()));
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final String longText = "x".repeat(500_000);
            writer.append(GenericRow.fromData("short"));
            writer.append(GenericRow.fromData(longText));
            assertThatThrownBy(() -> writer.append(GenericRow.fromData("x".repeat(2_000_000))))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll("1048576", "client.writer.request-max-size");
            writer.append(GenericRow.fromData("after"));
            writer.flush();
            assertThat(OfficialReader.read(
                            cluster.bootstrapServers(),
                            path,
                            3,
                            row -> row.getString(0).toString()))
                    .containsExactly(List.of("short", longText, "after"));
        }
    }

    @Test
    void shouldNameTheColumnOfAMisfitAndLoseNoOtherRow() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = numbers(connection, "misfit", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(1L));
            assertThatThrownBy(() -> writer.append(GenericRow.fromData("one")))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll("column n of type BIGINT", "String");
            writer.append(GenericRow.fromData(2L));
            writer.flush();
            assertThat(readNumbers(path, 2)).containsExactly(List.of(1L, 2L));
        }
    }

    @Test
    void shouldWaitForMemoryThatAcknowledgementsFree() throws Exception {
        final Config.Builder config = Config.builder()
                .writerBufferMemorySize(256 * 1024)
                .writerBatchSize(64 * 1024)
                .writerBatchTimeout(Duration.ofMinutes(1));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "full", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (long n = 0; n < 300_000; n++) {
                writer.append(GenericRow.fromData(n));
            }
            writer.flush();
            assertThat(readNumbers(path, 300_000).get(0)).hasSize(300_000);
        }
    }

    @Test
    void shouldGoOnAfterAnInterruptOfAWaiter() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = numbers(connection, "interrupt", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
            final CountDownLatch ended = new CountDownLatch(1);
            final Thread waiter = Thread.ofPlatform().start(() -> {
                Thread.currentThread().interrupt();
                try {
                    writer.append(GenericRow.fromData(1L)).await();
                } catch (FlussException e) {
                    thrown.set(Thread.currentThread().isInterrupted() ? e : null);
                }
                ended.countDown();
            });
            ended.await();
            waiter.join();
            assertThat(thrown.get()).isInstanceOf(FlussInterruptedException.class);
            writer.append(GenericRow.fromData(2L)).await();
            assertThat(readNumbers(path, 2)).containsExactly(List.of(1L, 2L));
        }
    }

    @Test
    void shouldTellAboutATableThatIsGone() {
        try (FlussConnection connection = connect(Config.builder().writerBatchTimeout(Duration.ofMinutes(1)))) {
            final TablePath path = numbers(connection, "gone", 1);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(1L)).await();
            connection.getAdmin().dropTable(path, false);
            // The server takes the table away a little after it has agreed to.
            assertThatThrownBy(() -> {
                        while (true) {
                            writer.append(GenericRow.fromData(2L)).await();
                        }
                    })
                    .isInstanceOf(FlussApiException.class)
                    .hasMessageContaining("gone");
            assertThatThrownBy(writer::flush)
                    .as("a failure is told once more to the one who flushes")
                    .isInstanceOf(FlussApiException.class);
            writer.flush();
        }
    }

    @Test
    void shouldSendWhatIsWrittenWhenTheConnectionCloses() throws Exception {
        final TablePath path;
        final WriteResultFuture future;
        final AppendWriter writer;
        try (FlussConnection connection = connect(Config.builder().writerBatchTimeout(Duration.ofMinutes(1)))) {
            path = numbers(connection, "close", 2);
            writer = connection.getTable(path).newAppend().createWriter();
            future = writer.append(GenericRow.fromData(1L));
        }
        assertThat(future.isDone()).isTrue();
        future.await();
        assertThatThrownBy(() -> writer.append(GenericRow.fromData(2L))).isInstanceOf(IllegalStateException.class);
        assertThat(readNumbers(path, 1).stream().flatMap(Collection::stream)).containsExactly(1L);
    }

    @Test
    void shouldWriteARowThatIsTheUsersOwnObject() throws Exception {
        record Measured(long value) implements InternalRow {
            @Override
            public int fieldCount() {
                return 1;
            }

            @Override
            public long getLong(final int pos) {
                return value;
            }
        }
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = numbers(connection, "own", 1);
            connection
                    .getTable(path)
                    .newAppend()
                    .createWriter()
                    .append(new Measured(42))
                    .await();
            assertThat(readNumbers(path, 1)).containsExactly(List.of(42L));
        }
    }

    @Test
    void shouldRefuseTheRowsOfATableThatWasCreatedAgainAndHarmNoOther() throws Exception {
        final Config.Builder config =
                Config.builder().writerBufferMemorySize(256 * 1024).writerBatchSize(32 * 1024);
        try (FlussConnection connection = connect(config)) {
            final TablePath path = numbers(connection, "again", 1);
            final AppendWriter other = connection
                    .getTable(numbers(connection, "other", 1))
                    .newAppend()
                    .createWriter();
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            connection.getAdmin().dropTable(path, false);
            numbers(connection, "again", 1);
            // Whether noticed by the server's answer or by the writer itself: it ends, and goes on to refuse.
            for (int attempt = 0; attempt < 3; attempt++) {
                assertThatThrownBy(() -> {
                            while (true) {
                                writer.append(GenericRow.fromData(1L)).await();
                            }
                        })
                        .isInstanceOf(FlussApiException.class)
                        .hasMessageContaining("again");
            }
            for (long n = 0; n < 100_000; n++) {
                other.append(GenericRow.fromData(n));
            }
            other.flush();
            connection
                    .getTable(path)
                    .newAppend()
                    .createWriter()
                    .append(GenericRow.fromData(9L))
                    .await();
        }
    }

    @Test
    void shouldEndInTheFailureOfTheRowWhenTheWriterIsClosedAfterIt() {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = numbers(connection, "closing", 1);
            final AppendWriter opened = connection.getTable(path).newAppend().createWriter();
            opened.append(GenericRow.fromData(0L)).await();
            connection.getAdmin().dropTable(path, false);
            assertThatThrownBy(() -> {
                        try (opened) {
                            while (true) {
                                opened.append(GenericRow.fromData(1L)).await();
                            }
                        }
                    })
                    .isInstanceOf(FlussApiException.class);
        }
    }

    @Test
    void shouldRefuseToAppendToAPrimaryKeyTable() {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(
                    connection,
                    "keyed",
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("k", DataTypes.INT())
                                    .primaryKey("k")
                                    .build())
                            .distributedBy(1, List.of("k")));
            assertThatThrownBy(() -> connection.getTable(path).newAppend())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("newUpsert");
        }
    }

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private TablePath numbers(final FlussConnection connection, final String name, final int buckets) {
        return create(
                connection,
                name,
                TableDescriptor.builder()
                        .schema(Schema.builder().column("n", DataTypes.BIGINT()).build())
                        .distributedBy(buckets, List.of()));
    }

    private TablePath create(
            final FlussConnection connection, final String name, final TableDescriptor.Builder descriptor) {
        final TablePath path = TablePath.of(database.name(), name);
        connection.getAdmin().createTable(path, descriptor.build(), false);
        return path;
    }

    private List<List<Long>> readNumbers(final TablePath path, final int count) throws Exception {
        return OfficialReader.read(cluster.bootstrapServers(), path, count, row -> row.getLong(0));
    }
}
