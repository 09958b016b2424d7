package dev.millrace.internal.cluster;

import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import java.util.ArrayList;
import java.util.List;

/** Reads a list of addresses where a cluster may be found. */
public final class BootstrapServers {
    private BootstrapServers() {}

    /**
     * Reads {@code host:port,host:port}; an IPv6 address stands in brackets. Names are not resolved here.
     *
     * @return servers of unknown kind, with negative ids so that none is taken for a server of the cluster.
     * @throws IllegalArgumentException an entry is no address; the message shows it.
     */
    public static List<ServerNode> parse(final String servers) {
        final List<ServerNode> nodes = new ArrayList<>();
        for (final String entry : servers.split(",")) {
            final String address = entry.strip();
            if (!address.isEmpty()) {
                nodes.add(parse(-1 - nodes.size(), address));
            }
        }
        if (nodes.isEmpty()) {
            throw new IllegalArgumentException("no address in bootstrap servers '" + servers + "'");
        }
        return nodes;
    }

    private static ServerNode parse(final int id, final String address) {
        final int colon = address.lastIndexOf(':');
        final String host = colon < 0 ? "" : address.substring(0, colon);
        final boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty() || !bracketed && host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("bootstrap server '" + address + "' is not host:port");
        }
        try {
            final int port = Integer.parseInt(address.substring(colon + 1));
            return new ServerNode(
                    id, bracketed ? host.substring(1, host.length() - 1) : host, port, ServerType.UNKNOWN);
        } catch (final NumberFormatException e) {
            throw new IllegalArgumentException("bootstrap server '" + address + "' has no port number", e);
        }
    }
}
