package dev.millrace.internal.memory;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Off-heap memory within a hard budget, handed out in {@link Block}s of whole pages.
 *
 * <p>Memory comes from the JVM in chunks, when it is first needed, and goes back when the pool closes or when another
 * chunk size is needed and the budget leaves no room beside empty chunks. Within a chunk the first run of free pages
 * that is long enough is taken, and neighbouring free runs are joined at once. All chunks together never exceed the
 * budget.
 *
 * <p>Safe for any number of threads. Whoever must wait is served in the order of arrival: a large request is not
 * starved by small ones that come later. {@link #tryAcquire} never waits, and never overtakes a waiter.
 */
public final class OffHeapPool implements AutoCloseable {
    /** Blocks are counted in pages of so many bytes. */
    public static final int PAGE_LENGTH = 4096;

    private static final AtomicLong TOTAL_OUTSTANDING = new AtomicLong();

    private final String name;
    private final long budgetBytes;
    private final int chunkLength;
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private final List<Chunk> chunks = new ArrayList<>();
    private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();
    // Those who want to know of a release without taking memory.
    private final List<Waiter> observers = new ArrayList<>();
    private long chunkBytes;
    private long outstandingBytes;
    private long releases;
    private long waitedNs;
    private boolean closed;

    /**
     * @param name for messages
     * @param budgetBytes the most that this pool ever takes from the JVM
     * @param chunkLength how much it takes at a time, in bytes; a larger block gets a chunk of its own size
     */
    public OffHeapPool(final String name, final long budgetBytes, final int chunkLength) {
        if (budgetBytes < PAGE_LENGTH || chunkLength < PAGE_LENGTH) {
            throw new IllegalArgumentException(
                    "a pool needs at least one page: budgetBytes=" + budgetBytes + ", chunkLength=" + chunkLength);
        }
        OffHeap.ensureAvailable();
        this.name = name;
        this.budgetBytes = budgetBytes / PAGE_LENGTH * PAGE_LENGTH;
        this.chunkLength = (int) Math.min(pagesFor(chunkLength) * (long) PAGE_LENGTH, this.budgetBytes);
    }

    /** Bytes in blocks that are not released yet, over all pools of the JVM; zero when everything is closed. */
    public static long totalOutstandingBytes() {
        return TOTAL_OUTSTANDING.get();
    }

    /** The most that this pool takes, in bytes. */
    public long budgetBytes() {
        return budgetBytes;
    }

    /** Bytes in blocks that are not released yet, in whole pages. */
    public long outstandingBytes() {
        lock.lock();
        try {
            return outstandingBytes;
        } finally {
            lock.unlock();
        }
    }

    /** How many threads wait for a block right now. */
    public int waitingThreads() {
        lock.lock();
        try {
            return waiters.size();
        } finally {
            lock.unlock();
        }
    }

    /** How long threads have waited for blocks, all together; waits that are over. */
    public long waitedNs() {
        lock.lock();
        try {
            return waitedNs;
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody waits for memory right now. */
    public boolean isContended() {
        lock.lock();
        try {
            return !waiters.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a block if there is room for it now and nobody waits.
     *
     * @return null if there is not
     * @throws IllegalStateException the pool is closed
     */
    public @Nullable Block tryAcquire(final int length) {
        lock.lock();
        try {
            return waiters.isEmpty() ? allocate(length) : null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a block, waiting until there is room.
     *
     * @param deadlineNs a point of {@link System#nanoTime()}
     * @return null if the deadline passed first
     * @throws InterruptedException if the thread is interrupted while it waits; nothing was taken
     * @throws IllegalStateException the pool is closed
     */
    public @Nullable Block acquire(final int length, final long deadlineNs) throws InterruptedException {
        lock.lock();
        try {
            if (waiters.isEmpty()) {
                final Block block = allocate(length);
                if (block != null) {
                    return block;
                }
            }
            return await(new Waiter(length, lock.newCondition()), deadlineNs);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until a block is released after {@code seenReleases}, a result of {@link #releases()}.
     *
     * @return false if the deadline passed first
     */
    public boolean awaitRelease(final long seenReleases, final long deadlineNs) throws InterruptedException {
        lock.lock();
        try {
            final Waiter waiter = new Waiter(0, lock.newCondition());
            while (releases == seenReleases && !closed) {
                final long remainingNs = deadlineNs - System.nanoTime();
                if (remainingNs <= 0) {
                    return false;
                }
                observers.add(waiter);
                try {
                    waiter.served.awaitNanos(remainingNs);
                } finally {
                    observers.remove(waiter);
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** How many times memory has come back so far. */
    public long releases() {
        lock.lock();
        try {
            return releases;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Refuses further requests, wakes all who wait, and frees what is not in use; blocks still out are freed when they
     * are released.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            waiters.forEach(waiter -> waiter.served.signal());
            waiters.clear();
            observers.forEach(observer -> observer.served.signal());
            freeEmptyChunks(0);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        lock.lock();
        try {
            return name + "[outstanding=" + outstandingBytes + ", allocated=" + chunkBytes + ", budget=" + budgetBytes
                    + ", waiting=" + waiters.size() + "]";
        } finally {
            lock.unlock();
        }
    }

    void release(final Block block) {
        lock.lock();
        try {
            if (block.pages == 0) {
                throw new IllegalStateException("block of " + name + " released twice");
            }
            final int pages = block.pages;
            block.pages = 0;
            giveBack(block.chunk, block.firstPage, pages);
        } finally {
            lock.unlock();
        }
    }

    void shrink(final Block block, final int newLength) {
        final int keep = pagesFor(newLength);
        lock.lock();
        try {
            if (keep < block.pages) {
                giveBack(block.chunk, block.firstPage + keep, block.pages - keep);
                block.pages = keep;
            }
        } finally {
            lock.unlock();
        }
    }

    private void giveBack(final Chunk chunk, final int firstPage, final int pages) {
        chunk.free(firstPage, pages);
        count(-(long) pages * PAGE_LENGTH);
        releases++;
        observers.forEach(observer -> observer.served.signal());
        if (closed) {
            freeEmptyChunks(0);
        } else {
            serveWaiters();
        }
    }

    private void serveWaiters() {
        Waiter head;
        while ((head = waiters.peek()) != null) {
            head.block = allocate(head.length);
            if (head.block == null) {
                return;
            }
            waiters.poll();
            head.served.signal();
        }
    }

    private @Nullable Block await(final Waiter waiter, final long deadlineNs) throws InterruptedException {
        final long startNs = System.nanoTime();
        waiters.add(waiter);
        try {
            while (waiter.block == null) {
                final long remainingNs = deadlineNs - System.nanoTime();
                if (remainingNs <= 0) {
                    return null;
                }
                waiter.served.awaitNanos(remainingNs);
                if (closed) {
                    throw closedException();
                }
            }
            final Block block = waiter.block;
            waiter.block = null;
            return block;
        } finally {
            waitedNs += System.nanoTime() - startNs;
            if (waiter.block != null) {
                // Served and interrupted (or closed) at once: what was granted goes back.
                waiter.block.release();
            } else if (waiters.remove(waiter)) {
                serveWaiters();
            }
        }
    }

    private @Nullable Block allocate(final int length) {
        if (closed) {
            throw closedException();
        }
        final int pages = pagesFor(length);
        if (length < 1 || (long) pages * PAGE_LENGTH > budgetBytes) {
            throw new IllegalArgumentException("a block of " + length + " bytes does not fit the budget of " + name
                    + ": " + budgetBytes + " bytes");
        }
        for (int i = 0; i < chunks.size(); i++) {
            final int firstPage = chunks.get(i).take(pages);
            if (firstPage >= 0) {
                return granted(chunks.get(i), firstPage, pages, length);
            }
        }
        final Chunk chunk = newChunk(pages);
        return chunk == null ? null : granted(chunk, chunk.take(pages), pages, length);
    }

    private @Nullable Chunk newChunk(final int pages) {
        final long needed = (long) pages * PAGE_LENGTH;
        if (chunkBytes + needed > budgetBytes) {
            freeEmptyChunks(budgetBytes - needed);
            if (chunkBytes + needed > budgetBytes) {
                return null;
            }
        }
        final int bytes = (int) Math.max(needed, Math.min(chunkLength, budgetBytes - chunkBytes));
        final ByteBuffer memory;
        try {
            memory = OffHeap.allocate(bytes);
        } catch (OutOfMemoryError e) {
            // The JVM gives less than the budget allows: what there is will have to do, if there is any.
            if (chunks.isEmpty()) {
                throw e;
            }
            return null;
        }
        final Chunk chunk = new Chunk(memory, bytes / PAGE_LENGTH);
        chunks.add(chunk);
        chunkBytes += bytes;
        return chunk;
    }

    private Block granted(final Chunk chunk, final int firstPage, final int pages, final int length) {
        count((long) pages * PAGE_LENGTH);
        return new Block(this, chunk, firstPage, pages, length);
    }

    private void freeEmptyChunks(final long untilChunkBytes) {
        for (int i = chunks.size() - 1; i >= 0 && chunkBytes > untilChunkBytes; i--) {
            final Chunk chunk = chunks.get(i);
            if (chunk.isEmpty()) {
                chunks.remove(i);
                chunkBytes -= (long) chunk.pages * PAGE_LENGTH;
                OffHeap.free(chunk.memory);
            }
        }
    }

    private void count(final long bytes) {
        outstandingBytes += bytes;
        TOTAL_OUTSTANDING.addAndGet(bytes);
    }

    private IllegalStateException closedException() {
        return new IllegalStateException(name + " is closed");
    }

    private static int pagesFor(final int length) {
        return (length + PAGE_LENGTH - 1) >>> 12;
    }

    /** One who waits; guarded by the pool's lock. The one who releases memory serves him and then signals. */
    private static final class Waiter {
        final int length;
        final Condition served;

        @Nullable Block block;

        Waiter(final int length, final Condition served) {
            this.length = length;
            this.served = served;
        }
    }

    /** Memory taken from the JVM in one piece, and its free runs in ascending order; guarded by the pool's lock. */
    static final class Chunk {
        final ByteBuffer memory;
        final int pages;
        private int[] runStart = new int[8];
        private int[] runPages = new int[8];
        private int runs;

        Chunk(final ByteBuffer memory, final int pages) {
            this.memory = memory;
            this.pages = pages;
            insert(0, 0, pages);
        }

        boolean isEmpty() {
            return runs == 1 && runPages[0] == pages;
        }

        /** Takes the first run that is long enough; -1 if there is none. */
        int take(final int wanted) {
            for (int i = 0; i < runs; i++) {
                if (runPages[i] >= wanted) {
                    final int first = runStart[i];
                    runStart[i] += wanted;
                    runPages[i] -= wanted;
                    if (runPages[i] == 0) {
                        remove(i);
                    }
                    return first;
                }
            }
            return -1;
        }

        void free(final int first, final int count) {
            final int found = Arrays.binarySearch(runStart, 0, runs, first);
            final int at = found >= 0 ? found : -found - 1;
            final boolean joinsLeft = at > 0 && runStart[at - 1] + runPages[at - 1] == first;
            final boolean joinsRight = at < runs && first + count == runStart[at];
            if (joinsLeft) {
                runPages[at - 1] += count;
                if (joinsRight) {
                    runPages[at - 1] += runPages[at];
                    remove(at);
                }
            } else if (joinsRight) {
                runStart[at] = first;
                runPages[at] += count;
            } else {
                insert(at, first, count);
            }
        }

        private void insert(final int at, final int first, final int count) {
            if (runs == runStart.length) {
                runStart = Arrays.copyOf(runStart, runs * 2);
                runPages = Arrays.copyOf(runPages, runs * 2);
            }
            System.arraycopy(runStart, at, runStart, at + 1, runs - at);
            System.arraycopy(runPages, at, runPages, at + 1, runs - at);
            runStart[at] = first;
            runPages[at] = count;
            runs++;
        }

        private void remove(final int at) {
            runs--;
            System.arraycopy(runStart, at + 1, runStart, at, runs - at);
            System.arraycopy(runPages, at + 1, runPages, at, runs - at);
        }
    }
}
