package dev.millrace.scan;

import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.BucketOffsets;
import dev.millrace.internal.cluster.PartitionId;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TablePath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds and checks where the subscriptions of a scanner are to stop, and makes them stop there. */
final class StopOffsets {
    private StopOffsets() {}

    /** Stops each bucket where its log ends now. Nothing has changed if this fails. */
    static void untilLatest(final LogSource source) {
        final Map<TableBucket, Long> positions = positions(source);
        final List<TableBucket> buckets = List.copyOf(positions.keySet());
        set(source, positions, list(source.context(), buckets, BucketOffsets.LATEST));
    }

    /** Stops each bucket where it is said. Nothing has changed if this fails. */
    static void untilOffsets(final LogSource source, final Map<TableBucket, Long> stops) {
        final Map<TableBucket, Long> positions = positions(source);
        stops.forEach((bucket, stop) -> {
            if (!positions.containsKey(bucket)) {
                throw new IllegalArgumentException(source.context().describe(bucket, stop)
                        + ": there is a stopping offset, but the scanner is not subscribed to the bucket");
            }
            if (stop < 0) {
                throw new IllegalArgumentException(
                        source.context().describe(bucket, stop) + ": a stopping offset is not negative");
            }
        });
        positions.forEach((bucket, position) -> {
            if (!stops.containsKey(bucket)) {
                throw new IllegalArgumentException(source.context().describe(bucket, position)
                        + ": the scanner is subscribed to the bucket, but there is no stopping offset");
            }
        });
        set(source, positions, new LinkedHashMap<>(stops));
    }

    private static Map<TableBucket, Long> positions(final LogSource source) {
        final Map<TableBucket, Long> positions = source.positions();
        if (positions.isEmpty()) {
            throw new IllegalArgumentException("the scanner of table "
                    + source.context().table().tablePath() + " is subscribed to nothing: subscribe before reading");
        }
        return positions;
    }

    /**
     * A log that begins at its stop or behind it, because old rows were removed or there never were any, has no rows to
     * move the position to the stop. So those that are read from the beginning are looked at first.
     */
    private static void set(
            final LogSource source, final Map<TableBucket, Long> positions, final Map<TableBucket, Long> stops) {
        final List<TableBucket> fromEarliest = new ArrayList<>();
        positions.forEach((bucket, position) -> {
            if (position < 0 && stops.get(bucket) > 0) {
                fromEarliest.add(bucket);
            }
        });
        list(source.context(), fromEarliest, BucketOffsets.EARLIEST).forEach((bucket, earliest) -> {
            if (earliest >= stops.get(bucket)) {
                stops.put(bucket, 0L);
            }
        });
        source.stopAt(stops);
    }

    private static Map<TableBucket, Long> list(
            final ScanContext context, final List<TableBucket> buckets, final int type) {
        final long deadlineNs =
                System.nanoTime() + context.config().requestTimeout().toNanos();
        final Map<Record, List<TableBucket>> byPlace = new LinkedHashMap<>();
        buckets.forEach(bucket -> byPlace.computeIfAbsent(place(context, bucket), place -> new ArrayList<>())
                .add(bucket));
        final BucketOffsets offsets = new BucketOffsets(context.rpc(), context.cluster());
        final Map<TableBucket, Long> found = new LinkedHashMap<>();
        byPlace.forEach((place, there) -> {
            final List<Integer> ids = there.stream().map(TableBucket::bucketId).toList();
            final Map<Integer, Long> listed = offsets.list(place, ids, type, 0, deadlineNs);
            there.forEach(bucket -> found.put(bucket, listed.get(bucket.bucketId())));
        });
        return found;
    }

    /** What the bucket is one of. */
    private static Record place(final ScanContext context, final TableBucket bucket) {
        final TablePath table = context.table().tablePath();
        final Long partitionId = bucket.partitionId();
        return partitionId == null ? table : new PartitionId(table, partitionId);
    }

    /** Says what did not come in time. */
    static RpcException late(final LogSource source) {
        return new RpcException("nothing came within "
                + source.context().config().requestTimeout() + " while these are missing: " + source.missing());
    }
}
