package dev.millrace.internal.rpc;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.OffHeap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One socket to one server, in blocking mode, where an interrupt of a thread inside the channel closes it for everybody.
 * Only threads of the library, which nobody interrupts, touch it:
 *
 * <ul>
 *   <li>those that call {@link #send}: one at a time writes;
 *   <li>a writer thread, for the calls of users' threads (see {@link RpcClient#call});
 *   <li>a reader thread, which hands the responses, in whatever order they come, to their handlers;
 *   <li>a watcher, which breaks the connection if the peer owes an answer and has sent nothing at all for the silence
 *       timeout. That also ends a write that the peer does not take.
 * </ul>
 *
 * The three threads are virtual (the reader a platform thread where the settings say so) and live as long as the
 * connection. While nothing is owed, all sleep without a timer.
 *
 * <p>Once broken (by the peer, by damage, by {@link #close}) a connection stays broken: every handler that still waits
 * hears of it once, and {@code send} throws.
 *
 * <p>Safe for any number of threads. Lock order: write lock, then the lock of the pending responses; handlers are called
 * under neither.
 */
public final class Connection implements AutoCloseable {
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final String peer;
    private final SocketChannel channel;
    private final RpcMetrics metrics;
    private final PendingResponses pending = new PendingResponses();
    private final ResponseReader responses;
    private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();
    private final long silenceTimeoutNs;
    private final Thread reader;
    private final Thread writer;
    private final Thread watcher;

    private final ReentrantLock writeLock = new ReentrantLock();

    // guarded by writeLock
    private final ByteBuffer header = OffHeap.allocate(RequestLayout.HEADER_LENGTH);
    private final MutableDirectBuffer headerView = OffHeap.wrap(header, 0, RequestLayout.HEADER_LENGTH);
    private @Nullable ByteBuffer[] gather = new ByteBuffer[8];
    private int nextRequestId;

    // written by the opening thread only, before it publishes the connection
    private ApiVersions versions = ApiVersions.BEFORE_HANDSHAKE;
    private int serverType;

    // written under writeLock, read by the watcher
    private volatile long sent;
    private volatile long owedSinceNs;

    // Who hears of it if the connection breaks while it owes answers; nobody once it is being closed.
    private volatile @Nullable Consumer<RpcException> onLost;

    // Set by the watcher before it sleeps without a timer, cleared by the writer that wakes it.
    private volatile boolean watcherSleeps;

    private Connection(
            final String peer, final SocketChannel channel, final RpcSettings settings, final RpcMetrics metrics) {
        this.peer = peer;
        this.channel = channel;
        this.metrics = metrics;
        responses = new ResponseReader(peer, channel, settings.maxResponseLength(), pending);
        silenceTimeoutNs = settings.silenceTimeoutNs();
        reader = (settings.hasPlatformReaders() ? Thread.ofPlatform().daemon() : Thread.ofVirtual())
                .name("millrace-reader " + peer)
                .unstarted(this::read);
        writer = Thread.ofVirtual().name("millrace-writer " + peer).unstarted(this::writeCalls);
        watcher = Thread.ofVirtual().name("millrace-watcher " + peer).unstarted(this::watch);
    }

    /**
     * Connects and shakes hands. Blocks at most until the deadline. For threads that no user interrupts.
     *
     * @param peer how to call the server in messages.
     * @param address where it listens; must be resolved.
     * @param deadlineNs on the clock of {@link System#nanoTime()}.
     * @throws RpcException no connection came about in time.
     * @throws FlussApiException the server refused the handshake.
     */
    public static Connection open(
            final String peer, final InetSocketAddress address, final RpcSettings settings, final long deadlineNs) {
        return open(peer, address, settings, new RpcMetrics(), deadlineNs);
    }

    /** The same, counting in the metrics of a client. */
    static Connection open(
            final String peer,
            final InetSocketAddress address,
            final RpcSettings settings,
            final RpcMetrics metrics,
            final long deadlineNs) {
        final Connection connection = new Connection(peer, connect(peer, address, deadlineNs), settings, metrics);
        connection.reader.start();
        connection.writer.start();
        connection.watcher.start();
        try {
            new Handshake(connection, settings, deadlineNs).run();
            return connection;
        } catch (final RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private static SocketChannel connect(final String peer, final InetSocketAddress address, final long deadlineNs) {
        final long startNs = System.nanoTime();
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            // Rounded up: whoever sees this fail for lack of time must find the deadline passed.
            final long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - startNs) + 1;
            // The socket's own view of the channel is the only way to connect with a timeout in blocking mode.
            channel.socket().connect(address, Math.clamp(leftMs, 1, Integer.MAX_VALUE));
            return channel;
        } catch (final IOException e) {
            final RpcException failure = new RpcException(
                    "could not connect to " + peer + " in " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs)
                            + " ms: " + describe(e),
                    e);
            closeQuietly(channel, failure);
            throw failure;
        }
    }

    /**
     * Writes a request: header and body leave with one gathering write where the socket takes them, without a copy of
     * direct buffers. For threads of the library only. Blocks while the socket takes nothing, until the peer reads on or
     * the silence timeout breaks the connection.
     *
     * @param body read completely during the call; what is between position and limit of each buffer is sent, and the
     *     positions are moved. After an exception the positions are undefined.
     * @param handler is told the outcome, possibly before this method returns.
     * @return the id to {@link #abandon} the request with, 0 or more.
     * @throws RpcException the connection is broken; the handler is not called. How much of the request arrived is not
     *     known.
     * @throws FlussApiException the server does not serve this request; nothing was sent, the handler is not called.
     */
    public int send(final Api api, final ByteBuffer[] body, final ResponseHandler handler) {
        final int version = versions.version(api, peer);
        final int bodyLength = lengthOf(api, body);
        final int requestId;
        final IOException failure;
        writeLock.lock();
        try {
            requestId = nextRequestId;
            nextRequestId = requestId + 1 & Integer.MAX_VALUE;
            final FlussException closedBy =
                    pending.add(requestId, new Pending(api, handler, metrics.of(api), peer, bodyLength));
            if (closedBy != null) {
                throw new RpcException(api + " was not sent: " + closedBy.getMessage(), closedBy);
            }
            RequestLayout.putHeader(headerView, 0, bodyLength, api.key(), version, requestId);
            beginToOwe();
            failure = write(body);
        } finally {
            writeLock.unlock();
        }
        if (failure != null) {
            final Pending unsent = pending.take(requestId);
            final RpcException cause = lost(peer, failure);
            fail(cause);
            if (unsent != null) {
                unsent.abandon(cause.getMessage());
                throw new RpcException(api + " was cut off: " + cause.getMessage(), cause);
            }
        }
        return requestId;
    }

    /** Has the writer thread write a call. Never blocks; the call hears of a failure. */
    void submit(final Call call) {
        calls.add(call);
        if (!isOpen()) {
            // The writer may have gone through the queue for the last time before the call got there.
            drainCalls();
        }
    }

    /**
     * Forgets a request, so that a late response is read and dropped.
     *
     * @return true if the handler will not be called any more and memory it lent is its own. False if it is too late:
     *     it was called, or is being given the response at this moment and will be called soon.
     */
    public boolean abandon(final int requestId) {
        final Pending request = pending.take(requestId);
        if (request != null) {
            request.abandon("given up");
        }
        return request != null;
    }

    /** Returns whether requests may be sent. A connection may break at any time after the answer. */
    public boolean isOpen() {
        return pending.closedBy() == null;
    }

    /** Returns how the server is called in messages. */
    public String peer() {
        return peer;
    }

    /** Returns what the server says it is: 1 coordinator, 2 tablet server, 0 if it does not say. */
    public int serverType() {
        return serverType;
    }

    /** Returns how many handlers wait for an answer. */
    public int pendingCount() {
        return pending.size();
    }

    /**
     * Breaks the connection: whoever waits for an answer hears of it. Waits a few seconds at most for the threads of the
     * connection, after which no handler is called any more. Idempotent; not for handlers.
     */
    @Override
    public void close() {
        beginClose();
        final long deadlineNs = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        for (final Thread thread : List.of(reader, writer, watcher)) {
            Uninterruptibly.join(thread, deadlineNs);
        }
    }

    /** Has it said to the listener, once, if the connection breaks, and is not closed, while it owes answers. */
    void onLost(final Consumer<RpcException> listener) {
        onLost = listener;
    }

    /** Breaks the connection without waiting for its threads. */
    void beginClose() {
        onLost = null;
        fail(new RpcException("connection to " + peer + " was closed"));
    }

    /** Ends the handshake; called once by the opening thread. */
    void established(final ApiVersions settled, final int announcedType) {
        versions = settled;
        serverType = announcedType;
    }

    static RpcException lost(final String peer, final IOException e) {
        return new RpcException("connection to " + peer + " was lost: " + describe(e), e);
    }

    private static String describe(final IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static int lengthOf(final Api api, final ByteBuffer[] body) {
        long length = 0;
        for (final ByteBuffer part : body) {
            length += part.remaining();
        }
        if (length > RequestLayout.MAX_BODY_LENGTH) {
            throw new IllegalArgumentException(
                    api + " of " + length + " bytes, limit " + RequestLayout.MAX_BODY_LENGTH);
        }
        return (int) length;
    }

    /** Counts a request that is about to be written. Called under writeLock. */
    private void beginToOwe() {
        if (sent == responses.received()) {
            owedSinceNs = System.nanoTime();
        }
        sent = sent + 1; // no lost update: writeLock
        if (watcherSleeps) {
            watcherSleeps = false;
            LockSupport.unpark(watcher);
        }
    }

    /** Writes header and body. Returns what broke the connection, or null. Called under writeLock. */
    private @Nullable IOException write(final ByteBuffer[] body) {
        final int count = body.length + 1;
        if (gather.length < count) {
            gather = new ByteBuffer[Math.max(count, 2 * gather.length)];
        }
        final ByteBuffer[] parts = gather;
        parts[0] = header.clear();
        System.arraycopy(body, 0, parts, 1, body.length);
        try {
            int first = 0;
            while (first < count) {
                channel.write(parts, first, count - first); // may be partial
                while (first < count && !parts[first].hasRemaining()) {
                    first++;
                }
            }
            return null;
        } catch (final IOException e) {
            return e;
        } finally {
            Arrays.fill(parts, 0, count, null);
        }
    }

    private void writeCalls() {
        try {
            while (isOpen()) {
                calls.take().write();
            }
        } catch (final InterruptedException e) {
            // fail() ends this thread so; nobody else can reach it.
        }
        drainCalls();
    }

    /** Gives every queued call to a connection that is broken, so that each hears why. */
    private void drainCalls() {
        for (Call call = calls.poll(); call != null; call = calls.poll()) {
            call.write();
        }
    }

    private void read() {
        fail(responses.readUntilBroken());
    }

    private void watch() {
        while (isOpen()) {
            final long owed = sent - responses.received();
            if (owed == 0) {
                watcherSleeps = true;
                if (sent == responses.received() && isOpen()) {
                    LockSupport.park(this);
                }
                watcherSleeps = false;
            } else {
                final long nowNs = System.nanoTime();
                final long silentNs = Math.min(nowNs - owedSinceNs, nowNs - responses.lastReadNs());
                if (silentNs >= silenceTimeoutNs) {
                    fail(new RpcException(peer + " owes " + owed + " answers and has sent nothing for "
                            + TimeUnit.NANOSECONDS.toMillis(silentNs) + " ms"));
                } else {
                    LockSupport.parkNanos(this, silenceTimeoutNs - silentNs);
                }
            }
        }
    }

    /** Breaks the connection, if it is not broken yet, and tells all that wait. Each is told, whatever the others do. */
    private void fail(final RpcException cause) {
        final List<Pending> waiting = pending.close(cause);
        closeQuietly(channel, cause);
        final Consumer<RpcException> listener = onLost;
        if (listener != null && !waiting.isEmpty()) {
            listener.accept(cause);
        }
        LockSupport.unpark(watcher);
        writer.interrupt();
        RuntimeException broken = null;
        for (final Pending request : waiting) {
            try {
                request.fail(cause);
            } catch (final RuntimeException e) {
                if (broken == null) {
                    broken = e;
                } else {
                    broken.addSuppressed(e);
                }
            }
        }
        if (broken != null) {
            throw broken;
        }
    }

    private static void closeQuietly(final @Nullable SocketChannel channel, final RpcException reason) {
        if (channel != null) {
            try {
                channel.close();
            } catch (final IOException e) {
                reason.addSuppressed(e);
            }
        }
    }
}
