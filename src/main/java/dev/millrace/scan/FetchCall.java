package dev.millrace.scan;

import dev.millrace.error.FlussException;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.memory.SharedBlock;
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
    private final ReadMemory memory;
    private final Thread fetcher;

    // Of the fetching thread.
    final List<Subscription> planned = new ArrayList<>();
    int maxBytes;
    long deadlineNs;
    boolean inFlight;
    private @Nullable Connection connection;
    private int requestId;

    // Written by the reader thread before it sets isDone; read by the fetching thread after it saw that.
    private @Nullable SharedBlock block;
    private int length;
    private @Nullable FlussException failure;
    private volatile boolean isDone;

    FetchCall(final ReadMemory memory, final Thread fetcher) {
        this.memory = memory;
        this.fetcher = fetcher;
    }

    /** Gets ready for another request. */
    void begin() {
        block = null;
        length = 0;
        failure = null;
        isDone = false;
        inFlight = true;
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

    @Nullable FlussException failure() {
        return failure;
    }

    /** The response; the caller becomes its holder. Null if there is none. */
    @Nullable SharedBlock takeBlock() {
        final SharedBlock taken = block;
        block = null;
        return taken;
    }

    /** Ends the request and waits for the reader thread if it is with the response right now. */
    void abandon() {
        final Connection by = connection;
        if (by != null && !isDone && !by.abandon(requestId)) {
            while (!isDone) {
                LockSupport.park(this);
            }
        }
        release();
    }

    void release() {
        final SharedBlock unread = takeBlock();
        if (unread != null) {
            unread.release();
        }
        connection = null;
        inFlight = false;
    }

    @Override
    public @Nullable ByteBuffer bodyBuffer(final int bodyLength) {
        length = bodyLength;
        final SharedBlock taken = bodyLength > memory.budgetBytes() ? null : memory.tryTake(Math.max(1, bodyLength));
        block = taken;
        return taken == null ? null : taken.bytes();
    }

    @Override
    public void onResponse(final ByteBuffer body) {
        finish();
    }

    @Override
    public void onFailure(final FlussException cause) {
        failure = cause;
        finish();
    }

    private void finish() {
        isDone = true;
        LockSupport.unpark(fetcher);
    }
}
