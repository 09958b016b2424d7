package dev.millrace.internal.memory;

import dev.millrace.internal.metrics.BackPressureEvent;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The memory for all that is read: responses, and what is decompressed out of them. One pool for a connection, shared by
 * its scanners.
 *
 * <p>What waits in a scanner for its application may fill only a part of the pool, divided evenly among the scanners. The
 * rest is for decompression and for what applications hold, so that a scanner that nobody polls does not stop the
 * others.
 *
 * <p>An application may leave results unclosed; their memory comes back when they are collected. But such results are
 * small objects with large memory behind them, and a collection may be far away. So when somebody waits for memory while
 * results are out, the collector is asked to run, at growing intervals, as the JDK does for its direct buffers.
 *
 * <p>Safe for any number of threads.
 */
public final class ReadMemory implements AutoCloseable {
    private static final String NAME = "read memory";
    private static final int CHUNK_LENGTH = 4 << 20;
    private static final int WAITING_PERCENT = 60;
    private static final int PERCENT = 100;
    private static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long FIRST_COLLECT_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LAST_COLLECT_INTERVAL_NS = TimeUnit.SECONDS.toNanos(10);

    private final OffHeapPool pool;
    // Each with how to end it when its connection closes.
    private final Set<Runnable> scanners = ConcurrentHashMap.newKeySet();
    // Results that applications got and have not closed; those that were collected unclosed are never taken off.
    private final AtomicInteger lent = new AtomicInteger();
    // Each with since when its thread waits.
    private final Map<Runnable, Watch> watchers = new ConcurrentHashMap<>();
    private final LongAdder watchedNs = new LongAdder();
    private final AtomicLong lastCollectNs = new AtomicLong(System.nanoTime() - LAST_COLLECT_INTERVAL_NS);
    // Racy by intent: two who wait at once may both double it.
    private volatile long collectIntervalNs = FIRST_COLLECT_INTERVAL_NS;

    private record Watch(long startNs, @Nullable BackPressureEvent event) {}

    /** @param budgetBytes the most that is ever taken */
    public ReadMemory(final long budgetBytes) {
        pool = new OffHeapPool(NAME, budgetBytes, (int) Math.min(budgetBytes, CHUNK_LENGTH));
    }

    /** The most that is ever taken, in bytes. */
    public long budgetBytes() {
        return pool.budgetBytes();
    }

    /** What is not taken now; a block of that size may still not be found, for the free pages need not be neighbours. */
    public long freeBytes() {
        return pool.budgetBytes() - pool.outstandingBytes();
    }

    /** How much may wait in one scanner for its application. */
    public long waitingBytes() {
        return pool.budgetBytes() / PERCENT * WAITING_PERCENT / Math.max(1, scanners.size());
    }

    /** A scanner begins; {@code end} ends it if its connection closes first. */
    public void addScanner(final Runnable end) {
        scanners.add(end);
    }

    public void removeScanner(final Runnable end) {
        scanners.remove(end);
    }

    /** Ends the scanners that are still open; before the connections that they read from are closed. */
    public void endScanners() {
        scanners.forEach(Runnable::run);
    }

    /** An application got a result. */
    public void lend() {
        lent.incrementAndGet();
    }

    /** An application closed a result. */
    public void giveBack() {
        lent.decrementAndGet();
    }

    /** Takes a block if there is one now; null if not, or if this memory is closed. For threads that must not wait. */
    public @Nullable SharedBlock tryTake(final int length) {
        final Block block;
        try {
            block = pool.tryAcquire(length);
        } catch (IllegalStateException closed) {
            return null;
        }
        return block == null ? null : new SharedBlock(block, this);
    }

    /**
     * Takes a block, waiting for it, and has unreachable results collected meanwhile.
     *
     * @return null if the deadline passed first
     * @throws IllegalArgumentException no budget of this size could ever give so much
     */
    public @Nullable SharedBlock take(final int length, final long deadlineNs) throws InterruptedException {
        final SharedBlock free = tryTake(length);
        if (free != null) {
            return free;
        }
        final BackPressureEvent wait = BackPressureEvent.start(NAME, length);
        try {
            return await(length, deadlineNs);
        } finally {
            BackPressureEvent.finish(wait);
        }
    }

    private @Nullable SharedBlock await(final int length, final long deadlineNs) throws InterruptedException {
        while (true) {
            final long nowNs = System.nanoTime();
            final long untilNs = deadlineNs - nowNs > PATIENCE_NS ? nowNs + PATIENCE_NS : deadlineNs;
            final Block block = pool.acquire(length, untilNs);
            if (block != null) {
                return new SharedBlock(block, this);
            }
            collectUnreachable();
            if (System.nanoTime() - deadlineNs >= 0) {
                return null;
            }
        }
    }

    /** Asks for a collection if results are out that may be unreachable, and if it was not done just now. */
    public void collectUnreachable() {
        if (lent.get() == 0) {
            return;
        }
        final long lastNs = lastCollectNs.get();
        final long nowNs = System.nanoTime();
        if (nowNs - lastNs < collectIntervalNs || !lastCollectNs.compareAndSet(lastNs, nowNs)) {
            return;
        }
        collectIntervalNs = Math.min(2 * collectIntervalNs, LAST_COLLECT_INTERVAL_NS);
        System.gc();
    }

    /**
     * A thread waits for memory to come free: from now on each release calls the watcher, on the thread that releases,
     * until {@link #unwatch}.
     */
    public void watch(final Runnable watcher) {
        watchers.put(watcher, new Watch(System.nanoTime(), BackPressureEvent.start(NAME, 0)));
    }

    /** The wait of this thread is over, if there was one. */
    public void unwatch(final Runnable watcher) {
        final Watch watch = watchers.remove(watcher);
        if (watch != null) {
            watchedNs.add(System.nanoTime() - watch.startNs);
            BackPressureEvent.finish(watch.event);
        }
    }

    /** How many threads wait for memory right now. */
    public int waitingThreads() {
        return watchers.size() + pool.waitingThreads();
    }

    /** How long threads have waited for memory, all together; waits that are over. */
    public long waitedNs() {
        return watchedNs.sum() + pool.waitedNs();
    }

    /** How many times memory has come back so far. */
    public long releases() {
        return pool.releases();
    }

    /** Refuses further requests; blocks that are out are freed when they are released. */
    @Override
    public void close() {
        pool.close();
    }

    void released(final boolean byCollector) {
        if (byCollector) {
            collectIntervalNs = FIRST_COLLECT_INTERVAL_NS;
        }
        if (!watchers.isEmpty()) {
            watchers.keySet().forEach(Runnable::run);
        }
    }
}
