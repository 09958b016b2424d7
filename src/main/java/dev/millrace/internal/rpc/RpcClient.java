package dev.millrace.internal.rpc;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.metrics.Samples;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.metrics.MetricSample;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a client: one to each server, made when it is first needed and again after it broke. Names are
 * resolved anew for every attempt to connect.
 *
 * <p>Safe for any number of threads, users' threads included: connecting, writing and reading is done by threads of the
 * library, and an interrupt only ends the waiting of the thread it is meant for.
 */
public final class RpcClient implements AutoCloseable {
    private static final int COORDINATOR = 1;
    private static final int TABLET_SERVER = 2;

    private final RpcSettings settings;
    private final RpcMetrics metrics = new RpcMetrics();
    private final ConcurrentHashMap<ServerNode, Attempt> attempts = new ConcurrentHashMap<>();
    private final ServerLog log = new ServerLog();
    private volatile boolean closed;

    /** Creates a client that has no connection yet. */
    public RpcClient(final RpcSettings settings) {
        this.settings = settings;
    }

    /**
     * Returns the open connection to a server, and makes it first if there is none: callers at the same time share one
     * attempt. Blocks until the deadline or the connect timeout at most.
     *
     * @throws RpcException no connection came about in time.
     * @throws FlussApiException the server refused the handshake; the credentials with an {@link
     *     dev.millrace.error.AuthenticationException}.
     * @throws UnsupportedOperationException the server cannot do what a handshake needs.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again, the attempt goes on.
     * @throws IllegalStateException this client is closed.
     */
    public Connection connection(final ServerNode node, final long deadlineNs) {
        final Attempt known = attempts.get(node);
        final Connection open = known == null ? null : known.openConnection();
        return open != null ? open : connect(node, deadlineNs);
    }

    /**
     * Sends a request and waits for its response, at most until the deadline, connecting included.
     *
     * @throws FlussApiException the server answered with an error, or refused the handshake.
     * @throws UnsupportedOperationException the server does not serve such a request, or not in a version that we speak.
     * @throws RpcException no connection, a broken connection, or no answer in time. Unless the message says that the
     *     request was not sent, the server may have done it.
     * @throws CorruptDataException the response is damaged.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again. The server may have done it.
     * @throws IllegalStateException this client is closed.
     */
    public <Q extends MessageLite, R> R call(
            final ServerNode node, final Api api, final Q request, final Parser<R> parser, final long deadlineNs) {
        final Connection connection = connection(node, deadlineNs);
        final MessageCall<R> call = new MessageCall<>(connection, api, request, parser);
        connection.submit(call);
        return call.await(deadlineNs);
    }

    /**
     * The same for a response that is bulk data: it comes off-heap, as it is.
     *
     * @param memory asked by the reader thread for memory for the response; also after this method has thrown, if the
     *     response was about to come in just then.
     * @return the response, to be released by the caller.
     * @throws BufferExhaustedException there was no memory for the response.
     * @throws FlussApiException as {@link #call(ServerNode, Api, MessageLite, Parser, long)}, and the others likewise.
     */
    public ResponseBlock call(
            final ServerNode node,
            final Api api,
            final MessageLite request,
            final ResponseMemory memory,
            final long deadlineNs) {
        final Connection connection = connection(node, deadlineNs);
        final BlockCall call = new BlockCall(connection, api, request, memory);
        connection.submit(call);
        return call.await(deadlineNs);
    }

    /** What the connections have counted so far. */
    public List<MetricSample> samples() {
        final Samples samples = new Samples();
        samples.add(
                ClientMetric.CONNECTIONS_OPEN,
                attempts.values().stream()
                        .filter(attempt -> attempt.openConnection() != null)
                        .count());
        metrics.addTo(samples);
        return samples.toList();
    }

    /** Closes the connection to a server, if there is one. Those who wait for its answers hear of it. */
    public void disconnect(final ServerNode node) {
        final Attempt attempt = attempts.remove(node);
        if (attempt != null) {
            attempt.cancel();
        }
    }

    /**
     * Closes all connections and ends all attempts to connect. Waits a few seconds at most. Idempotent. After it no
     * handler is called any more.
     */
    @Override
    public void close() {
        closed = true;
        // All are told before any is waited for, so that together they take no longer than the slowest.
        attempts.values().forEach(Attempt::cancel);
        attempts.values().forEach(Attempt::join);
        attempts.clear();
    }

    private Connection connect(final ServerNode node, final long deadlineNs) {
        final long startNs = System.nanoTime();
        final long leftNs = Math.min(deadlineNs - startNs, settings.connectTimeoutNs());
        final long ownDeadlineNs = startNs + leftNs;
        while (true) {
            final Attempt attempt = attempts.compute(
                    node, (key, known) -> known != null && known.isUseful() ? known : begin(key, ownDeadlineNs));
            forgetBroken(attempt);
            try {
                return attempt.outcome.get(ownDeadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (final ExecutionException e) {
                final boolean ranOutOfTime = attempt.deadlineNs - System.nanoTime() <= 0;
                if (!ranOutOfTime || ownDeadlineNs - System.nanoTime() <= 0) {
                    throw failed(e.getCause());
                }
                // It was the attempt of somebody with less time than we have.
            } catch (final TimeoutException e) {
                throw new RpcException("could not connect to " + nameOf(node) + " within "
                        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs) + " ms");
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new FlussInterruptedException("interrupted while connecting to " + nameOf(node));
            }
        }
    }

    /** Of a server of unknown kind only the address means anything to a reader. */
    private static String nameOf(final ServerNode node) {
        return node.serverType() == ServerType.UNKNOWN ? node.host() + ":" + node.port() : node.toString();
    }

    /** A server that came back at another address leaves its old connection behind. */
    private void forgetBroken(final Attempt wanted) {
        attempts.values().removeIf(attempt -> attempt != wanted && !attempt.isUseful());
    }

    /** Several threads may get the same failure; each throws one of its own. */
    private static RuntimeException failed(final Throwable cause) {
        if (cause instanceof UnsupportedOperationException) {
            return new UnsupportedOperationException(cause.getMessage(), cause.getCause());
        } else if (cause instanceof final FlussApiException refused) {
            return refused.again();
        } else if (cause instanceof FlussException) {
            return new RpcException(cause.getMessage(), cause);
        }
        return new IllegalStateException("connecting failed: " + cause, cause);
    }

    private Attempt begin(final ServerNode node, final long deadlineNs) {
        if (closed) {
            throw new IllegalStateException("the connection to the cluster is closed");
        }
        final Attempt attempt = new Attempt(node, deadlineNs);
        attempt.thread.start();
        return attempt;
    }

    /** One attempt to connect, and the connection that came of it. */
    private final class Attempt {
        private final ServerNode node;
        private final long deadlineNs;
        private final CompletableFuture<Connection> outcome = new CompletableFuture<>();
        private final Thread thread;

        Attempt(final ServerNode node, final long deadlineNs) {
            this.node = node;
            this.deadlineNs = deadlineNs;
            thread = Thread.ofVirtual().name("millrace-connect " + node).unstarted(this::run);
        }

        /** Returns whether it is worth waiting for: under way, or successful and not broken since. */
        boolean isUseful() {
            return !outcome.isDone() || openConnection() != null;
        }

        /** Returns the connection, or null if it is not there or broken. */
        @Nullable Connection openConnection() {
            if (!outcome.isDone() || outcome.isCompletedExceptionally()) {
                return null;
            }
            final Connection connection = outcome.join();
            return connection.isOpen() ? connection : null;
        }

        void cancel() {
            // A thread of ours in a channel that nobody else has: here an interrupt is the right tool.
            thread.interrupt();
            outcome.completeExceptionally(new RpcException("connecting to " + nameOf(node) + " was given up"));
            final Connection connection = openConnection();
            if (connection != null) {
                connection.beginClose();
            }
        }

        void join() {
            if (!outcome.isCompletedExceptionally()) {
                outcome.join().close();
            }
        }

        private void run() {
            try {
                final Connection connection = open();
                log.reached(node);
                connection.onLost(cause -> log.lost(node, cause));
                if (!outcome.complete(connection) || closed) {
                    connection.close();
                }
            } catch (final Throwable e) {
                final boolean isNews = !outcome.isDone() && !closed;
                if (isNews) {
                    log.lost(node, e);
                }
                outcome.completeExceptionally(e);
            }
        }

        private Connection open() {
            final InetAddress[] addresses;
            try {
                addresses = InetAddress.getAllByName(node.host());
            } catch (final UnknownHostException e) {
                throw new RpcException("could not connect to " + nameOf(node) + ": unknown host", e);
            }
            RpcException failure = null;
            for (int i = 0; i < addresses.length; i++) {
                // An address where nobody answers leaves the others their share of the time.
                final long nowNs = System.nanoTime();
                final long untilNs = nowNs + (deadlineNs - nowNs) / (addresses.length - i);
                try {
                    return open(new InetSocketAddress(addresses[i], node.port()), untilNs);
                } catch (final RpcException e) {
                    if (failure != null) {
                        e.addSuppressed(failure);
                    }
                    failure = e;
                }
            }
            throw failure;
        }

        private Connection open(final InetSocketAddress address, final long untilNs) {
            final Connection connection = Connection.open(nameOf(node), address, settings, metrics, untilNs);
            final boolean another = switch (connection.serverType()) {
                case COORDINATOR -> node.serverType() == ServerType.TABLET_SERVER;
                case TABLET_SERVER -> node.serverType() == ServerType.COORDINATOR_SERVER;
                default -> false;
            };
            if (another) {
                connection.close();
                throw new RpcException("another kind of server than " + node + " answers at its address");
            }
            return connection;
        }
    }
}
