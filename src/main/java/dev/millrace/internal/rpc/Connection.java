package dev.millrace.internal.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.rpc.PendingResponses.Pending;
import dev.millrace.internal.rpc.proto.ErrorResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One socket to one server. Requests are written by the threads that call {@link #send}, one at a time; a virtual thread
 * of the connection reads the responses, in whatever order they come, and hands each to its handler.
 *
 * <p>The channel is in blocking mode, where an interrupt of a thread inside it closes it for everybody. So {@code send}
 * is for threads of the library, which nobody interrupts; a user's thread goes through {@link RpcClient#call}.
 *
 * <p>Once broken (by the peer, by damage, by {@link #close}) a connection stays broken: every handler that still waits
 * hears of it once, and {@code send} throws. A second virtual thread watches: a peer that owes an answer, but has sent
 * nothing for the silence timeout, breaks the connection too. That also ends a write that the peer does not take. While
 * nothing is owed this thread sleeps without a timer.
 *
 * <p>Safe for any number of threads. Lock order: write lock, then the lock of the pending responses; handlers are called
 * under neither.
 */
public final class Connection implements AutoCloseable {
    private static final int MAX_ERROR_LENGTH = 1 << 20;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final String peer;
    private final SocketChannel channel;
    private final PendingResponses pending = new PendingResponses();
    private final FrameReader frames;
    private final long silenceTimeoutNs;
    private final Thread reader;
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

    // written by the reader thread only, read by writers and the watcher
    private volatile long received;

    // Set by the watcher before it sleeps without a timer, cleared by the writer that wakes it.
    private volatile boolean watcherSleeps;

    // Used by the reader thread only: who was promised the response that is being read.
    private @Nullable Pending current;

    private Connection(final String peer, final SocketChannel channel, final RpcSettings settings) {
        this.peer = peer;
        this.channel = channel;
        frames = new FrameReader(channel, settings.maxResponseLength());
        silenceTimeoutNs = settings.silenceTimeoutNs();
        reader = Thread.ofVirtual().name("millrace-reader " + peer).unstarted(this::read);
        watcher = Thread.ofVirtual().name("millrace-watcher " + peer).unstarted(this::watch);
    }

    /**
     * Connects and shakes hands. Blocks at most until the deadline. For threads that nobody interrupts.
     *
     * @param peer how to call the server in messages.
     * @param address where it listens; must be resolved.
     * @param deadlineNs on the clock of {@link System#nanoTime()}.
     * @throws RpcException no connection came about in time.
     * @throws FlussApiException the server refused the handshake.
     */
    public static Connection open(
            final String peer, final InetSocketAddress address, final RpcSettings settings, final long deadlineNs) {
        final Connection connection = new Connection(peer, connect(peer, address, deadlineNs), settings);
        connection.reader.start();
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
            final long leftMs = TimeUnit.NANOSECONDS.toMillis(deadlineNs - startNs);
            // The socket's own view of the channel is the only way to connect with a timeout in blocking mode.
            channel.socket().connect(address, Math.clamp(leftMs, 1, Integer.MAX_VALUE));
            return channel;
        } catch (final IOException e) {
            final RpcException failure = new RpcException(
                    "could not connect to " + peer + " after "
                            + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs) + " ms: " + e.getMessage(),
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
     * @return the id to {@link #abandon} the request with.
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
            final FlussException closedBy = pending.add(requestId, new Pending(api, handler));
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
            final boolean handlerKnows = pending.take(requestId) == null;
            final RpcException cause = lost(failure);
            fail(cause);
            if (!handlerKnows) {
                throw new RpcException(api + " was cut off: " + cause.getMessage(), cause);
            }
        }
        return requestId;
    }

    /**
     * Forgets a request, so that a late response is read and dropped.
     *
     * @return true if the handler will not be called any more and memory it lent is its own. False if it is too late:
     *     it was called, or is being given the response at this moment and will be called soon.
     */
    public boolean abandon(final int requestId) {
        return pending.take(requestId) != null;
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

    /** Returns how many requests wait for an answer. */
    public int pendingCount() {
        return pending.size();
    }

    /**
     * Breaks the connection: whoever waits for an answer hears of it. Waits a few seconds at most for the reader thread,
     * after which no handler is called any more. Idempotent; not for handlers.
     */
    @Override
    public void close() {
        fail(new RpcException("connection to " + peer + " was closed"));
        if (Thread.currentThread() != reader) {
            Uninterruptibly.join(reader, CLOSE_TIMEOUT);
        }
    }

    /** Ends the handshake; called once by the opening thread. */
    void established(final ApiVersions settled, final int announcedType) {
        versions = settled;
        serverType = announcedType;
    }

    private void beginToOwe() {
        if (sent == received) {
            owedSinceNs = System.nanoTime();
        }
        // No lost update: only the holder of writeLock writes it.
        sent = sent + 1;
        if (watcherSleeps) {
            watcherSleeps = false;
            LockSupport.unpark(watcher);
        }
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

    /** Writes header and body. Returns what broke the connection, or null. Called under writeLock. */
    @SuppressWarnings("NullAway") // the first `count` elements are set
    private @Nullable IOException write(final ByteBuffer[] body) {
        final int count = body.length + 1;
        if (gather.length < count) {
            gather = new ByteBuffer[Math.max(count, 2 * gather.length)];
        }
        gather[0] = header.clear();
        System.arraycopy(body, 0, gather, 1, body.length);
        try {
            int first = 0;
            while (first < count) {
                channel.write(gather, first, count - first);
                while (first < count && !gather[first].hasRemaining()) {
                    first++;
                }
            }
            return null;
        } catch (final IOException e) {
            return e;
        } finally {
            Arrays.fill(gather, 0, count, null);
        }
    }

    private void read() {
        FlussException cause;
        try (frames) {
            while (frames.next()) {
                dispatch();
                // No lost update: only this thread writes it.
                received = received + 1;
            }
            cause = new RpcException(peer + " closed the connection");
        } catch (final IOException e) {
            cause = lost(e);
        } catch (final CorruptDataException e) {
            cause = new RpcException(peer + " sent what is no response, connection closed: " + e.getMessage(), e);
        } catch (final FlussApiException e) {
            cause = new RpcException(peer + " gave up the connection: " + e.getMessage(), e);
        } catch (final RuntimeException e) {
            cause = new RpcException("connection to " + peer + " closed, a response handler failed: " + e, e);
        }
        final Pending promised = current;
        current = null;
        try {
            if (promised != null) {
                promised.handler().onFailure(cause);
            }
        } finally {
            fail(cause);
        }
    }

    private void dispatch() throws IOException {
        switch (frames.type()) {
            case ResponseLayout.SUCCESS -> succeed();
            case ResponseLayout.ERROR -> refuse();
            default -> throw readError("connection");
        }
    }

    private void succeed() throws IOException {
        final Pending request = pending.take(frames.requestId());
        if (request == null) {
            frames.skipBody();
            return;
        }
        current = request;
        final int length = frames.bodyLength();
        final ByteBuffer body = request.handler().bodyBuffer(length);
        if (body == null) {
            frames.skipBody();
            current = null;
            request.handler()
                    .onFailure(new BufferExhaustedException(
                            "no memory for the response of " + length + " bytes to " + request.api() + " by " + peer));
        } else {
            frames.readBody(body);
            current = null;
            request.handler().onResponse(body);
        }
    }

    private void refuse() throws IOException {
        final Pending request = pending.take(frames.requestId());
        if (request == null) {
            frames.skipBody();
            return;
        }
        current = request;
        final FlussApiException error = readError(request.api().toString());
        current = null;
        request.handler().onFailure(error);
    }

    private FlussApiException readError(final String what) throws IOException {
        final int length = frames.bodyLength();
        if (length > MAX_ERROR_LENGTH) {
            throw new CorruptDataException("error response of " + length + " bytes, limit " + MAX_ERROR_LENGTH);
        }
        final ByteBuffer body = ByteBuffer.allocate(length);
        frames.readBody(body);
        try {
            final ErrorResponse error = ErrorResponse.parseFrom(body);
            final FlussError known = FlussError.forCode(error.getErrorCode());
            final String text = error.hasErrorMessage() ? error.getErrorMessage() : known.name();
            return new FlussApiException(known, error.getErrorCode(), what + " by " + peer + ": " + text);
        } catch (final InvalidProtocolBufferException e) {
            throw new CorruptDataException("error response that is no ErrorResponse: " + e.getMessage(), e);
        }
    }

    private void watch() {
        while (isOpen()) {
            if (sent == received) {
                watcherSleeps = true;
                if (sent == received && isOpen()) {
                    LockSupport.park(this);
                }
                watcherSleeps = false;
            } else {
                final long nowNs = System.nanoTime();
                final long silentNs = Math.min(nowNs - owedSinceNs, nowNs - frames.lastReadNs());
                if (silentNs >= silenceTimeoutNs) {
                    fail(new RpcException(peer + " owes " + (sent - received) + " answers and has sent nothing for "
                            + TimeUnit.NANOSECONDS.toMillis(silentNs) + " ms"));
                } else {
                    LockSupport.parkNanos(this, silenceTimeoutNs - silentNs);
                }
            }
        }
    }

    private RpcException lost(final IOException e) {
        final String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return new RpcException("connection to " + peer + " was lost: " + text, e);
    }

    /** Breaks the connection, if it is not broken yet, and tells all that wait. Every handler is told, whatever others do. */
    private void fail(final FlussException cause) {
        RuntimeException broken = null;
        final var abandoned = pending.close(cause);
        LockSupport.unpark(watcher);
        closeQuietly(channel, cause);
        for (final Pending request : abandoned) {
            try {
                request.handler().onFailure(cause);
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

    private static void closeQuietly(final @Nullable SocketChannel channel, final FlussException reason) {
        if (channel != null) {
            try {
                channel.close();
            } catch (final IOException e) {
                reason.addSuppressed(e);
            }
        }
    }
}
