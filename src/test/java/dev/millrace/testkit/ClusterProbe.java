package dev.millrace.testkit;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.fluss.cluster.ServerNode;
import org.apache.fluss.cluster.ServerType;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metrics.registry.MetricRegistry;
import org.apache.fluss.rpc.GatewayClientProxy;
import org.apache.fluss.rpc.RpcClient;
import org.apache.fluss.rpc.gateway.AdminReadOnlyGateway;
import org.apache.fluss.rpc.gateway.CoordinatorGateway;
import org.apache.fluss.rpc.messages.CreateDatabaseRequest;
import org.apache.fluss.rpc.messages.DropDatabaseRequest;
import org.apache.fluss.rpc.messages.MetadataRequest;
import org.apache.fluss.rpc.messages.MetadataResponse;
import org.apache.fluss.rpc.metrics.ClientMetricGroup;

/**
 * Asks the servers of a cluster, by the official RPC client, what they see: so the kit owes nothing to what it tests. Asks
 * as servers ask each other, for the official client cannot log in on JDK 24 and later.
 */
final class ClusterProbe implements AutoCloseable {
    private static final long CALL_SECONDS = 10;
    private static final long POLL_MILLIS = 20;

    private final MetricRegistry metrics;
    private final RpcClient client;

    ClusterProbe() {
        Configuration configuration = new Configuration();
        metrics = MetricRegistry.create(configuration, null);
        client = RpcClient.create(configuration, new ClientMetricGroup(metrics, "cluster-probe"), false);
    }

    /** Waits until the coordinator and each of {@code tabletServers} list exactly {@code tabletServers}. */
    void awaitSameView(FlussServer coordinator, List<FlussServer> tabletServers, Duration timeout) {
        Set<Integer> expected = ports(tabletServers.stream().map(FlussServer::serversPort));
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        for (FlussServer server :
                Stream.concat(Stream.of(coordinator), tabletServers.stream()).toList()) {
            String seen = view(server, expected);
            while (!seen.isEmpty()) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new IllegalStateException(server.name() + " sees " + seen + ", not the tablet servers "
                            + expected + "; see " + server.log());
                }
                pause();
                seen = view(server, expected);
            }
        }
    }

    /** Empty when the server sees a coordinator and the expected tablet servers, else what it sees instead. */
    private String view(FlussServer server, Set<Integer> expected) {
        try {
            MetadataResponse response =
                    await(gateway(server, AdminReadOnlyGateway.class).metadata(new MetadataRequest()));
            Set<Integer> seen = ports(response.getTabletServersList().stream().map(node -> node.getPort()));
            return response.hasCoordinatorServer() && seen.equals(expected) ? "" : "tablet servers " + seen;
        } catch (ExecutionException | TimeoutException e) {
            return e.toString();
        }
    }

    void createDatabase(FlussServer coordinator, String name) {
        CreateDatabaseRequest request =
                new CreateDatabaseRequest().setDatabaseName(name).setIgnoreIfExists(false);
        orFail(
                "create database " + name,
                gateway(coordinator, CoordinatorGateway.class).createDatabase(request));
    }

    void dropDatabase(FlussServer coordinator, String name) {
        DropDatabaseRequest request = new DropDatabaseRequest()
                .setDatabaseName(name)
                .setIgnoreIfNotExists(true)
                .setCascade(true);
        orFail(
                "drop database " + name,
                gateway(coordinator, CoordinatorGateway.class).dropDatabase(request));
    }

    private <G extends AdminReadOnlyGateway> G gateway(FlussServer server, Class<G> type) {
        boolean isCoordinator = server.name().equals("coordinator");
        ServerNode node = new ServerNode(
                server.serversPort(), // one connection a port: only the uid made from this counts here
                FlussCluster.HOST,
                server.serversPort(),
                isCoordinator ? ServerType.COORDINATOR : ServerType.TABLET_SERVER);
        return GatewayClientProxy.createGatewayProxy(() -> node, client, type);
    }

    private static void orFail(String what, CompletableFuture<?> call) {
        try {
            await(call);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("could not " + what, e);
        }
    }

    private static <T> T await(CompletableFuture<T> call) throws ExecutionException, TimeoutException {
        try {
            return call.get(CALL_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a server", e);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the cluster", e);
        }
    }

    private static Set<Integer> ports(Stream<Integer> ports) {
        return ports.collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public void close() {
        Later.close(() -> {
            client.close();
            orFail("close the probe's metrics", metrics.closeAsync());
        });
    }
}
