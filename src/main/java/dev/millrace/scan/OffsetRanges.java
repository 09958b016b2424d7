package dev.millrace.scan;

import dev.millrace.OffsetReset;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.internal.cluster.BucketOffsets;
import dev.millrace.internal.cluster.PartitionId;
import dev.millrace.metadata.TablePath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what it means that a server does not have the offset that is due in a bucket: asks the leader for the range of
 * its log, on a virtual thread that lives while there are such buckets. They are not fetched for meanwhile.
 *
 * <p>A server that has just become the leader may say so although it will have the offset a moment later. So a bucket is
 * fetched again, after growing pauses, until enough answers agree; more of them if this scanner has read up to the offset,
 * for then the log had it.
 */
final class OffsetRanges {
    private static final Logger LOG = LoggerFactory.getLogger(OffsetRanges.class);

    private static final int ENOUGH = 2;
    private static final int ENOUGH_AFTER_READING = 4;
    private static final long LONG_ENOUGH_AFTER_READING_NS = TimeUnit.SECONDS.toNanos(1);
    /** So often a server may refuse an offset that its log has. */
    private static final int MAX_CONTRADICTIONS = 8;

    private final LogFetcher fetcher;
    private final ScanContext context;
    private final BucketOffsets offsets;

    // guarded by the lock of the fetcher
    private final List<Subscription> asked = new ArrayList<>();
    private boolean isRunning;

    OffsetRanges(final LogFetcher fetcher) {
        this.fetcher = fetcher;
        this.context = fetcher.context();
        this.offsets = new BucketOffsets(context.rpc(), context.cluster());
    }

    /** A server refused the offset that is due: looks for the range. For holders of the lock. */
    void ask(final Subscription subscription) {
        subscription.refused();
        asked.add(subscription);
        if (!isRunning) {
            isRunning = true;
            fetcher.startAsking("ranges", this::run);
        }
    }

    private void run() {
        for (List<Subscription> next = next(); !next.isEmpty(); next = next()) {
            // The one who refused may not be the leader any more.
            context.cluster().invalidate(context.table().tablePath());
            byPartition(next).forEach(this::look);
        }
    }

    /** Those that are to be looked at; the thread ends when there are none. */
    private List<Subscription> next() {
        fetcher.lock().lock();
        try {
            final List<Subscription> next = fetcher.isClosed() ? List.of() : List.copyOf(asked);
            asked.clear();
            isRunning = !next.isEmpty();
            return next;
        } finally {
            fetcher.lock().unlock();
        }
    }

    /** Under the partition's id, or that of a table without partitions, which is null. */
    private static Map<@Nullable Long, List<Subscription>> byPartition(final List<Subscription> subscriptions) {
        final Map<@Nullable Long, List<Subscription>> parts = new HashMap<>();
        for (final Subscription subscription : subscriptions) {
            parts.computeIfAbsent(subscription.bucket.partitionId(), id -> new ArrayList<>())
                    .add(subscription);
        }
        return parts;
    }

    private void look(final @Nullable Long partitionId, final List<Subscription> subscriptions) {
        final TablePath table = context.table().tablePath();
        Map<Integer, Range> ranges = Map.of();
        RuntimeException failure = null;
        try {
            ranges = ranges(partitionId == null ? table : new PartitionId(table, partitionId), subscriptions);
        } catch (FlussInterruptedException e) {
            throw e;
        } catch (FlussException | IllegalStateException | IllegalArgumentException | UnsupportedOperationException e) {
            failure = e;
        }
        fetcher.lock().lock();
        try {
            for (final Subscription subscription : subscriptions) {
                if (!subscription.ended && subscription.failure == null) {
                    final Range range = ranges.get(subscription.bucket.bucketId());
                    settle(subscription, range, failure);
                }
            }
        } finally {
            fetcher.lock().unlock();
        }
        fetcher.wakeRouter();
    }

    /**
     * What the log of a bucket has.
     *
     * @param latest exclusive; a fetch may be for it, and waits then.
     */
    private record Range(long earliest, long latest) {
        boolean has(final long offset) {
            return offset == LogScanner.EARLIEST_OFFSET || (earliest <= offset && offset <= latest);
        }

        @Override
        public String toString() {
            return "[" + earliest + ", " + latest + ")";
        }
    }

    private Map<Integer, Range> ranges(final Record place, final List<Subscription> subscriptions) {
        final long deadlineNs =
                System.nanoTime() + context.config().requestTimeout().toNanos();
        final Set<Integer> buckets = new TreeSet<>();
        subscriptions.forEach(subscription -> buckets.add(subscription.bucket.bucketId()));
        final Map<Integer, Long> earliest = offsets.list(place, buckets, BucketOffsets.EARLIEST, 0, deadlineNs);
        final Map<Integer, Long> latest = offsets.list(place, buckets, BucketOffsets.LATEST, 0, deadlineNs);
        final Map<Integer, Range> ranges = new HashMap<>();
        earliest.forEach((bucketId, offset) -> ranges.put(bucketId, new Range(offset, latest.get(bucketId))));
        return ranges;
    }

    private void settle(
            final Subscription subscription, final @Nullable Range range, final @Nullable RuntimeException failure) {
        if (range != null && isConfirmed(subscription, range)) {
            end(subscription, range);
        } else if (failure == null || failure instanceof final FlussException passing && passing.isRetriable()) {
            LOG.debug("Fetching {} again, the log has {}", subscription.bucket, range, failure);
            fetcher.leaderLost(subscription, failure);
        } else {
            fetcher.publishFailure(subscription, failure);
        }
    }

    private static boolean isConfirmed(final Subscription subscription, final Range range) {
        if (range.has(subscription.fetchOffset)) {
            return subscription.refusals() >= MAX_CONTRADICTIONS;
        }
        if (!subscription.hasRead()) {
            return subscription.refusals() >= ENOUGH;
        }
        return subscription.refusals() >= ENOUGH_AFTER_READING
                && System.nanoTime() - subscription.refusedSinceNs() >= LONG_ENOUGH_AFTER_READING_NS;
    }

    /** The bucket cannot be read on from the offset. */
    private void end(final Subscription subscription, final Range range) {
        final OffsetReset reset = context.config().scannerLogOffsetReset();
        if (reset == OffsetReset.NONE || range.has(subscription.fetchOffset)) {
            fetcher.publishFailure(subscription, outOfRange(subscription, range));
            return;
        }
        final long target = reset == OffsetReset.EARLIEST ? range.earliest() : range.latest();
        LOG.warn(
                "{} is out of range {}: goes on at {} (scannerLogOffsetReset={})",
                context.describe(subscription.bucket, subscription.fetchOffset),
                range,
                target,
                reset);
        fetcher.publishJump(subscription, target);
    }

    private OffsetOutOfRangeException outOfRange(final Subscription subscription, final Range range) {
        final long offset = subscription.fetchOffset;
        final String what = range.has(offset)
                ? ": refused " + subscription.refusals() + " times as out of range, although the log has "
                : offset < range.earliest()
                        ? ": retention has deleted what was there, the log has "
                        : ": the log does not reach so far, it has ";
        return new OffsetOutOfRangeException(
                subscription.bucket,
                offset,
                range.earliest(),
                range.latest(),
                context.describe(subscription.bucket, offset) + what + range
                        + "; subscribe anew at one of these, or set scannerLogOffsetReset");
    }
}
