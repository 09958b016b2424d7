package dev.millrace.testkit;

import java.util.Map;
import org.apache.fluss.cluster.Endpoint;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.rpc.RpcServer;
import org.apache.fluss.server.ServerBase;
import org.apache.fluss.server.coordinator.CoordinatorServer;
import org.apache.fluss.server.tablet.TabletServer;
import org.jspecify.annotations.Nullable;

/**
 * An official server that runs in this JVM, whichever its role; a coordinator with someone who minds what it misses.
 *
 * @param ports where it listens.
 */
record RunningServer(
        ServerBase server, Ports ports, @Nullable MissedTables missedTables) {
    /** The ports for clients and for other servers. */
    record Ports(int clients, int servers) {}

    static RunningServer start(ServerConfig.Role role, Map<String, String> options) throws Exception {
        Configuration configuration = Configuration.fromMap(options);
        return switch (role) {
            case COORDINATOR -> {
                CoordinatorServer server = new CoordinatorServer(configuration);
                server.start();
                yield new RunningServer(
                        server, portsOf(server.getRpcServer()), new MissedTables(server, configuration));
            }
            case TABLET_SERVER -> {
                TabletServer server = new TabletServer(configuration);
                server.start();
                yield new RunningServer(server, portsOf(server.getRpcServer()), null);
            }
        };
    }

    private static Ports portsOf(RpcServer rpcServer) {
        return new Ports(
                portOf(rpcServer, ServerConfig.CLIENT_LISTENER), portOf(rpcServer, ServerConfig.SERVER_LISTENER));
    }

    private static int portOf(RpcServer rpcServer, String listener) {
        return rpcServer.getBindEndpoints().stream()
                .filter(endpoint -> endpoint.getListenerName().equals(listener))
                .mapToInt(Endpoint::getPort)
                .findFirst()
                .orElseThrow();
    }

    void stop() throws Exception {
        try {
            if (missedTables != null) {
                missedTables.close();
            }
        } finally {
            server.close();
        }
    }
}
