package dev.millrace.testkit;

import java.util.Map;
import org.apache.fluss.cluster.Endpoint;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.rpc.RpcServer;
import org.apache.fluss.server.ServerBase;
import org.apache.fluss.server.coordinator.CoordinatorServer;
import org.apache.fluss.server.tablet.TabletServer;
import org.jspecify.annotations.Nullable;

/** An official server that runs in this JVM, whichever its role; a coordinator with someone who minds what it misses. */
record RunningServer(ServerBase server, int port, @Nullable MissedTables missedTables) {

    static RunningServer start(ServerConfig.Role role, Map<String, String> options) throws Exception {
        Configuration configuration = Configuration.fromMap(options);
        return switch (role) {
            case COORDINATOR -> {
                CoordinatorServer server = new CoordinatorServer(configuration);
                server.start();
                yield new RunningServer(server, portOf(server.getRpcServer()), new MissedTables(server, configuration));
            }
            case TABLET_SERVER -> {
                TabletServer server = new TabletServer(configuration);
                server.start();
                yield new RunningServer(server, portOf(server.getRpcServer()), null);
            }
        };
    }

    private static int portOf(RpcServer rpcServer) {
        return rpcServer.getBindEndpoints().stream()
                .filter(endpoint -> endpoint.getListenerName().equals(ServerConfig.CLIENT_LISTENER))
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
