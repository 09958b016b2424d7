package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.RpcException;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.ClientLog;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.FlussServer;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FlussConnectionTest {
    private static FlussConnection connect(final String servers, final Duration requestTimeout) {
        return FlussConnection.connect(Config.builder()
                .bootstrapServers(servers)
                .requestTimeout(requestTimeout)
                .build());
    }

    @Test
    void shouldFailSoonAndClearlyWhereNobodyListens() throws Exception {
        final int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        final long startNs = System.nanoTime();
        assertThatThrownBy(() -> connect("127.0.0.1:" + port, Duration.ofSeconds(30)))
                .isInstanceOf(RpcException.class)
                .hasMessageContaining("no server of the cluster answers")
                .hasMessageContaining("127.0.0.1:" + port);
        assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }

    @Nested
    @WithCluster
    class OnOneServer {
        @Test
        void shouldServeAThousandThreadsOnOneConnection(final FlussCluster cluster, final Database database)
                throws Exception {
            try (FlussConnection connection = connect(cluster.bootstrapServers(), Duration.ofSeconds(30));
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                final FlussAdmin admin = connection.getAdmin();
                final List<Future<Boolean>> answers = new ArrayList<>();
                for (int i = 0; i < 1_000; i++) {
                    final String name = i % 2 == 0 ? database.name() : "nothing";
                    answers.add(threads.submit(() -> admin.databaseExists(name)));
                }
                for (int i = 0; i < answers.size(); i++) {
                    assertThat(answers.get(i).get(60, TimeUnit.SECONDS)).isEqualTo(i % 2 == 0);
                }
            }
        }

        @Test
        void shouldLogNothingWhileAllIsWell(final FlussCluster cluster, final Database database) {
            final TablePath path = TablePath.of(database.name(), "quiet");
            final ClientLog lines = new ClientLog();
            try (FlussConnection connection = connect(cluster.bootstrapServers(), Duration.ofSeconds(30))) {
                connection
                        .getAdmin()
                        .createTable(
                                path,
                                TableDescriptor.builder()
                                        .schema(Schema.builder()
                                                .column("n", DataTypes.BIGINT())
                                                .primaryKey("n")
                                                .build())
                                        .distributedBy(3)
                                        .build(),
                                false);
                final FlussTable table = connection.getTable(path);
                final GenericRow row = GenericRow.fromData(7L);
                table.newUpsert().createWriter().upsert(row).await();
                assertThat(table.newLookup().createLookuper().lookup(row).getSingleRow())
                        .isPresent();
                try (LogScanner scanner = table.newScan().createLogScanner()) {
                    scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L, 2, 0L));
                    try (ScanRecords records = scanner.poll(Duration.ofSeconds(30))) {
                        assertThat(records.count()).isEqualTo(1);
                    }
                }
            }
            assertThat(lines.lines()).isEmpty();
        }

        @Test
        void shouldBeOfNoUseOnceClosed(final FlussCluster cluster) {
            final FlussConnection connection = connect(cluster.bootstrapServers(), Duration.ofSeconds(30));
            final FlussAdmin admin = connection.getAdmin();
            assertThat(connection.config().bootstrapServers()).isEqualTo(cluster.bootstrapServers());
            assertThat(connection.getAdmin()).isSameAs(admin);
            connection.close();
            connection.close();
            assertThatThrownBy(connection::getAdmin).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(admin::listDatabases).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(admin::getServerNodes).isInstanceOf(IllegalStateException.class);
        }
    }

    @Nested
    @WithCluster(tabletServers = 2, proxied = true)
    class ThroughFaults {
        @Test
        void shouldWorkThroughTornAndCutConnections(final FlussCluster cluster, final Database database) {
            try (FlussConnection connection = connect(cluster.bootstrapServers(), Duration.ofSeconds(30))) {
                final FlussAdmin admin = connection.getAdmin();
                cluster.tabletServers()
                        .forEach(server -> server.proxy().toClient().tear());
                cluster.coordinator().proxy().toServer().tear();
                admin.createTable(TablePath.of(database.name(), "torn"), oneColumn());
                assertThat(admin.listOffsets(TablePath.of(database.name(), "torn"), List.of(0), OffsetSpec.latest()))
                        .containsEntry(0, 0L);
                cluster.tabletServers().forEach(server -> server.proxy().heal());
                cluster.coordinator().proxy().heal();

                cluster.tabletServers().forEach(server -> server.proxy().cut());
                cluster.coordinator().proxy().cut();
                assertThat(admin.tableExists(TablePath.of(database.name(), "torn")))
                        .isTrue();
                admin.dropTable(TablePath.of(database.name(), "torn"));
            }
        }

        @Test
        void shouldAskAnotherServerWhenOneIsMute(final FlussCluster cluster, final Database database) {
            final FaultProxy mute = cluster.tabletServer(0).proxy();
            try (FlussConnection connection = connect(cluster.bootstrapServers(), Duration.ofSeconds(4))) {
                final FlussAdmin admin = connection.getAdmin();
                assertThat(admin.databaseExists(database.name())).isTrue();
                mute.toClient().mute();
                for (int i = 0; i < 4; i++) { // half of the first attempts meet the mute one
                    assertThat(admin.databaseExists(database.name())).isTrue();
                }
            } finally {
                mute.heal();
            }
        }

        @Test
        void shouldCloseInTimeWhenAllServersAreMute(final FlussCluster cluster) throws Exception {
            final FlussConnection connection = connect(cluster.bootstrapServers(), Duration.ofSeconds(30));
            cluster.tabletServers().forEach(server -> server.proxy().toClient().mute());
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                final List<Future<List<String>>> calls = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    calls.add(threads.submit(() -> connection.getAdmin().listDatabases()));
                }
                final long startNs = System.nanoTime();
                connection.close();
                assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(6));
                for (final Future<List<String>> call : calls) {
                    assertThatThrownBy(() -> call.get(10, TimeUnit.SECONDS))
                            .cause()
                            .isInstanceOfAny(RpcException.class, IllegalStateException.class);
                }
            } finally {
                cluster.tabletServers().forEach(server -> server.proxy().heal());
            }
        }

        @Test
        void shouldFindServersThatCameBack(final FlussCluster cluster, final Database database) {
            try (FlussConnection connection = connect(cluster.bootstrapServers(), Duration.ofSeconds(30))) {
                final FlussAdmin admin = connection.getAdmin();
                assertThat(admin.databaseExists(database.name())).isTrue();
                for (final FlussServer server : cluster.tabletServers()) {
                    server.stop();
                    server.start();
                }
                cluster.awaitReady();
                assertThat(admin.databaseExists(database.name())).isTrue();
                admin.createTable(TablePath.of(database.name(), "after"), oneColumn());
                assertThat(admin.listOffsets(TablePath.of(database.name(), "after"), List.of(0), OffsetSpec.latest()))
                        .containsEntry(0, 0L);
            }
        }
    }

    private static TableDescriptor oneColumn() {
        return TableDescriptor.builder()
                .schema(Schema.builder().column("n", DataTypes.BIGINT()).build())
                .distributedBy(1)
                .build();
    }
}
