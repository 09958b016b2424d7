package dev.millrace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.admin.Admin;
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
            try (Client client = connect(cluster.bootstrapServers())) {
                client.connection().getAdmin().createTable(path, NUMBERS, false).get(20, TimeUnit.SECONDS);
                append(client.connection(), path, 7);
                assertThat(countRows(client.connection(), path, 7)).isEqualTo(7);
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
            assertShared(cluster);
            assertThat(cluster.bootstrapServers().split(",")).hasSize(2).allMatch(a -> a.startsWith("127.0.0.1:"));
        }
    }

    /** What the classes with equal annotations got; it must be one and the same. */
    private static final AtomicReference<FlussCluster> SHARED = new AtomicReference<>();

    private static void assertShared(FlussCluster cluster) {
        SHARED.compareAndSet(null, cluster);
        assertThat(cluster).isSameAs(SHARED.get());
    }

    @Nested
    @WithCluster
    class SharedWithAnotherClass {
        @Test
        void shouldGetADatabaseOfItsOwn(FlussCluster cluster, Database database) throws Exception {
            assertShared(cluster);
            try (Client client = connect(cluster.bootstrapServers())) {
                assertThat(client.connection()
                                .getAdmin()
                                .listTables(database.name())
                                .get(20, TimeUnit.SECONDS))
                        .isEmpty();
            }
        }
    }

    @Nested
    @WithCluster(
            tabletServers = 3,
            mode = FlussCluster.Mode.PROCESSES,
            shared = true,
            options = "log.replica.fetch.wait-max-time=10ms")
    class Processes {
        @Test
        void shouldBeSilentWhilePaused(FlussCluster cluster) throws Exception {
            try (Client client = connect(cluster.coordinator().address())) {
                Admin admin = client.connection().getAdmin();
                admin.listDatabases().get(20, TimeUnit.SECONDS);
                List<FlussServer> servers = new ArrayList<>(cluster.tabletServers());
                servers.add(cluster.coordinator());
                servers.forEach(FlussServer::pause);
                CompletableFuture<List<String>> answer = admin.listDatabases();
                assertThatThrownBy(() -> answer.get(500, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
                servers.forEach(FlussServer::resume);
                assertThat(answer.get(20, TimeUnit.SECONDS)).isNotEmpty();
            }
        }

        @Test
        void shouldStopInOrderAndStartAgain(FlussCluster cluster) {
            FlussServer server = cluster.tabletServer(0);
            int port = server.port();
            server.stop();
            assertThat(server.isRunning()).isFalse();
            server.start();
            cluster.awaitReady();
            assertThat(server.port()).isEqualTo(port);
        }

        @Test
        void shouldKeepDataOverTheDeathOfAServer(FlussCluster cluster, Database database) throws Exception {
            TablePath path = TablePath.of(database.name(), "numbers");
            try (Client client = connect(cluster.bootstrapServers())) {
                client.connection().getAdmin().createTable(path, NUMBERS, false).get(20, TimeUnit.SECONDS);
                append(client.connection(), path, 5);

                FlussServer victim = cluster.tabletServer(1);
                int port = victim.port();
                victim.kill();
                assertThat(victim.isRunning()).isFalse();
                cluster.awaitReady();

                victim.start();
                cluster.awaitReady();
                assertThat(victim.port()).isEqualTo(port);
                append(client.connection(), path, 5);
                assertThat(countRows(client.connection(), path, 10)).isEqualTo(10);
            }
        }
    }

    @Nested
    @WithCluster(proxied = true)
    class Proxied {
        @Test
        void shouldStopAndStartAgainOnItsPort(FlussCluster cluster) {
            FlussServer server = cluster.tabletServer(0);
            int port = server.port();
            server.stop();
            server.start();
            cluster.awaitReady();
            assertThat(server.port()).isEqualTo(port);
        }

        @Test
        void shouldSendClientsThroughTheProxies(FlussCluster cluster, Database database) throws Exception {
            TablePath path = TablePath.of(database.name(), "numbers");
            try (Client client = connect(cluster.bootstrapServers())) {
                client.connection().getAdmin().createTable(path, NUMBERS, false).get(20, TimeUnit.SECONDS);
                append(client.connection(), path, 3);
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

    private record Client(Connection connection) implements AutoCloseable {
        @Override
        public void close() {
            Later.close(connection);
        }
    }

    private static Client connect(String bootstrapServers) {
        Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), bootstrapServers);
        configuration.setString(ConfigOptions.CLIENT_WRITER_BATCH_TIMEOUT.key(), "0 ms");
        return new Client(ConnectionFactory.createConnection(configuration));
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
