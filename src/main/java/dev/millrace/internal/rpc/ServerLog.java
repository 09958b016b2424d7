package dev.millrace.internal.rpc;

import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log once when a server of the cluster is gone while it owes answers, or cannot be connected to, however often that
 * is tried, and once when it can be again, here or elsewhere. Of a bootstrap address the caller hears by an exception. Safe
 * for any number of threads.
 */
final class ServerLog {
    private static final Logger LOG = LoggerFactory.getLogger(RpcClient.class);

    private final Map<Server, Long> lostAtNs = new ConcurrentHashMap<>();

    /** A server wherever it is: it may come back at another address. */
    private record Server(ServerType type, int id) {
        static Server of(final ServerNode node) {
            return new Server(node.serverType(), node.id());
        }
    }

    void lost(final ServerNode node, final Throwable cause) {
        final boolean isKnown = node.serverType() != ServerType.UNKNOWN;
        if (isKnown && lostAtNs.putIfAbsent(Server.of(node), System.nanoTime()) == null) {
            LOG.warn("Server lost: {}", cause.getMessage());
        }
    }

    void reached(final ServerNode node) {
        final Long atNs = lostAtNs.remove(Server.of(node));
        if (atNs != null) {
            LOG.info("Server back after {} ms: {}", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - atNs), node);
        }
    }
}
