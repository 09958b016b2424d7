package dev.millrace.scan;

import dev.millrace.internal.memory.SharedBlock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The read of one part of a remote segment, in ranges that are read at the same time, each by a virtual thread. Each of
 * them holds the block until it has ended, so that one that storage does not let go cannot write into memory of another
 * owner. All other methods are for the fetching thread.
 */
final class RemoteRead {
    final Subscription subscription;
    final RemoteLog log;
    final RemoteSegment segment;
    final SharedBlock block;
    final long deadlineNs;
    private final int position;
    private final int length;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger rangesLeft = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** @param block becomes this object's. */
    RemoteRead(
            final Subscription subscription,
            final RemoteLog log,
            final RemoteSegment segment,
            final SharedBlock block,
            final int length,
            final long deadlineNs) {
        this.subscription = subscription;
        this.log = log;
        this.segment = segment;
        this.block = block;
        this.position = segment.position;
        this.length = length;
        this.deadlineNs = deadlineNs;
    }

    int length() {
        return length;
    }

    void start(final ScanContext context, final int ranges, final String threadName, final Runnable wakeFetcher) {
        final int rangeLength = (length + ranges - 1) / ranges;
        for (int from = 0; from < length; from += rangeLength) {
            final ByteBuffer target = block.bytes().slice(from, Math.min(rangeLength, length - from));
            final long at = (long) position + from;
            threads.add(
                    Thread.ofVirtual().name(threadName).unstarted(() -> readRange(context, at, target, wakeFetcher)));
        }
        rangesLeft.set(threads.size());
        threads.forEach(thread -> {
            block.retain();
            thread.start();
        });
    }

    private void readRange(
            final ScanContext context, final long at, final ByteBuffer target, final Runnable wakeFetcher) {
        final int wanted = target.remaining();
        context.metrics().readingRemote();
        try {
            context.remoteFiles().read(segment.file, at, target);
            context.metrics().readRemote(wanted);
        } catch (Exception | Error e) {
            context.metrics().failedRemote();
            failure.compareAndSet(null, e);
        } finally {
            block.release();
            rangesLeft.decrementAndGet();
            wakeFetcher.run();
        }
    }

    /** Whether everything was read, or it is clear that it will not be. */
    boolean isDone() {
        return rangesLeft.get() == 0 || failure.get() != null;
    }

    /** Why the read failed; null if it did not. */
    @Nullable Throwable failure() {
        return failure.get();
    }

    /** Ends what is still on its way, without waiting for it, and gives up the block. */
    void release() {
        threads.forEach(Thread::interrupt);
        block.release();
    }

    /** Waits until nothing is on its way any more; false if that takes too long. */
    boolean join(final long deadlineNs) {
        boolean interrupted = false;
        boolean ended = true;
        for (final Thread thread : threads) {
            boolean joined = false;
            while (!joined) {
                try {
                    ended &= thread.join(Duration.ofNanos(Math.max(1, deadlineNs - System.nanoTime())));
                    joined = true;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return ended;
    }
}
