package dev.millrace.internal.rpc;

import com.google.protobuf.MessageLite;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One request for whose response one thread waits, the thread that makes this object. A waiter of its own instead of a
 * future: it wakes exactly one thread, runs nothing else on the reader thread, and can be given up at any moment, also
 * while another thread is about to write it. Where the response goes is up to the subclass.
 */
abstract sealed class Call implements ResponseHandler permits MessageCall, BlockCall {
    private static final int NOT_SENT = -1;

    private final Thread caller = Thread.currentThread();
    private final long startNs = System.nanoTime();
    private final Connection connection;
    private final Api api;
    private final MessageLite request;

    // The writer sets requestId, then looks at abandoned; the caller the other way round. One of them sees the other.
    private volatile int requestId = NOT_SENT;
    private volatile boolean abandoned;

    // Set, unless there is a response, by the reader thread or by whoever breaks the connection.
    private volatile @Nullable FlussException failure;

    Call(final Connection connection, final Api api, final MessageLite request) {
        this.connection = connection;
        this.api = api;
        this.request = request;
    }

    /** Writes the request. For a thread of the library. Does not throw: the caller hears of a failure. */
    final void write() {
        if (abandoned) {
            return;
        }
        try {
            final ByteBuffer[] body = {ByteBuffer.wrap(request.toByteArray())};
            requestId = connection.send(api, body, this);
            if (abandoned) {
                connection.abandon(requestId);
            }
        } catch (final FlussException e) {
            onFailure(e);
        }
    }

    /**
     * Waits for the response. For the thread that made this object.
     *
     * @throws FlussApiException the server answered with an error.
     * @throws UnsupportedOperationException the server does not serve such a request.
     * @throws RpcException the connection broke, or the deadline has passed; a late response is dropped.
     * @throws FlussInterruptedException interrupted; the flag is set, a late response is dropped.
     */
    final void awaitResponse(final long deadlineNs) {
        while (!hasResponse() && failure == null) {
            final long leftNs = deadlineNs - System.nanoTime();
            if (leftNs <= 0) {
                giveUp();
                throw new RpcException(what() + " was not answered within " + elapsedMs() + " ms");
            }
            if (caller.isInterrupted()) {
                giveUp();
                throw new FlussInterruptedException(
                        what() + " was interrupted after " + elapsedMs() + " ms; the server may have done it");
            }
            LockSupport.parkNanos(this, leftNs);
        }
        if (failure != null) {
            throw failed();
        }
    }

    /** Whether the response is there, whole. */
    abstract boolean hasResponse();

    /** The caller has left: a response that is there, or comes yet, is nobody's. */
    void drop() {}

    final boolean isAbandoned() {
        return abandoned;
    }

    /** To be called once {@link #hasResponse} is true. */
    final void wakeCaller() {
        LockSupport.unpark(caller);
    }

    @Override
    public void onFailure(final FlussException cause) {
        failure = cause;
        LockSupport.unpark(caller);
    }

    private void giveUp() {
        abandoned = true;
        final int sentAs = requestId;
        if (sentAs != NOT_SENT) {
            connection.abandon(sentAs);
        }
        drop();
    }

    private RuntimeException failed() {
        final FlussException cause = failure;
        if (cause instanceof RpcException) {
            // Many callers share the failure of a connection; each throws one of its own.
            return new RpcException(what() + " failed: " + cause.getMessage(), cause);
        }
        // Made for this call alone, by the reader thread, whose stack says nothing.
        cause.fillInStackTrace();
        return UnsupportedApi.thrown(cause);
    }

    @Override
    public String what(final Api asked) {
        return asked + RequestSubject.of(request);
    }

    final String what() {
        return what(api) + " on " + connection.peer();
    }

    private long elapsedMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs);
    }
}
