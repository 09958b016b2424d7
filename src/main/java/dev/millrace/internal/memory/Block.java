package dev.millrace.internal.memory;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A run of off-heap memory out of an {@link OffHeapPool}, with exactly one owner at any time.
 *
 * <p>The owner gives it back once, by {@link #release()}; a second release throws. After the release {@link #buffer()}
 * covers nothing, so that a late access through it meets a bounds check and not somebody else's bytes. The content of
 * a fresh block is undefined. Not safe for threads without a happens-before edge between two owners.
 */
public final class Block {
    private final OffHeapPool pool;
    private final UnsafeBuffer buffer;
    // The run's place: changed under the pool's lock only.
    OffHeapPool.Chunk chunk;
    int firstPage;
    int pages;
    private int length;

    Block(
            final OffHeapPool pool,
            final OffHeapPool.Chunk chunk,
            final int firstPage,
            final int pages,
            final int length) {
        this.pool = pool;
        this.chunk = chunk;
        this.firstPage = firstPage;
        this.pages = pages;
        this.length = length;
        this.buffer = OffHeap.wrap(chunk.memory, offset(), length);
    }

    /** The block's bytes, from 0 to {@link #length()}. Owned by the block: callers wrap their own, not this one anew. */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    /** The length asked for, in bytes; the pool counts it rounded up to whole pages. */
    public int length() {
        return length;
    }

    /** A view of {@code [from, from + count)} for channels; borrows the memory, valid until the release. */
    public ByteBuffer slice(final int from, final int count) {
        if (from < 0 || count < 0 || from > length - count) {
            throw new IndexOutOfBoundsException("from=" + from + ", count=" + count + ", length=" + length);
        }
        return chunk.memory.slice(offset() + from, count);
    }

    /** Gives the tail beyond {@code newLength} back to the pool; the bytes before it stay as they are. */
    public void shrink(final int newLength) {
        if (newLength < 1 || newLength > length) {
            throw new IllegalArgumentException("newLength=" + newLength + ", length=" + length);
        }
        pool.shrink(this, newLength);
        length = newLength;
        buffer.wrap(chunk.memory, offset(), newLength);
    }

    /** Gives the whole block back. */
    public void release() {
        buffer.wrap(0, 0);
        pool.release(this);
    }

    private int offset() {
        return firstPage * OffHeapPool.PAGE_LENGTH;
    }
}
