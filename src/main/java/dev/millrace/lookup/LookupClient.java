package dev.millrace.lookup;

import dev.millrace.Config;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.TableSchemas;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.MetricSample;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What all lookupers of a connection share: a sender for each tablet server, made when it is first needed, and the calls.
 * Threads begin with the first lookuper.
 *
 * <p>Safe for any number of threads.
 */
public final class LookupClient implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final LookupSettings settings;
    private final RpcClient rpc;
    private final Cluster cluster;
    private final LookupMetrics metrics = new LookupMetrics();
    private final LookupCalls calls = new LookupCalls(this::wakeSenders);
    private final ReentrantLock lock = new ReentrantLock();

    // changed under lock, and not written afterwards
    private volatile LookupSender[] senders = {};
    // guarded by lock
    private boolean isStarted;
    private boolean isClosed;

    /**
     * Made by {@code FlussConnection}, to which the other parts belong; not for applications.
     *
     * @param config of the connection, as are the others.
     * @param rpc stays the connection's.
     * @param cluster stays the connection's.
     */
    public LookupClient(final Config config, final RpcClient rpc, final Cluster cluster) {
        this.settings = LookupSettings.of(config);
        this.rpc = rpc;
        this.cluster = cluster;
    }

    /** A lookuper for the first time or again. */
    Lookuper newLookuper(final LookupTarget target) {
        lock.lock();
        try {
            if (isClosed) {
                throw closedException();
            }
            if (!isStarted) {
                isStarted = true;
                calls.start();
            }
        } finally {
            lock.unlock();
        }
        final TablePath table = target.table().tablePath();
        return new Lookuper(
                target,
                new LookupRows(target.table(), new TableSchemas(rpc, cluster, table)),
                new LookupRouter(this, cluster, target),
                settings,
                calls,
                metrics);
    }

    /** {@return what was counted so far, for the connection} */
    public List<MetricSample> samples() {
        return metrics.samples();
    }

    /** The one that sends to a server. */
    LookupSender sender(final ServerNode server) {
        for (final LookupSender sender : senders) {
            if (sender.serverId() == server.id()) {
                sender.relocate(server);
                return sender;
            }
        }
        return newSender(server);
    }

    private LookupSender newSender(final ServerNode server) {
        lock.lock();
        try {
            for (final LookupSender sender : senders) {
                if (sender.serverId() == server.id()) {
                    return sender;
                }
            }
            if (isClosed) {
                throw closedException();
            }
            final LookupSender made = new LookupSender(settings, rpc, server, metrics);
            final LookupSender[] with = Arrays.copyOf(senders, senders.length + 1);
            with[senders.length] = made;
            senders = with;
            made.start();
            return made;
        } finally {
            lock.unlock();
        }
    }

    private void wakeSenders() {
        for (final LookupSender sender : senders) {
            sender.wake();
        }
    }

    static IllegalStateException closedException() {
        return new IllegalStateException("the connection to the cluster is closed");
    }

    /** Ends all lookups that wait, each with an exception. Waits a few seconds at most for the threads. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (isClosed || !isStarted) {
                isClosed = true;
                return;
            }
            isClosed = true;
        } finally {
            lock.unlock();
        }
        final long deadlineNs = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        for (final LookupSender sender : senders) {
            sender.close();
        }
        calls.close(deadlineNs);
        for (final LookupSender sender : senders) {
            sender.join(deadlineNs);
        }
    }
}
