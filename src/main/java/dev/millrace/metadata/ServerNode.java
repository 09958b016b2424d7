package dev.millrace.metadata;

/**
 * A server of the cluster and where it listens. Immutable.
 *
 * @param id distinct among the servers of one type.
 * @param host name or address.
 * @param port 0 to 65535.
 * @param serverType what it does.
 */
public record ServerNode(int id, String host, int port, ServerType serverType) {
    /** Checks the port. */
    public ServerNode {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("Port of " + host + " must be between 0 and 65535, not " + port);
        }
    }

    /**
     * A name of the server that is distinct in the whole cluster.
     *
     * @return for example {@code cs-0} for a coordinator or {@code ts-1} for a tablet server.
     */
    public String uid() {
        return serverType.uidPrefix() + "-" + id;
    }

    @Override
    public String toString() {
        return uid() + " (" + host + ":" + port + ")";
    }
}
