package dev.millrace.testkit;

import java.util.Map;
import java.util.TreeMap;

/** What a server is started with: its role and its configuration, the port left open until the first start. */
record ServerConfig(String name, Role role, Map<String, String> options) {

    /** The two kinds of Fluss servers. */
    enum Role {
        COORDINATOR,
        TABLET_SERVER
    }

    ServerConfig {
        options = Map.copyOf(options);
    }

    /** The options with the listener bound to loopback; port 0 lets the system choose. */
    Map<String, String> optionsOnPort(int port) {
        Map<String, String> bound = new TreeMap<>(options);
        bound.put("bind.listeners", "FLUSS://" + FlussCluster.HOST + ":" + port);
        return bound;
    }
}
