package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Partitions that rows need and that cannot be created now, or ever: who waits, who hears of it, and who goes on. */
@WithCluster(
        proxied = true,
        options = {"max.partition.num=3"})
@Timeout(60)
class PartitionCreationTest {
    private final FlussCluster cluster;
    private final Database database;
    private final FaultProxy coordinator;

    PartitionCreationTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
        this.coordinator = cluster.coordinator().proxy();
    }

    @AfterEach
    void heal() {
        coordinator.heal();
    }

    @Test
    void shouldKeepRowsOfOnePartitionUntilTheCoordinatorIsBackAndLetOthersGoOn() throws Exception {
        final Config.Builder config = Config.builder().requestTimeout(Duration.ofSeconds(2));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = partitioned(connection, "outage");
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(GenericRow.fromData("old", 0L)).await();
            coordinator.refuse();
            coordinator.cut();
            final WriteResultFuture waiting = writer.append(GenericRow.fromData("new", 0L));
            writer.append(GenericRow.fromData("new", 1L));
            for (long n = 1; n < 50; n++) {
                writer.append(GenericRow.fromData("old", n)).await();
            }
            assertThat(waiting.await(Duration.ofMillis(200))).isFalse();
            coordinator.heal();
            assertThat(waiting.await(Duration.ofSeconds(20))).isTrue();
            writer.flush();
            try (OfficialConnection official = new OfficialConnection(cluster.bootstrapServers())) {
                assertThat(official.read(path, 52, row -> row.getLong(1)).get("new").stream()
                                .flatMap(Collection::stream))
                        .as("in the order they were written")
                        .containsExactly(0L, 1L);
            }
        }
    }

    @Test
    void shouldSayThatRowsWereNeverSentWhenTheirPartitionCameTooLate() {
        final Config.Builder config = Config.builder()
                .requestTimeout(Duration.ofSeconds(1))
                .writerBatchTimeout(Duration.ofMillis(1))
                .writerDeliveryTimeout(Duration.ofSeconds(2));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = partitioned(connection, "too_late");
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            coordinator.refuse();
            coordinator.cut();
            final WriteResultFuture late = writer.append(GenericRow.fromData("late", 0L));
            assertThatThrownBy(late::await)
                    .isInstanceOfSatisfying(
                            DeliveryTimeoutException.class,
                            e -> assertThat(e.outcome()).isEqualTo(DeliveryTimeoutException.Outcome.NOT_SENT))
                    .hasMessageContaining("partition late of " + path);
        }
    }

    @Test
    void shouldTellThatThereAreTooManyPartitionsAndLetOthersGoOn() {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = partitioned(connection, "limit");
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (int n = 0; n < 3; n++) {
                writer.append(GenericRow.fromData("p" + n, 0L)).await();
            }
            final WriteResultFuture refused = writer.append(GenericRow.fromData("p3", 0L));
            for (int n = 0; n < 3; n++) {
                writer.append(GenericRow.fromData("p" + n, 1L)).await();
            }
            assertThatThrownBy(refused::await)
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.PARTITION_MAX_NUM_EXCEPTION))
                    .hasMessageContaining("partition p3 of " + path);
            assertThatThrownBy(
                            () -> writer.append(GenericRow.fromData("p3", 1L)).await())
                    .as("each row asks again, for somebody may have made room")
                    .isInstanceOf(FlussApiException.class);
        }
    }

    @Test
    void shouldEndWithTheConnectionWhileAPartitionIsAwaited() {
        final FlussConnection connection = connect(Config.builder().requestTimeout(Duration.ofSeconds(1)));
        final TablePath path = partitioned(connection, "closing");
        final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
        writer.append(GenericRow.fromData("old", 0L)).await();
        coordinator.toServer().mute();
        final WriteResultFuture waiting = writer.append(GenericRow.fromData("new", 0L));
        assertThatThrownBy(connection::close)
                .isInstanceOf(DeliveryTimeoutException.class)
                .hasMessageContaining("1 rows were not acknowledged");
        assertThat(waiting.isDone()).isTrue();
        assertThatThrownBy(waiting::await)
                .isInstanceOfSatisfying(
                        DeliveryTimeoutException.class,
                        e -> assertThat(e.outcome()).isEqualTo(DeliveryTimeoutException.Outcome.NOT_SENT));
    }

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private TablePath partitioned(final FlussConnection connection, final String name) {
        final TablePath path = TablePath.of(database.name(), name);
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
                                .distributedBy(1, List.of())
                                .build(),
                        false);
        return path;
    }
}
