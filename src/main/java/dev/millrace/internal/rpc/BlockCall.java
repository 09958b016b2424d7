package dev.millrace.internal.rpc;

import com.google.protobuf.MessageLite;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.SharedBlock;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A call whose response goes off-heap, as it is. */
final class BlockCall extends Call {
    private final ResponseMemory memory;

    // Of the reader thread: where the response is being read to.
    private @Nullable SharedBlock lent;
    private int length;

    // Whoever takes it out owns it: the caller, or the reader thread if the caller has left.
    private final AtomicReference<@Nullable SharedBlock> arrived = new AtomicReference<>();

    BlockCall(final Connection connection, final Api api, final MessageLite request, final ResponseMemory memory) {
        super(connection, api, request);
        this.memory = memory;
    }

    /**
     * Waits for the response. For the thread that made this object.
     *
     * @throws FlussApiException the server answered with an error.
     * @throws RpcException the connection broke, or the deadline has passed; a late response is dropped.
     * @throws FlussInterruptedException interrupted; the flag is set, a late response is dropped.
     * @throws BufferExhaustedException there was no memory for the response.
     */
    ResponseBlock await(final long deadlineNs) {
        awaitResponse(deadlineNs);
        final SharedBlock block = arrived.getAndSet(null);
        if (block == null) {
            throw new IllegalStateException("the response to " + what() + " was taken before");
        }
        return new ResponseBlock(block, length);
    }

    @Override
    boolean hasResponse() {
        return arrived.get() != null;
    }

    @Override
    void drop() {
        final SharedBlock late = arrived.getAndSet(null);
        if (late != null) {
            late.release();
        }
    }

    @Override
    public @Nullable ByteBuffer bodyBuffer(final int bodyLength) {
        final SharedBlock taken = memory.tryTake(bodyLength);
        lent = taken;
        return taken == null ? null : taken.bytes();
    }

    @Override
    public void onResponse(final ByteBuffer body) {
        length = body.remaining();
        final SharedBlock filled = lent;
        lent = null;
        arrived.set(filled);
        // The caller says that he leaves and then looks for the response; this thread the other way round.
        if (isAbandoned()) {
            drop();
        }
        wakeCaller();
    }

    @Override
    public void onFailure(final FlussException cause) {
        final SharedBlock unfilled = lent;
        if (unfilled != null) {
            lent = null;
            unfilled.release();
        }
        super.onFailure(cause);
    }
}
