package dev.millrace.internal.rpc;

import dev.millrace.error.FlussException;
import dev.millrace.internal.metrics.RpcEvent;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits for its response: what was asked, who wants to know, and what is counted of it. Whoever takes it
 * out of the {@link PendingResponses} ends it, with one of the methods for that.
 */
final class Pending {
    private final Api api;
    private final ResponseHandler handler;
    private final RpcMetrics.OfApi metrics;
    private final String peer;
    private final int length;
    private long startNs;
    private @Nullable RpcEvent event;

    Pending(
            final Api api,
            final ResponseHandler handler,
            final RpcMetrics.OfApi metrics,
            final String peer,
            final int length) {
        this.api = api;
        this.handler = handler;
        this.metrics = metrics;
        this.peer = peer;
        this.length = length;
    }

    Api api() {
        return api;
    }

    ResponseHandler handler() {
        return handler;
    }

    /** It is about to be written. */
    void begin() {
        startNs = System.nanoTime();
        metrics.requests.increment();
        metrics.inFlight.increment();
        metrics.bytesSent.add(length);
        event = RpcEvent.start(metrics.label, peer, length);
    }

    /** The response is there, whole. */
    void succeed(final ByteBuffer body) {
        final int received = body.remaining();
        countResponse(received);
        end(received, null);
        handler.onResponse(body);
    }

    /** There is a response, but no success. */
    void refuse(final FlussException cause, final int received) {
        countResponse(received);
        metrics.errors.increment();
        end(received, cause.getMessage());
        handler.onFailure(cause);
    }

    /** There will be no response. */
    void fail(final FlussException cause) {
        abandon(cause.getMessage());
        handler.onFailure(cause);
    }

    /** Nobody waits for the response any more, and the handler is not told. */
    void abandon(final @Nullable String reason) {
        metrics.errors.increment();
        end(0, reason);
    }

    private void countResponse(final int received) {
        metrics.responses.increment();
        metrics.bytesReceived.add(received);
        metrics.latency.record(System.nanoTime() - startNs);
    }

    private void end(final int received, final @Nullable String failure) {
        metrics.inFlight.decrement();
        final RpcEvent recorded = event;
        if (recorded != null) {
            recorded.finish(received, failure);
        }
    }
}
