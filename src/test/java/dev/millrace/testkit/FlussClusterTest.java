package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.log.LogScanner;
import org.apache.fluss.client.table.writer.AppendWriter;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataTypes;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // the official client's close() throws Exception
class FlussClusterTest {
    private static final TableDescriptor NUMBERS = TableDescriptor.builder()
            .schema(Schema.newBuilder().column("n", DataTypes.BIGINT()).build())
            .distributedBy(1)
            .build();

    @Nested
    @WithCluster
    class Embedded {
        @Test
        void shouldStoreWhatTheOfficialClientWrites(FlussCluster cluster, Database database) throws Exception {
            TablePath path = TablePath.of(database.name(), "numbers");
            try (Connection connection = connect(cluster.bootstrapServers())) {
                connection.getAdmin().createTable(path, NUMBERS, false).get(20, TimeUnit.SECONDS);
                append(connection, path, 7);
                assertThat(countRows(connection, path, 7)).isEqualTo(7);
            }
        }

        @Test
        void shouldRefuseToKillWhatSharesTheJvm(FlussCluster cluster) {
            assertThatThrownBy(() -> cluster.tabletServer(0).kill())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("tablet-server-0 is embedded");
        }

        @Test
        void shouldListenOnLoopbackOnly(FlussCluster cluster) {
            assertThat(cluster.bootstrapServers().split(",")).hasSize(2).allMatch(a -> a.startsWith("127.0.0.1:"));
        }
    }

    @Nested
    @WithCluster
    class SharedWithAnotherClass {
        @Test
        void shouldGetADatabaseOfItsOwn(FlussCluster cluster, Database database) throws Exception {
            try (Connection connection = connect(cluster.bootstrapServers())) {
                assertThat(connection.getAdmin().listTables(database.name()).get(20, TimeUnit.SECONDS))
                        .isEmpty();
            }
        }
    }

    @Nested
    @WithCluster(tabletServers = 3, mode = FlussCluster.Mode.PROCESSES)
    class Processes {
        @Test
        void shouldKeepDataOverTheDeathOfAServer(FlussCluster cluster, Database database) throws Exception {
            TablePath path = TablePath.of(database.name(), "numbers");
            try (Connection connection = connect(cluster.bootstrapServers())) {
                connection.getAdmin().createTable(path, NUMBERS, false).get(20, TimeUnit.SECONDS);
                append(connection, path, 5);

                FlussServer victim = cluster.tabletServer(1);
                int port = victim.port();
                victim.kill();
                assertThat(victim.isRunning()).isFalse();
                cluster.awaitReady();

                victim.start();
                cluster.awaitReady();
                assertThat(victim.port()).isEqualTo(port);
                append(connection, path, 5);
                assertThat(countRows(connection, path, 10)).isEqualTo(10);
            }
        }
    }

    @Nested
    @WithCluster(proxied = true)
    class Proxied {
        @Test
        void shouldSendClientsThroughTheProxies(FlussCluster cluster, Database database) throws Exception {
            TablePath path = TablePath.of(database.name(), "numbers");
            try (Connection connection = connect(cluster.bootstrapServers())) {
                connection.getAdmin().createTable(path, NUMBERS, false).get(20, TimeUnit.SECONDS);
                append(connection, path, 3);
            }
            FaultProxy proxy = cluster.tabletServer(0).proxy();
            assertThat(proxy.toServer().forwardedBytes()).isPositive();
            assertThat(cluster.bootstrapServers()).startsWith(proxy.address());
            assertThat(cluster.tabletServer(0).port()).isNotEqualTo(proxy.port());
        }
    }

    @Test
    void shouldDeleteItsDataOnClose() {
        FlussCluster cluster = FlussCluster.embedded(1);
        assertThat(cluster.directory()).isDirectory();
        cluster.close();
        cluster.close();
        assertThat(cluster.directory()).doesNotExist();
    }

    private static Connection connect(String bootstrapServers) {
        Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), bootstrapServers);
        configuration.setString(ConfigOptions.CLIENT_WRITER_BATCH_TIMEOUT.key(), "0 ms");
        return ConnectionFactory.createConnection(configuration);
    }

    private static void append(Connection connection, TablePath path, int rows) throws Exception {
        try (Table table = connection.getTable(path)) {
            AppendWriter writer = table.newAppend().createWriter();
            for (long n = 0; n < rows; n++) {
                writer.append(GenericRow.of(n));
            }
            writer.flush();
        }
    }

    private static int countRows(Connection connection, TablePath path, int expected) throws Exception {
        try (Table table = connection.getTable(path);
                LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribeFromBeginning(0);
            int rows = 0;
            long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (rows < expected && System.nanoTime() - deadlineNs < 0) {
                rows += scanner.poll(Duration.ofSeconds(1)).count();
            }
            return rows;
        }
    }
}
