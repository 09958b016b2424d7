package dev.millrace.admin;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.ClusterSnapshot;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whom an administrative request is sent to, and what is done when he does not answer. Every call takes the request
 * timeout at most. Safe for any number of threads.
 */
final class Servers {
    private final RpcClient rpc;
    private final Cluster cluster;
    private final long requestTimeoutNs;

    /** The first two stay the caller's. */
    Servers(final RpcClient rpc, final Cluster cluster, final Duration requestTimeout) {
        this.rpc = rpc;
        this.cluster = cluster;
        requestTimeoutNs = requestTimeout.toNanos();
    }

    /**
     * Asks a tablet server what each of them knows; a second one, with fresh metadata, when the first fails for a reason that
     * may pass.
     */
    <R> R askAny(final Api api, final MessageLite request, final Parser<R> parser) {
        final long deadlineNs = deadlineNs();
        ServerNode first = null;
        try {
            first = cluster.anyTabletServer();
            // A server that does not answer must leave time for another.
            return rpc.call(first, api, request, parser, deadlineNs - requestTimeoutNs / 2);
        } catch (final FlussException e) {
            if (!e.isRetriable()) {
                throw e;
            }
            return askAnother(first, e, api, request, parser, deadlineNs);
        }
    }

    private <R> R askAnother(
            final @Nullable ServerNode first,
            final FlussException failure,
            final Api api,
            final MessageLite request,
            final Parser<R> parser,
            final long deadlineNs) {
        try {
            cluster.refresh(List.of(), deadlineNs);
            return rpc.call(cluster.tabletServerBut(first), api, request, parser, deadlineNs);
        } catch (final FlussException e) {
            e.addSuppressed(failure);
            throw e;
        }
    }

    /** Sends the coordinator a request, once: it may change something. */
    <R> R askCoordinator(final Api api, final MessageLite request, final Parser<R> parser) {
        final long deadlineNs = deadlineNs();
        final ServerNode known = cluster.coordinator(deadlineNs);
        try {
            rpc.connection(known, deadlineNs - requestTimeoutNs / 2);
        } catch (final RpcException e) {
            // Nothing was sent yet: another server may have become the coordinator.
            final ServerNode now = cluster.refresh(List.of(), deadlineNs).coordinator();
            if (now == null || now.equals(known)) {
                throw e;
            }
        }
        return rpc.call(cluster.coordinator(deadlineNs), api, request, parser, deadlineNs);
    }

    /** Returns the coordinator, if there is one, and the tablet servers by id. */
    List<ServerNode> nodes() {
        final ClusterSnapshot snapshot = cluster.refresh(List.of(), deadlineNs());
        final List<ServerNode> nodes = new ArrayList<>();
        if (snapshot.coordinator() != null) {
            nodes.add(snapshot.coordinator());
        }
        snapshot.tabletServers().values().stream()
                .sorted(Comparator.comparingInt(ServerNode::id))
                .forEach(nodes::add);
        return List.copyOf(nodes);
    }

    /** When a call that begins now is to be over. */
    long deadlineNs() {
        return System.nanoTime() + requestTimeoutNs;
    }

    static PbTablePath message(final TablePath path) {
        return PbTablePath.newBuilder()
                .setDatabaseName(path.database())
                .setTableName(path.table())
                .build();
    }
}
