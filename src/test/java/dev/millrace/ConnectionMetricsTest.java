package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.metrics.ClientMetrics;
import dev.millrace.metrics.MillraceMeterBinder;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.support.Recorded;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a connection counts, and what it records, while it writes, reads and looks up; and while it cannot. */
@WithCluster(proxied = true)
@Timeout(120)
class ConnectionMetricsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final int ROWS = 1_000;

    private final FlussCluster cluster;
    private final Database database;
    private final FaultProxy proxy;

    ConnectionMetricsTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
        this.proxy = cluster.tabletServer(0).proxy();
    }

    @AfterEach
    void heal() {
        proxy.heal();
    }

    @Test
    void shouldCountWhatIsWritten() {
        try (FlussConnection connection = connect(Config.builder());
                Recorded recorded = Recorded.start()) {
            final FlussTable table = log(connection, "written");
            final AppendWriter writer = table.newAppend().createWriter();
            for (long n = 0; n < ROWS; n++) {
                writer.append(GenericRow.fromData(n));
                if (n % 100 == 0) {
                    writer.flush();
                }
            }
            writer.flush();

            final ClientMetrics metrics = connection.metrics();
            final double batches =
                    metrics.histogram(ClientMetric.WRITER_RECORDS_PER_BATCH).count();
            final double requests = metrics.value(ClientMetric.REQUESTS, "produce_log");
            assertThat(batches).isGreaterThanOrEqualTo(10);
            assertThat(metrics.value(ClientMetric.WRITER_RECORDS_ACKNOWLEDGED)).isEqualTo(ROWS);
            assertThat(metrics.value(ClientMetric.WRITER_RECORDS_FAILED)).isZero();
            // A new table may refuse a first attempt; each attempt counts.
            assertThat(metrics.value(ClientMetric.WRITER_RECORDS_SEND))
                    .isEqualTo(ROWS + metrics.value(ClientMetric.WRITER_RECORDS_RETRY));
            assertThat(metrics.histogram(ClientMetric.WRITER_RECORDS_PER_BATCH).sum())
                    .isEqualTo(metrics.value(ClientMetric.WRITER_RECORDS_SEND));
            assertThat(metrics.histogram(ClientMetric.WRITER_BYTES_PER_BATCH).sum())
                    .isEqualTo(metrics.value(ClientMetric.WRITER_BYTES_SEND));
            assertThat(metrics.histogram(ClientMetric.WRITER_BATCH_QUEUE_TIME).count())
                    .isEqualTo((long) (batches - metrics.value(ClientMetric.RETRIES, "write")));
            assertThat(metrics.histogram(ClientMetric.WRITER_SEND_LATENCY).count())
                    .isEqualTo((long) requests);
            assertThat(metrics.value(ClientMetric.RESPONSES, "produce_log")).isEqualTo(requests);
            assertThat(metrics.value(ClientMetric.REQUEST_ERRORS, "produce_log"))
                    .isZero();
            assertThat(metrics.value(ClientMetric.REQUESTS_IN_FLIGHT)).isZero();
            assertThat(metrics.value(ClientMetric.BYTES_SENT, "produce_log"))
                    .isGreaterThan(metrics.value(ClientMetric.WRITER_BYTES_SEND));
            assertThat(metrics.value(ClientMetric.BYTES_RECEIVED, "produce_log"))
                    .isPositive();
            assertThat(metrics.histogram(ClientMetric.REQUEST_LATENCY, "produce_log")
                            .quantile(0.5))
                    .isPositive();
            assertThat(metrics.value(ClientMetric.CONNECTIONS_OPEN)).isGreaterThanOrEqualTo(2);
            assertThat(metrics.value(ClientMetric.WRITER_BUFFER_TOTAL))
                    .isEqualTo(connection.config().writerBufferMemorySize());
            assertThat(metrics.value(ClientMetric.WRITER_BUFFER_AVAILABLE))
                    .isEqualTo(metrics.value(ClientMetric.WRITER_BUFFER_TOTAL));
            assertThat(metrics.value(ClientMetric.WRITER_BUFFER_WAIT)).isZero();

            final List<RecordedEvent> sent = recorded.events("dev.millrace.BatchSent");
            assertThat(sent).hasSize((int) batches);
            assertThat(sent.stream().mapToInt(event -> event.getInt("rows")).sum())
                    .isEqualTo((int) metrics.value(ClientMetric.WRITER_RECORDS_SEND));
            assertThat(sent.stream().mapToLong(event -> event.getLong("bytes")).sum())
                    .isEqualTo((long) metrics.value(ClientMetric.WRITER_BYTES_SEND));
            assertThat(sent.getLast())
                    .satisfies(event -> assertThat(event.getString("bucket")).contains("bucket 0", "written"))
                    .satisfies(event -> assertThat(event.getString("server")).isNotBlank())
                    .satisfies(event -> assertThat(event.getString("error")).isNull())
                    .satisfies(event -> assertThat(event.getInt("attempts")).isPositive())
                    .satisfies(event -> assertThat(event.getDuration()).isPositive());
            assertThat(recorded.events("dev.millrace.Rpc"))
                    .filteredOn(event -> event.getString("api").equals("produce_log"))
                    .hasSize((int) requests)
                    .allSatisfy(
                            event -> assertThat(event.getLong("requestBytes")).isPositive())
                    .allSatisfy(
                            event -> assertThat(event.getLong("responseBytes")).isPositive())
                    .allSatisfy(event -> assertThat(event.getString("error")).isNull())
                    .allSatisfy(event -> assertThat(event.getDuration()).isPositive());
        }
    }

    @Test
    void shouldCountWhatIsReadAndTellTheLag() {
        try (FlussConnection connection = connect(Config.builder());
                Recorded recorded = Recorded.start()) {
            final FlussTable table = log(connection, "read");
            final String name = table.tablePath().table();
            final AppendWriter writer = table.newAppend().createWriter();
            for (long n = 0; n < ROWS; n++) {
                writer.append(GenericRow.fromData(n));
            }
            writer.flush();
            try (LogScanner scanner = table.newScan().createLogScanner()) {
                assertThat(connection.metrics().samples(ClientMetric.SCANNER_LAG))
                        .isEmpty();
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                poll(scanner, 1);
                awaitLag(connection, name, ROWS - 500);
                poll(scanner, ROWS - 500);
                assertThat(lag(connection, name)).isZero();
                for (long n = 0; n < 10; n++) {
                    writer.append(GenericRow.fromData(n));
                }
                writer.flush();
                awaitLag(connection, name, 10);
                poll(scanner, 10);
                assertThat(lag(connection, name)).isZero();

                final ClientMetrics metrics = connection.metrics();
                final String[] labels = {database.name(), name};
                assertThat(metrics.samples(ClientMetric.SCANNER_LAG))
                        .singleElement()
                        .satisfies(sample -> assertThat(sample.labels())
                                .containsEntry("database", database.name())
                                .containsEntry("table", name)
                                .containsEntry("partition", "")
                                .containsEntry("bucket", "0"));
                assertThat(metrics.value(ClientMetric.SCANNER_RECORDS, labels)).isEqualTo(ROWS + 10);
                assertThat(metrics.value(ClientMetric.SCANNER_FETCH_REQUESTS, labels))
                        .isBetween(
                                metrics.value(ClientMetric.SCANNER_FETCH_LATENCY, labels),
                                metrics.value(ClientMetric.REQUESTS, "fetch_log") + 1);
                assertThat(metrics.value(ClientMetric.SCANNER_BYTES_PER_REQUEST, labels))
                        .isEqualTo(metrics.value(ClientMetric.SCANNER_FETCH_LATENCY, labels), within(3.0));
                assertThat(metrics.histogram(ClientMetric.SCANNER_BYTES_PER_REQUEST, labels)
                                .sum())
                        .as("of compressed rows")
                        .isGreaterThan(ROWS);
                assertThat(metrics.value(ClientMetric.SCANNER_TIME_BETWEEN_POLL, labels))
                        .isPositive();
                assertThat(metrics.value(ClientMetric.SCANNER_POLL_IDLE_RATIO, labels))
                        .isBetween(0.0, 1.0);
                assertThat(metrics.value(ClientMetric.SCANNER_LAST_POLL_SECONDS_AGO, labels))
                        .isBetween(0.0, 100.0);
                assertThat(metrics.value(ClientMetric.SCANNER_BUFFER_TOTAL))
                        .isEqualTo(connection.config().scannerBufferMemorySize());
                assertThat(metrics.value(ClientMetric.SCANNER_REMOTE_FETCH_REQUESTS, labels))
                        .isZero();
            }
            assertThat(connection.metrics().samples(ClientMetric.SCANNER_LAG)).isEmpty();
            assertThat(connection.metrics().samples(ClientMetric.SCANNER_LAST_POLL_SECONDS_AGO))
                    .isEmpty();
            assertThat(recorded.events("dev.millrace.Poll"))
                    .allSatisfy(event -> assertThat(event.getString("table")).endsWith("read"))
                    .allSatisfy(event -> assertThat(event.getStackTrace()).isNotNull());
            assertThat(recorded.events("dev.millrace.Poll").stream()
                            .mapToInt(event -> event.getInt("rows"))
                            .sum())
                    .isEqualTo(ROWS + 10);
            assertThat(recorded.events("dev.millrace.Fetch"))
                    .isNotEmpty()
                    .allSatisfy(event -> assertThat(event.getInt("buckets")).isEqualTo(1))
                    .allSatisfy(event -> assertThat(event.getString("server")).isEqualTo("ts-0"))
                    .anySatisfy(event -> assertThat(event.getLong("bytes")).isGreaterThan(ROWS));
        }
    }

    @Test
    void shouldCountLookups() {
        try (FlussConnection connection = connect(Config.builder())) {
            final FlussTable table = keyed(connection, "looked_up");
            final UpsertWriter writer = table.newUpsert().createWriter();
            for (long n = 0; n < 20; n++) {
                writer.upsert(GenericRow.fromData(n, "value"));
            }
            writer.flush();
            final Lookuper lookuper = table.newLookup().createLookuper();
            lookuper.lookup(GenericRow.fromData(3L));
            lookuper.lookupAll(List.of(GenericRow.fromData(1L), GenericRow.fromData(2L), GenericRow.fromData(99L)));

            final ClientMetrics metrics = connection.metrics();
            assertThat(metrics.value(ClientMetric.LOOKUP_KEYS)).isEqualTo(4);
            assertThat(metrics.value(ClientMetric.REQUESTS, "lookup"))
                    .isEqualTo(metrics.value(ClientMetric.RESPONSES, "lookup"))
                    .isBetween(2.0, 4.0);
            assertThat(metrics.value(ClientMetric.RESPONSES, "put_kv")).isPositive();
            assertThat(metrics.value(ClientMetric.WRITER_RECORDS_ACKNOWLEDGED)).isEqualTo(20);
        }
    }

    @Test
    void shouldCountRetriesAndWaits() throws Exception {
        final Config.Builder small =
                Config.builder().writerBufferMemorySize(64 * 1024).writerBatchSize(16 * 1024);
        try (FlussConnection connection = connect(small);
                Recorded recorded = Recorded.start()) {
            final FlussTable table = log(connection, "retried");
            final AppendWriter writer = table.newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            proxy.toClient().mute();
            final CompletableFuture<Void> appended = CompletableFuture.runAsync(() -> {
                for (long n = 1; n < 20 * ROWS; n++) {
                    writer.append(GenericRow.fromData(n));
                }
            });
            await(() -> connection.metrics().value(ClientMetric.WRITER_BUFFER_WAITING_THREADS) == 1);
            assertThat(connection.metrics().value(ClientMetric.REQUESTS_IN_FLIGHT, "produce_log"))
                    .isPositive();
            assertThat(connection.metrics().value(ClientMetric.WRITER_BUFFER_AVAILABLE))
                    .isLessThan(small.build().writerBufferMemorySize());
            proxy.cut();
            proxy.heal();
            appended.get(30, TimeUnit.SECONDS);
            writer.flush();

            final ClientMetrics metrics = connection.metrics();
            assertThat(metrics.value(ClientMetric.WRITER_RECORDS_ACKNOWLEDGED)).isEqualTo(20 * ROWS);
            assertThat(metrics.value(ClientMetric.WRITER_RECORDS_RETRY)).isPositive();
            assertThat(metrics.value(ClientMetric.WRITER_RECORDS_SEND))
                    .isEqualTo(20 * ROWS + metrics.value(ClientMetric.WRITER_RECORDS_RETRY));
            assertThat(metrics.value(ClientMetric.RETRIES, "write")).isPositive();
            assertThat(metrics.value(ClientMetric.REQUEST_ERRORS, "produce_log"))
                    .isPositive();
            assertThat(metrics.value(ClientMetric.WRITER_BUFFER_WAIT)).isPositive();
            assertThat(metrics.value(ClientMetric.WRITER_BUFFER_WAITING_THREADS))
                    .isZero();

            assertThat(recorded.events("dev.millrace.BackPressure"))
                    .isNotEmpty()
                    .allSatisfy(event -> assertThat(event.getString("pool")).isEqualTo("write memory"))
                    .allSatisfy(
                            event -> assertThat(event.getLong("wantedBytes")).isPositive())
                    .anySatisfy(event -> assertThat(event.getDuration()).isGreaterThan(Duration.ofMillis(1)));
            assertThat(recorded.events("dev.millrace.Retry"))
                    .hasSize((int) metrics.value(ClientMetric.RETRIES))
                    .allSatisfy(
                            event -> assertThat(event.getString("operation")).isEqualTo("write"))
                    .allSatisfy(event -> assertThat(event.getString("subject")).contains("bucket 0", "retried"))
                    .anySatisfy(event -> assertThat(event.getString("error")).contains("lost"));
            assertThat(recorded.events("dev.millrace.BatchSent"))
                    .anySatisfy(event -> assertThat(event.getString("error")).contains("lost"))
                    .anySatisfy(event -> assertThat(event.getInt("attempts")).isGreaterThan(1));
            assertThat(recorded.events("dev.millrace.Rpc"))
                    .anySatisfy(event -> assertThat(event.getString("error")).contains("lost"));
        }
    }

    @Test
    void shouldCountRetriesOfLookupsAndFetches() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final FlussTable table = keyed(connection, "cut");
            table.newUpsert()
                    .createWriter()
                    .upsert(GenericRow.fromData(1L, "value"))
                    .await();
            final Lookuper lookuper = table.newLookup().createLookuper();
            try (LogScanner scanner = table.newScan().createLogScanner()) {
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                poll(scanner, 1);
                proxy.toClient().mute();
                final CompletableFuture<Boolean> found = CompletableFuture.supplyAsync(() ->
                        lookuper.lookup(GenericRow.fromData(1L)).getSingleRow().isPresent());
                await(() -> connection.metrics().value(ClientMetric.REQUESTS_IN_FLIGHT, "lookup") == 1);
                proxy.cut();
                proxy.heal();
                assertThat(found.get(30, TimeUnit.SECONDS)).isTrue();
                assertThat(connection.metrics().value(ClientMetric.RETRIES, "lookup"))
                        .isPositive();
                await(() -> connection.metrics().value(ClientMetric.RETRIES, "fetch") > 0);
            }
        }
    }

    @Test
    void shouldGiveItAllToMicrometer() {
        final MeterRegistry registry = new SimpleMeterRegistry();
        try (FlussConnection connection = connect(Config.builder())) {
            new MillraceMeterBinder(connection::metrics).bindTo(registry);
            final FlussTable table = log(connection, "bound");
            final AppendWriter writer = table.newAppend().createWriter();
            writer.append(GenericRow.fromData(0L)).await();
            await(() -> registry.get("fluss.client.writer.records_acknowledged.total")
                            .functionCounter()
                            .count()
                    == 1);
            try (LogScanner scanner = table.newScan().createLogScanner()) {
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                poll(scanner, 1);
                await(() -> isRegistered(registry, "fluss.client.scanner.lag"));
                assertThat(registry.get("fluss.client.scanner.lag")
                                .tags("database", database.name(), "table", "bound", "partition", "", "bucket", "0")
                                .gauge()
                                .value())
                        .isZero();
            }
            await(() -> !isRegistered(registry, "fluss.client.scanner.lag"));
        }
    }

    /** Reads a meter, as publishing does, so that new series are found; then looks for one. */
    private static boolean isRegistered(final MeterRegistry registry, final String name) {
        registry.get("fluss.client.connections_open").gauge().value();
        return registry.find(name).meter() != null;
    }

    private static double lag(final FlussConnection connection, final String table) {
        return connection.metrics().samples(ClientMetric.SCANNER_LAG).stream()
                .filter(sample -> table.equals(sample.labels().get("table")))
                .findAny()
                .orElseThrow()
                .value();
    }

    private static void awaitLag(final FlussConnection connection, final String table, final long wanted) {
        await(() -> lag(connection, table) == wanted);
    }

    private static void await(final BooleanSupplier condition) {
        final long deadlineNs = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadlineNs)
                    .as("ns over the deadline")
                    .isNegative();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    /** Polls until there were so many rows. */
    private static void poll(final LogScanner scanner, final int wanted) {
        int left = wanted;
        final long deadlineNs = System.nanoTime() + LONG.toNanos();
        while (left > 0) {
            assertThat(System.nanoTime() - deadlineNs)
                    .as("ns over the deadline")
                    .isNegative();
            try (ScanRecords records = scanner.poll(LONG)) {
                left -= records.count();
            }
        }
    }

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private FlussTable log(final FlussConnection connection, final String name) {
        return table(
                connection,
                name,
                Schema.builder().column("n", DataTypes.BIGINT()).build());
    }

    private FlussTable keyed(final FlussConnection connection, final String name) {
        return table(
                connection,
                name,
                Schema.builder()
                        .column("id", DataTypes.BIGINT().copy(false))
                        .column("text", DataTypes.STRING())
                        .primaryKey("id")
                        .build());
    }

    private FlussTable table(final FlussConnection connection, final String name, final Schema schema) {
        final TablePath path = TablePath.of(database.name(), name);
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(schema)
                                .distributedBy(1, List.of())
                                .build(),
                        false);
        return connection.getTable(path);
    }
}
