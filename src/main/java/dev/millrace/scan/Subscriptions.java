package dev.millrace.scan;

import dev.millrace.metadata.PartitionBucket;
import dev.millrace.metadata.TableBucket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a scanner is subscribed to, and where that stops. For the thread inside {@link LogSource} only. */
final class Subscriptions {
    /** How many buckets a message names. */
    private static final int MAX_NAMED = 10;

    private final ScanContext context;
    private final LogFetcher fetcher;
    private final Map<TableBucket, Subscription> byBucket = new LinkedHashMap<>();
    /** Those at their stop, which end before the poll does. */
    private final List<Subscription> reached = new ArrayList<>();
    /** Whether there are stops, and no other subscriptions will be added. */
    private boolean isBounded;

    Subscriptions(final ScanContext context, final LogFetcher fetcher) {
        this.context = context;
        this.fetcher = fetcher;
    }

    void add(final Map<Integer, Long> offsets) {
        checkUnpartitioned("subscribePartition or subscribePartitionBuckets");
        final Map<TableBucket, Long> wanted = new LinkedHashMap<>();
        offsets.forEach((bucketId, offset) -> wanted.put(bucket(null, bucketId), checkOffset(bucketId, offset)));
        addAll(wanted);
    }

    void addOfPartitions(final Map<PartitionBucket, Long> offsets) {
        checkPartitioned("subscribe or subscribeBuckets");
        final Map<TableBucket, Long> wanted = new LinkedHashMap<>();
        offsets.forEach((bucket, offset) ->
                wanted.put(bucket(bucket.partitionId(), bucket.bucketId()), checkOffset(bucket.bucketId(), offset)));
        addAll(wanted);
    }

    private void addAll(final Map<TableBucket, Long> offsets) {
        checkUnbounded();
        final List<Subscription> added = new ArrayList<>(offsets.size());
        offsets.forEach((bucket, offset) -> {
            end(bucket);
            final Subscription subscription = new Subscription(bucket, offset);
            byBucket.put(bucket, subscription);
            added.add(subscription);
        });
        fetcher.add(added);
    }

    void remove(final int bucketId) {
        checkUnpartitioned("unsubscribePartition");
        end(TableBucket.of(context.table().tableId(), bucketId));
    }

    void remove(final long partitionId, final int bucketId) {
        checkPartitioned("unsubscribe");
        end(TableBucket.of(context.table().tableId(), partitionId, bucketId));
    }

    /** Where each subscribed bucket goes on. */
    Map<TableBucket, Long> positions() {
        final Map<TableBucket, Long> positions = new LinkedHashMap<>();
        byBucket.forEach((bucket, subscription) -> positions.put(bucket, subscription.offset()));
        return positions;
    }

    /**
     * Lets each subscription end where it is to stop, at once if it is there already. Others cannot be added any more.
     *
     * @param stops for each subscribed bucket the first offset that is not wanted.
     */
    void stopAt(final Map<TableBucket, Long> stops) {
        checkUnbounded();
        if (!stops.keySet().containsAll(byBucket.keySet())) {
            throw new IllegalStateException("the subscriptions of table "
                    + context.table().tablePath() + " have changed while a reader took the scanner over");
        }
        for (final Subscription subscription : byBucket.values()) {
            final long stop = stops.get(subscription.bucket);
            subscription.stopOffset = stop;
            if (Math.max(0, subscription.offset()) >= stop) {
                reached.add(subscription);
            }
        }
        isBounded = true;
        endReached();
    }

    /** What lies between the positions and the stops, for messages. */
    String missing() {
        return byBucket.values().stream()
                .map(subscription -> context.describe(subscription.bucket, subscription.offset()) + " to "
                        + (subscription.stopOffset - 1))
                .limit(MAX_NAMED)
                .collect(Collectors.joining("; ", "", byBucket.size() > MAX_NAMED ? "; and more" : ""));
    }

    /** Whether all have come to their stops. */
    boolean haveAllEnded() {
        return isBounded && byBucket.isEmpty();
    }

    private void checkUnbounded() {
        if (isBounded) {
            throw new IllegalStateException("the scanner of table "
                    + context.table().tablePath() + " belongs to a bounded reader: what it reads stays as it is");
        }
    }

    /** The bucket goes on at an offset, but not beyond its stop. */
    void moveOn(final Subscription subscription, final long nextOffset) {
        subscription.nextOffset = Math.min(nextOffset, subscription.stopOffset);
        if (subscription.isAtStop()) {
            reached.add(subscription);
        }
    }

    /** Ends those that have come to their stops. */
    void endReached() {
        if (reached.isEmpty()) {
            return;
        }
        reached.forEach(subscription -> {
            byBucket.remove(subscription.bucket, subscription);
            end(subscription);
        });
        reached.clear();
    }

    private TableBucket bucket(final @Nullable Long partitionId, final int bucketId) {
        if (bucketId < 0 || bucketId >= context.table().numBuckets()) {
            throw new IllegalArgumentException("table " + context.table().tablePath() + " has buckets 0 to "
                    + (context.table().numBuckets() - 1)
                    + (partitionId == null ? "" : " in each partition") + ", not " + bucketId);
        }
        return TableBucket.of(context.table().tableId(), partitionId, bucketId);
    }

    private static long checkOffset(final int bucketId, final long offset) {
        if (offset < 0 && offset != LogScanner.EARLIEST_OFFSET) {
            throw new IllegalArgumentException("offset " + offset + " of bucket " + bucketId
                    + " is neither an offset nor EARLIEST_OFFSET (" + LogScanner.EARLIEST_OFFSET + ")");
        }
        return offset;
    }

    private void checkUnpartitioned(final String rightCall) {
        if (context.table().isPartitioned()) {
            throw new UnsupportedOperationException("table " + context.table().tablePath()
                    + " is partitioned, so a bucket is one of a partition: use " + rightCall
                    + " with the id of the partition");
        }
    }

    private void checkPartitioned(final String rightCall) {
        if (!context.table().isPartitioned()) {
            throw new UnsupportedOperationException(
                    "table " + context.table().tablePath() + " is not partitioned: use " + rightCall);
        }
    }

    private void end(final TableBucket bucket) {
        final Subscription subscription = byBucket.remove(bucket);
        if (subscription != null) {
            end(subscription);
        }
    }

    private void end(final Subscription subscription) {
        final List<FetchedLog> dropped = fetcher.end(subscription);
        dropped.forEach(log -> log.block().release());
        final LogBatch batch = subscription.batch;
        if (batch != null) {
            subscription.batch = null;
            batch.release();
        }
        final FetchedLog current = subscription.current;
        if (current != null) {
            subscription.current = null;
            current.block().release();
        }
    }

    /** Ends all of them. */
    void clear() {
        byBucket.values().forEach(this::end);
        byBucket.clear();
    }
}
