package dev.millrace.internal.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A block of {@link ReadMemory} with several holders: the last one that lets go gives it back to the pool.
 *
 * <p>A holder may forget to let go, as applications do with results. Then the block goes back when nothing reaches this
 * object any more. So whoever reads the memory must keep this object reachable until the read is done, a
 * {@link java.lang.ref.Reference#reachabilityFence} included.
 *
 * <p>Safe for any number of threads.
 */
public final class SharedBlock {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final VarHandle HOLDERS;

    static {
        try {
            HOLDERS = MethodHandles.lookup().findVarHandle(SharedBlock.class, "holders", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Release release;
    private final Cleaner.Cleanable cleanable;
    private final UnsafeBuffer buffer;
    private final ByteBuffer bytes;
    private final int length;

    // accessed through HOLDERS
    @SuppressWarnings("FieldMayBeFinal")
    private volatile int holders = 1;

    SharedBlock(final Block block, final ReadMemory memory) {
        this.buffer = block.buffer();
        this.length = block.length();
        this.bytes = block.slice(0, length);
        this.release = new Release(block, memory);
        this.cleanable = CLEANER.register(this, release);
    }

    /** The block's bytes. Owned by the block: callers wrap their own, not this one anew. */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /** The same bytes for channels and checksums; position and limit belong to whoever fills or checks the block. */
    public ByteBuffer bytes() {
        return bytes;
    }

    public int length() {
        return length;
    }

    /** Adds a holder; for one who holds the block or knows that somebody does. */
    public SharedBlock retain() {
        if ((int) HOLDERS.getAndAdd(this, 1) <= 0) {
            throw new IllegalStateException("a block was retained after its release");
        }
        return this;
    }

    /** Lets go; the last one gives the block back. */
    public void release() {
        final int before = (int) HOLDERS.getAndAdd(this, -1);
        if (before == 1) {
            release.byHolder = true;
            cleanable.clean();
        } else if (before < 1) {
            throw new IllegalStateException("a block was released more often than it was held");
        }
    }

    /** Runs once: by the last holder, or by the cleaner's thread, when nobody can hold the block any more. */
    private static final class Release implements Runnable {
        private final Block block;
        private final ReadMemory memory;
        // Written by the last holder before it cleans; never, if the cleaner's thread does.
        private boolean byHolder;

        Release(final Block block, final ReadMemory memory) {
            this.block = block;
            this.memory = memory;
        }

        @Override
        public void run() {
            block.release();
            memory.released(!byHolder);
        }
    }
}
