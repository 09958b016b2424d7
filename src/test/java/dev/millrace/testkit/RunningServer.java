package dev.millrace.testkit;

import java.util.Map;
import org.apache.fluss.cluster.Endpoint;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.rpc.RpcServer;
import org.apache.fluss.server.ServerBase;
import org.apache.fluss.server.coordinator.CoordinatorServer;
import org.apache.fluss.server.tablet.TabletServer;

/** An official server that runs in this JVM, whichever its role. */
record RunningServer(ServerBase server, int port) {

    static RunningServer start(ServerConfig.Role role, Map<String, String> options) throws Exception {
        Configuration configuration = Configuration.fromMap(options);
        return switch (role) {
            case COORDINATOR -> {
                CoordinatorServer server = new CoordinatorServer(configuration);
                server.start();
                yield new RunningServer(server, portOf(server.getRpcServer()));
            }
            case TABLET_SERVER -> {
                TabletServer server = new TabletServer(configuration);
                server.start();
                yield new RunningServer(server, portOf(server.getRpcServer()));
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
        server.close();
    }
}
