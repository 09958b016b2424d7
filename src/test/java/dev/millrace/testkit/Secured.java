package dev.millrace.testkit;

import dev.millrace.Config;
import dev.millrace.SecurityProtocol;

/**
 * Options for a cluster whose clients must log in, for {@code @WithCluster(options = ...)}, and who may. Servers among
 * themselves need not: {@link FlussServer#serversPort} is a listener without SASL.
 */
public final class Secured {
    public static final String LISTENERS = "security.protocol.map=CLIENT:sasl,FLUSS:plaintext";
    public static final String MECHANISMS = "security.sasl.enabled.mechanisms=PLAIN";

    /** Where servers look up who may log in. */
    public static final String USERS_OPTION = "security.sasl.plain.jaas.config";

    /** The one who may do everything where {@link #AUTHORIZER} is on. */
    public static final String ROOT = "root";

    public static final String ROOT_PASSWORD = "r00t:of all";
    public static final String GUEST = "guest";
    public static final String GUEST_PASSWORD = "knock=knock";

    public static final String USERS =
            "org.apache.fluss.security.auth.sasl.plain.PlainLoginModule required user_root=\"" + ROOT_PASSWORD
                    + "\" user_guest=\"" + GUEST_PASSWORD + "\";";

    public static final String USERS_AND_OPTION = USERS_OPTION + "=" + USERS;
    public static final String AUTHORIZER = "authorizer.enabled=true";
    public static final String SUPER_USERS = "super.users=User:" + ROOT;

    private Secured() {}

    /** The configuration of a client that logs in. */
    public static Config.Builder config(FlussCluster cluster, String user, String password) {
        return config(cluster.bootstrapServers(), user, password);
    }

    public static Config.Builder config(String bootstrapServers, String user, String password) {
        return Config.builder()
                .bootstrapServers(bootstrapServers)
                .securityProtocol(SecurityProtocol.SASL)
                .securitySaslUsername(user)
                .securitySaslPassword(password);
    }
}
