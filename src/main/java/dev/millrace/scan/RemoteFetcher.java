package dev.millrace.scan;

import dev.millrace.error.RemoteStorageException;
import dev.millrace.internal.memory.SharedBlock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads remote segments for the subscriptions that have some, on a virtual thread of its own, which starts with the first
 * of them. It decides what is read, takes in what was, and hands it over in the order of the log; storage is waited for by
 * the threads of {@link RemoteRead}s.
 *
 * <p>Segments are read in parts of which memory has room for, so that a segment may be larger than all memory. What is
 * read ahead of the application counts as what is fetched from leaders does.
 *
 * <p>After a failed read the bucket's leader is asked again, after a growing pause: it knows whether the segment is still
 * there, or in what other way the log goes on. Failures are bounded in number and time; then the bucket fails.
 */
final class RemoteFetcher {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteFetcher.class);
    private static final int MIN_ROOM = 64 * 1024;
    private static final int MIN_RANGE = 256 * 1024;
    private static final int MAX_FAILURES = 10;
    private static final long CLOSE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(3);

    private final LogFetcher fetcher;
    private final ScanContext context;
    private final RemoteIntake intake;
    private final String readerName;
    private final Thread thread;
    private final Runnable waker = this::wake;
    private final int maxReads;
    private final int maxRanges;
    private final int segmentsAhead;

    // Set by whoever wakes the thread, cleared by it before it looks around.
    private volatile boolean isCalled;

    // guarded by the lock of the fetcher
    private final Set<Subscription> subscriptions = new LinkedHashSet<>();
    private boolean isStarted;
    private boolean lacksMemory;

    // Of the thread.
    private final List<RemoteRead> reads = new ArrayList<>();

    RemoteFetcher(final LogFetcher fetcher, final ScanContext context) {
        this.fetcher = fetcher;
        this.context = context;
        this.intake = new RemoteIntake(context);
        this.maxReads = context.config().remoteFileDownloadThreadNum();
        this.maxRanges = context.config().scannerRemoteLogReadConcurrency();
        this.segmentsAhead = context.config().scannerRemoteLogPrefetchNum();
        this.readerName = "millrace-remote-read " + context.table().tablePath();
        this.thread = Thread.ofVirtual()
                .name("millrace-remote " + context.table().tablePath())
                .unstarted(this::run);
    }

    /** There is something to read for a bucket; for holders of the lock. */
    void begin(final Subscription subscription) {
        subscriptions.add(subscription);
        if (!isStarted && !fetcher.isClosed()) {
            isStarted = true;
            thread.start();
        }
        wake();
    }

    /** Nothing is to be read for a bucket any more; for holders of the lock. */
    void forget(final Subscription subscription) {
        if (subscriptions.remove(subscription)) {
            wake();
        }
    }

    /** The thread, if it was started; for holders of the lock. */
    @Nullable Thread thread() {
        return isStarted ? thread : null;
    }

    /** There may be something to do. For any thread. */
    void wake() {
        isCalled = true;
        LockSupport.unpark(thread);
    }

    /** Whether a read waits for memory; for holders of the lock. */
    boolean lacksMemory() {
        return lacksMemory;
    }

    private void run() {
        try {
            while (!fetcher.isClosed()) {
                isCalled = false;
                final boolean tookIn = takeIn();
                if (!ask() && !tookIn) {
                    sleep();
                }
            }
        } catch (RuntimeException | Error e) {
            fetcher.crashed(new IllegalStateException("reading remote segments failed", e));
        } finally {
            context.memory().unwatch(waker);
            endReads();
        }
    }

    private void endReads() {
        reads.forEach(RemoteRead::release);
        final long deadlineNs = System.nanoTime() + CLOSE_TIMEOUT_NS;
        for (final RemoteRead read : reads) {
            if (!read.join(deadlineNs)) {
                LOG.warn(
                        "The storage of {} does not let go of a read; its memory comes back when it does",
                        read.segment.file);
            }
        }
    }

    /** Sleeps until something arrives, is wanted or is due. */
    private void sleep() {
        final boolean watches = lacksMemory;
        if (watches) {
            // Watch first, then look again: memory that came free in between is not missed.
            context.memory().watch(waker);
        }
        try {
            if (watches && ask()) {
                return;
            }
            long untilNs = Long.MAX_VALUE;
            for (final RemoteRead read : reads) {
                untilNs = Math.min(untilNs, read.deadlineNs);
            }
            if (isCalled) {
                return;
            }
            if (untilNs == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(1, untilNs - System.nanoTime()));
            }
        } finally {
            if (watches) {
                context.memory().unwatch(waker);
            }
        }
    }

    // ---- asking --------------------------------------------------------------------------------------------------

    /** Starts a read; false if there is nothing to read, or no room for it. */
    private boolean ask() {
        if (reads.size() == maxReads) {
            return false;
        }
        final RemoteRead read = plan();
        if (read == null) {
            return false;
        }
        reads.add(read);
        final int ranges = Math.clamp((read.length() + MIN_RANGE - 1) / MIN_RANGE, 1, maxRanges);
        read.start(context, ranges, readerName, waker);
        return true;
    }

    /** The buckets take turns. */
    private @Nullable RemoteRead plan() {
        fetcher.lock().lock();
        try {
            lacksMemory = false;
            final Iterator<Subscription> each = subscriptions.iterator();
            while (each.hasNext()) {
                final Subscription subscription = each.next();
                final RemoteLog log = subscription.remote;
                if (log == null) {
                    each.remove();
                    continue;
                }
                final RemoteSegment segment = log.nextToRead(segmentsAhead);
                if (segment != null && isWanted(subscription, log)) {
                    each.remove();
                    subscriptions.add(subscription);
                    return begin(subscription, log, segment);
                }
            }
            return null;
        } finally {
            fetcher.lock().unlock();
        }
    }

    private boolean isWanted(final Subscription subscription, final RemoteLog log) {
        return subscription.bufferedBytes + log.requestedBytes < longestRead();
    }

    /** As much as a leader is asked for, in each range; and all reads together at most half of what may wait. */
    private long longestRead() {
        return Math.clamp(
                context.memory().waitingBytes() / (2L * maxReads),
                1,
                (long) maxRanges * context.config().scannerLogFetchMaxBytesForBucket());
    }

    private @Nullable RemoteRead begin(
            final Subscription subscription, final RemoteLog log, final RemoteSegment segment) {
        final int left = segment.length - segment.position;
        final int least = (int) Math.min(left, Math.min(MIN_ROOM, longestRead()));
        int length = Math.max((int) Math.min(left, Math.min(longestRead(), room())), segment.cutBatchLength);
        SharedBlock block = length < least ? null : context.memory().tryTake(length);
        if (block == null && length > least && segment.cutBatchLength == 0) {
            // The free pages may be no neighbours.
            length = least;
            block = context.memory().tryTake(length);
        }
        if (block == null) {
            lacksMemory = true;
            fetcher.signalLack();
            return null;
        }
        segment.readingTo = segment.position + length;
        log.requestedBytes += length;
        fetcher.addRequested(length);
        final long deadlineNs =
                System.nanoTime() + context.config().requestTimeout().toNanos();
        return new RemoteRead(subscription, log, segment, block, length, deadlineNs);
    }

    private long room() {
        return fetcher.isEmpty()
                ? Math.min(context.memory().waitingBytes(), context.memory().freeBytes())
                : fetcher.room();
    }

    // ---- taking in -----------------------------------------------------------------------------------------------

    /** Takes in reads that have ended or whose time is over; false if there were none. */
    private boolean takeIn() {
        boolean any = false;
        for (final Iterator<RemoteRead> each = reads.iterator(); each.hasNext(); ) {
            final RemoteRead read = each.next();
            final boolean isLate = System.nanoTime() - read.deadlineNs >= 0;
            if (read.isDone() || isLate || !isStillWanted(read)) {
                each.remove();
                takeIn(read, isLate);
                any = true;
            }
        }
        return any;
    }

    private boolean isStillWanted(final RemoteRead read) {
        fetcher.lock().lock();
        try {
            return isWanted(read);
        } finally {
            fetcher.lock().unlock();
        }
    }

    private static boolean isWanted(final RemoteRead read) {
        final Subscription subscription = read.subscription;
        return !subscription.ended
                && subscription.failure == null
                && subscription.remote == read.log
                && read.log.contains(read.segment);
    }

    private void takeIn(final RemoteRead read, final boolean isLate) {
        final boolean isComplete = read.isDone();
        final Throwable cause = isComplete || !isLate
                ? read.failure()
                : new TimeoutException(
                        "the storage did not answer within " + context.config().requestTimeout());
        if (isComplete && cause == null) {
            intake.read(read);
        }
        final List<FetchedLog> dropped;
        fetcher.lock().lock();
        try {
            read.log.requestedBytes -= read.length();
            fetcher.addRequested(-read.length());
            read.segment.readingTo = 0;
            if (!isWanted(read)) {
                dropped = List.of();
            } else if (cause == null) {
                dropped = arrive(read);
            } else {
                dropped = fail(read, cause);
            }
        } finally {
            fetcher.lock().unlock();
        }
        read.release();
        dropped.forEach(log -> log.block().release());
    }

    private List<FetchedLog> arrive(final RemoteRead read) {
        final Subscription subscription = read.subscription;
        final RemoteSegment segment = read.segment;
        segment.position += intake.to;
        segment.nextOffset = intake.nextOffset;
        segment.cutBatchLength = intake.cutBatchLength;
        segment.failure = intake.failure;
        if (intake.to > intake.from) {
            final int length = intake.to - intake.from;
            fetcher.addBuffered(subscription, length);
            segment.ready.add(new FetchedLog(read.block.retain(), intake.from, length, false));
        }
        if (segment == read.log.current()) {
            if (subscription.remoteSucceeded()) {
                LOG.info("Reading goes on: {}", segment.file);
            }
        }
        return handOver(subscription, read.log);
    }

    /** Gives the polling thread what is due; returns what nobody will want any more. */
    private List<FetchedLog> handOver(final Subscription subscription, final RemoteLog log) {
        RemoteSegment segment;
        while ((segment = log.current()) != null) {
            FetchedLog ready;
            while ((ready = segment.ready.poll()) != null) {
                fetcher.publish(subscription, ready);
            }
            if (segment.failure != null) {
                return giveUp(subscription, log, segment.failure);
            }
            if (!segment.isRead()) {
                return List.of();
            }
            log.goOn();
        }
        fetcher.remoteEnded(subscription, log.reachedOffset());
        return List.of();
    }

    private List<FetchedLog> giveUp(
            final Subscription subscription, final RemoteLog log, final RuntimeException cause) {
        final List<FetchedLog> dropped = drop(subscription, log.cutOff());
        fetcher.publishFailure(subscription, cause);
        return dropped;
    }

    private List<FetchedLog> drop(final Subscription subscription, final List<FetchedLog> dropped) {
        dropped.forEach(log -> fetcher.addBuffered(subscription, -log.length()));
        return dropped;
    }

    private List<FetchedLog> fail(final RemoteRead read, final Throwable cause) {
        final Subscription subscription = read.subscription;
        final RemoteLog log = read.log;
        if (read.segment != log.current()) {
            LOG.debug("Reading {} later", read.segment.file, cause);
            return drop(subscription, log.cutOff(read.segment));
        }
        subscription.remoteFailed();
        if (isLasting(subscription, cause)) {
            return giveUp(subscription, log, storageFailure(read, cause));
        }
        if (subscription.isFirstTrouble()) {
            LOG.warn("Reading {} again until it succeeds: {}", read.segment.file, String.valueOf(cause));
        } else {
            LOG.debug("Reading {} again: {}", read.segment.file, String.valueOf(cause));
        }
        final long nextOffset = log.nextFetchOffset();
        final List<FetchedLog> dropped = drop(subscription, log.cutOff());
        fetcher.retryLater(subscription, cause);
        fetcher.remoteEnded(subscription, nextOffset);
        return dropped;
    }

    private boolean isLasting(final Subscription subscription, final Throwable cause) {
        return cause instanceof RemoteStorageException
                || subscription.remoteFailures() >= MAX_FAILURES
                || subscription.remoteFailingNs()
                        >= 2 * context.config().requestTimeout().toNanos();
    }

    private RemoteStorageException storageFailure(final RemoteRead read, final Throwable cause) {
        final String attempts = cause instanceof RemoteStorageException
                ? ""
                : ", tried " + read.subscription.remoteFailures() + " times in "
                        + TimeUnit.NANOSECONDS.toMillis(read.subscription.remoteFailingNs()) + " ms";
        return new RemoteStorageException(
                context.describe(read.subscription.bucket, read.log.reachedOffset()) + ": the remote segment "
                        + read.segment.file + " cannot be read" + attempts + ": " + cause,
                cause);
    }
}
