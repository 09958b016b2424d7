package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.scan.ScanRecords;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.PinningRecorder;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.arrow.vector.BigIntVector;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our writer and our scanners on one connection, through what is public only. */
@WithCluster
@ExtendWith(PinningRecorder.class)
@Timeout(60)
class RoundTripTest {
    private static final long SEED = 20261123;
    private static final Duration LONG = Duration.ofSeconds(20);

    private final FlussCluster cluster;
    private final Database database;

    RoundTripTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD", "LZ4_FRAME"})
    void shouldReadEveryScalarTypeAsItWasWritten(final String codec) {
        final List<List<@Nullable Object>> written = ScalarRows.random(new Random(SEED), 5_000);
        try (FlussConnection connection = connect()) {
            final Schema.Builder schema = Schema.builder();
            for (final DataField field : ScalarRows.type().fields()) {
                schema.column(field.name(), field.dataType());
            }
            final TablePath path = create(connection, "all_" + codec.toLowerCase(Locale.ROOT), schema.build(), codec);
            try (AppendWriter writer = connection.getTable(path).newAppend().createWriter();
                    LogScanner scanner = connection.getTable(path).newScan().createLogScanner()) {
                written.forEach(row -> writer.append(ScalarRows.toOurs(ScalarRows.type(), row)));
                writer.flush();
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                final List<List<@Nullable Object>> read = new ArrayList<>();
                while (read.size() < written.size()) {
                    try (ScanRecords records = scanner.poll(LONG)) {
                        assertThat(records.isEmpty()).isFalse();
                        records.forEach(record -> read.add(ScalarRows.read(ScalarRows.type(), record.row())));
                    }
                }
                assertThat(read).as("seed %d", SEED).isEqualTo(written);
            }
        }
    }

    @Test
    void shouldGiveWhatWasWrittenAsArrowBatches() {
        try (FlussConnection connection = connect()) {
            final TablePath path = numbers(connection, "arrow");
            try (AppendWriter writer = connection.getTable(path).newAppend().createWriter();
                    RecordBatchLogScanner scanner =
                            connection.getTable(path).newScan().createRecordBatchLogScanner()) {
                for (long n = 0; n < 50_000; n++) {
                    writer.append(n % 7 == 0 ? new GenericRow(1) : GenericRow.fromData(n));
                }
                writer.flush();
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                long next = 0;
                while (next < 50_000) {
                    for (final ScanBatch batch : scanner.poll(LONG)) {
                        try (batch) {
                            final BigIntVector vector =
                                    (BigIntVector) batch.batch().getVector("n");
                            assertThat(batch.baseOffset()).isEqualTo(next);
                            for (int row = 0; row < batch.numRecords(); row++, next++) {
                                assertThat(vector.isNull(row)).isEqualTo(next % 7 == 0);
                                if (next % 7 != 0) {
                                    assertThat(vector.get(row)).isEqualTo(next);
                                }
                            }
                        }
                    }
                }
                assertThat(next).isEqualTo(50_000);
            }
        }
    }

    @Test
    void shouldEndScannersWithTheConnection() throws Exception {
        final FlussConnection connection = connect();
        final TablePath path = numbers(connection, "ending");
        connection
                .getTable(path)
                .newAppend()
                .createWriter()
                .append(GenericRow.fromData(7L))
                .await();
        final LogScanner idle = connection.getTable(path).newScan().createLogScanner();
        idle.subscribe(0, LogScanner.EARLIEST_OFFSET);
        final ScanRecords polled = idle.poll(LONG);
        final LogScanner busy = connection.getTable(path).newScan().createLogScanner();
        busy.subscribe(0, 1);
        final CountDownLatch polling = new CountDownLatch(1);
        final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        final Thread poller = Thread.ofVirtual().start(() -> {
            polling.countDown();
            try {
                busy.poll(Duration.ofMinutes(5)).close();
            } catch (IllegalStateException e) {
                thrown.set(e);
            }
        });
        polling.await();

        connection.close();

        poller.join();
        assertThat(thrown.get()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> idle.poll(LONG)).isInstanceOf(IllegalStateException.class);
        assertThat(polled.iterator().next().row().getLong(0))
                .as("results outlive the connection")
                .isEqualTo(7);
        polled.close();
        idle.close();
        busy.close();
        connection.close();
    }

    private FlussConnection connect() {
        return FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build());
    }

    private TablePath numbers(final FlussConnection connection, final String name) {
        return create(
                connection,
                name,
                Schema.builder().column("n", DataTypes.BIGINT()).build(),
                "ZSTD");
    }

    private TablePath create(
            final FlussConnection connection, final String name, final Schema schema, final String codec) {
        final TablePath path = TablePath.of(database.name(), name);
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(schema)
                                .distributedBy(1, List.of())
                                .property("table.log.arrow.compression.type", codec)
                                .build(),
                        false);
        return path;
    }
}
