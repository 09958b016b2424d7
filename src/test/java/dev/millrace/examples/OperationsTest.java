package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.ReaderThread;
import dev.millrace.SecurityProtocol;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.metrics.ClientMetrics;
import dev.millrace.metrics.MillraceMeterBinder;
import dev.millrace.row.GenericRow;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.WriteResultFuture;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.StringReader;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The samples of the chapters on how a program is configured, fails, waits and is watched. */
class OperationsTest extends Guide {
    OperationsTest(FlussCluster cluster, Database database) {
        super(cluster, database);
    }

    private FlussTable visits(String name) {
        return create(
                name,
                TableDescriptor.builder()
                        .schema(Schema.builder()
                                .column("visitor", DataTypes.BIGINT())
                                .build())
                        .distributedBy(1)
                        .build());
    }

    @Test
    void shouldConfigure() throws Exception {
        // sample: builder
        Config config = Config.builder()
                .bootstrapServers("fluss-1:9123,fluss-2:9123")
                .writerBatchTimeout(Duration.ofMillis(20))
                .scannerBufferMemorySize(256L << 20)
                .build();
        // end
        Properties properties = new Properties();
        properties.load(new StringReader("""
                bootstrap.servers=fluss-1:9123,fluss-2:9123
                client.writer.batch-timeout=20ms
                scannerBufferMemorySize=256mb
                """));
        // sample: properties
        Config read = Config.fromProperties(properties);
        // end
        assertThat(read).isEqualTo(config);
    }

    @Test
    void shouldLogIn() {
        String password = "secret";
        // sample: login
        Config config = Config.builder()
                .bootstrapServers("fluss-1.example:9123")
                .securityProtocol(SecurityProtocol.SASL)
                .securitySaslUsername("ada")
                .securitySaslPassword(password)
                .build();
        // end
        assertThat(config.toString()).contains("ada").doesNotContain(password);
    }

    @Test
    void shouldWriteFromManyVirtualThreads() {
        FlussTable table = visits("threads");
        AtomicLong acknowledged = new AtomicLong();
        // sample: threads
        try (AppendWriter writer = table.newAppend().createWriter();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (long visitor = 0; visitor < 1000; visitor++) {
                GenericRow row = GenericRow.fromData(visitor);
                threads.submit(() -> {
                    writer.append(row).await();
                    acknowledged.incrementAndGet();
                });
            }
        }
        // end
        assertThat(acknowledged).hasValue(1000);
    }

    @Test
    void shouldTellWhatToDoAfterAFailure() {
        FlussTable table = visits("failures");
        GenericRow row = GenericRow.fromData(1L);
        String outcome = "";
        // sample: outcome
        try (AppendWriter writer = table.newAppend().createWriter()) {
            try {
                writer.append(row).await();
                outcome = "written";
            } catch (DeliveryTimeoutException e) {
                outcome = e.outcome() == DeliveryTimeoutException.Outcome.NOT_SENT ? "not written" : "unknown";
            } catch (FlussInterruptedException e) {
                outcome = "goes on without us";
            } catch (FlussException e) {
                outcome = e.isRetriable() ? "write it again" : "change something first: " + e.getMessage();
            }
        }
        // end
        assertThat(outcome).isEqualTo("written");
    }

    @Test
    void shouldNameTheErrorOfAServer() {
        TablePath path = TablePath.of(database, "nowhere");
        boolean missing = false;
        // sample: api
        try {
            connection.getTable(path);
        } catch (FlussApiException e) {
            missing = e.error() == FlussError.TABLE_NOT_EXIST;
        }
        // end
        assertThat(missing).isTrue();
        assertThatThrownBy(() -> connection.getTable(path)).hasMessageContaining("nowhere");
    }

    @Test
    void shouldDropRowsRatherThanWait() {
        FlussTable table = visits("dropped");
        GenericRow row = GenericRow.fromData(1L);
        long dropped = 0;
        // sample: tryAppend
        try (AppendWriter writer = table.newAppend().createWriter()) {
            WriteResultFuture written = writer.tryAppend(row);
            if (written == null) {
                dropped++;
            }
        }
        // end
        assertThat(dropped).isZero();
    }

    @Test
    void shouldBeTunedForLatency() {
        // sample: latency
        Config config = Config.builder()
                .bootstrapServers(servers)
                .readerThread(ReaderThread.PLATFORM)
                .build();
        // end
        try (FlussConnection fast = FlussConnection.connect(config)) {
            assertThat(fast.getAdmin().databaseExists(database)).isTrue();
        }
    }

    @Test
    void shouldBeWatched() {
        FlussTable table = visits("ticks");
        try (AppendWriter writer = table.newAppend().createWriter()) {
            writer.append(GenericRow.fromData(1L)).await();
        }
        // sample: metrics
        ClientMetrics metrics = connection.metrics();
        double rows = metrics.value(ClientMetric.WRITER_RECORDS_ACKNOWLEDGED);
        double p99 =
                metrics.histogram(ClientMetric.REQUEST_LATENCY, "produce_log").quantile(0.99);
        double lag = metrics.value(ClientMetric.SCANNER_LAG, database, "ticks");
        // end
        assertThat(lag).isZero();
        assertThat(rows).isEqualTo(1);
        assertThat(p99).isPositive();
        // sample: micrometer
        MeterRegistry registry = new SimpleMeterRegistry();
        new MillraceMeterBinder(connection::metrics).bindTo(registry);
        // end
        assertThat(registry.getMeters()).isNotEmpty();
        registry.close();
    }
}
