package dev.millrace.scan;

import dev.millrace.error.FlussException;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.internal.metrics.FetchEvent;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.internal.rpc.ResponseHandler;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One fetch on its way, used again for the next. The connection's reader thread puts the response into memory of the read
 * pool and wakes the fetching thread; everything else is of the fetching thread.
 */
final class FetchCall implements ResponseHandler {
    private final ScanContext context;
    private final ReadMemory memory;
    private final String server;
    private final Runnable wakeFetcher;

    // Of the fetching thread.
    final List<Subscription> planned = new ArrayList<>();
    int maxBytes;
    int maxWaitMs;
    /** Whether it asks for silent buckets, so that the server may hold it back for long. */
    boolean isListening;

    long deadlineNs;
    /** When a server that is well would have answered. */
    long overdueNs;

    boolean inFlight;
    /** Whether the request was given up while the reader thread was with the response. */
    private boolean isLeft;

    private @Nullable Connection connection;
    private int requestId;

    // Written before the request is sent, read by whoever ends it.
    private long startNs;
    private @Nullable FetchEvent event;

    // Written by the reader thread before it sets isDone; read by the fetching thread after it saw that.
    private @Nullable SharedBlock block;
    private int length;
    private long refusedAfterReleases;
    private @Nullable FlussException failure;
    private volatile boolean isDone;

    FetchCall(final ScanContext context, final int serverId, final Runnable wakeFetcher) {
        this.context = context;
        this.memory = context.memory();
        this.server = "ts-" + serverId;
        this.wakeFetcher = wakeFetcher;
    }

    /** Gets ready for another request. */
    void begin() {
        block = null;
        length = 0;
        failure = null;
        isDone = false;
        inFlight = true;
    }

    /** The request is about to be sent. */
    void sending() {
        startNs = System.nanoTime();
        context.metrics().fetching();
        event = FetchEvent.isRecorded()
                ? FetchEvent.start(context.table().tablePath().toString(), server, planned.size(), maxWaitMs)
                : null;
    }

    void sent(final Connection by, final int id) {
        connection = by;
        requestId = id;
    }

    boolean isDone() {
        return isDone;
    }

    /** The length of the response; also of one that there was no memory for. */
    int length() {
        return length;
    }

    /** How often memory had come free when there was none for the response; nothing that came free later was tried. */
    long refusedAfterReleases() {
        return refusedAfterReleases;
    }

    @Nullable FlussException failure() {
        return failure;
    }

    /** The response has arrived: it stays this object's until {@link #release}, and the request is over. */
    SharedBlock hold() {
        final SharedBlock held = block;
        if (held == null) {
            throw new IllegalStateException("a response without its memory");
        }
        inFlight = false;
        return held;
    }

    /** Whether a response is held or still being read, so that this object cannot be used for another request yet. */
    boolean isHeld() {
        if (isLeft && isDone) {
            release();
        }
        return isLeft || block != null;
    }

    /**
     * Ends the request. If the reader thread is with the response right now, which of a server that stands still may take
     * long, this object is held until that is over.
     */
    void abandon() {
        final Connection by = connection;
        if (by != null && !isDone && !by.abandon(requestId)) {
            inFlight = false;
            isLeft = true;
        } else {
            if (!isDone) {
                record("given up");
            }
            release();
        }
    }

    /** As {@link #abandon}, and waits for the reader thread. */
    void end() {
        if (inFlight) {
            abandon();
        }
        while (isHeld() && !isDone) {
            LockSupport.park(this);
        }
        release();
    }

    void release() {
        final SharedBlock held = block;
        if (held != null) {
            block = null;
            held.release();
        }
        connection = null;
        inFlight = false;
        isLeft = false;
    }

    @Override
    public @Nullable ByteBuffer bodyBuffer(final int bodyLength) {
        length = bodyLength;
        final SharedBlock taken = bodyLength > memory.budgetBytes() ? null : take(Math.max(1, bodyLength));
        block = taken;
        return taken == null ? null : taken.bytes();
    }

    private @Nullable SharedBlock take(final int blockLength) {
        final SharedBlock taken = memory.tryTake(blockLength);
        if (taken != null) {
            return taken;
        }
        // Counted before the last try: what comes free right after it must not look as if it had been tried.
        refusedAfterReleases = memory.releases();
        return memory.tryTake(blockLength);
    }

    @Override
    public void onResponse(final ByteBuffer body) {
        context.metrics().fetched(System.nanoTime() - startNs, length);
        record(null);
        finish();
    }

    @Override
    public void onFailure(final FlussException cause) {
        failure = cause;
        record(cause.getMessage());
        finish();
    }

    private void record(final @Nullable String error) {
        final FetchEvent recorded = event;
        if (recorded != null) {
            event = null;
            recorded.finish(length, error);
        }
    }

    private void finish() {
        isDone = true;
        wakeFetcher.run();
    }
}
