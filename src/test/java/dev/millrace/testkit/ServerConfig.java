package dev.millrace.testkit;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a server is started with: its role and its configuration, the port left open until the first start. Clients and
 * the servers among themselves have listeners of their own, so that a proxy, or authentication, concerns clients only.
 *
 * @param proxy where clients are sent; null means to the server itself.
 */
record ServerConfig(
        String name,
        Role role,
        Map<String, String> options,
        @Nullable FaultProxy proxy) {
    static final String CLIENT_LISTENER = "CLIENT";
    /** The name servers take for their own listener by default. */
    static final String SERVER_LISTENER = "FLUSS";

    /** The two kinds of Fluss servers. */
    enum Role {
        COORDINATOR,
        TABLET_SERVER
    }

    ServerConfig {
        options = Map.copyOf(options);
    }

    /** The same but for one option. */
    ServerConfig with(String key, String value) {
        Map<String, String> changed = new TreeMap<>(options);
        changed.put(key, value);
        return new ServerConfig(name, role, changed, proxy);
    }

    /** The options with both listeners bound to loopback; port 0 of the clients' one lets the system choose. */
    Map<String, String> optionsOnPort(int port) {
        Map<String, String> bound = new TreeMap<>(options);
        bound.put("bind.listeners", listener(CLIENT_LISTENER, port) + "," + listener(SERVER_LISTENER, 0));
        if (proxy != null) {
            bound.put("advertised.listeners", listener(CLIENT_LISTENER, proxy.port()));
        }
        return bound;
    }

    private static String listener(String name, int port) {
        return name + "://" + FlussCluster.HOST + ":" + port;
    }
}
