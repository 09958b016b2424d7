package dev.millrace.metadata;

import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The latest snapshots of the buckets of a table with a primary key, or of one of its partitions. Immutable.
 *
 * @param tableId the number of the table.
 * @param partitionId the number of the partition, or null if the table is not partitioned.
 * @param bucketIds all its buckets.
 * @param snapshotIds the number of the snapshot by bucket; without the buckets that have none yet.
 * @param logOffsets by bucket the offset from which on the changelog has what the snapshot has not; without the buckets
 *     that have no snapshot yet.
 */
public record KvSnapshots(
        long tableId,
        @Nullable Long partitionId,
        Set<Integer> bucketIds,
        Map<Integer, Long> snapshotIds,
        Map<Integer, Long> logOffsets) {
    /** Copies what it is given. */
    public KvSnapshots {
        bucketIds = Set.copyOf(bucketIds);
        snapshotIds = Map.copyOf(snapshotIds);
        logOffsets = Map.copyOf(logOffsets);
    }

    /**
     * All buckets.
     *
     * @return whether they have a snapshot or not.
     */
    public Set<TableBucket> tableBuckets() {
        return bucketIds.stream()
                .map(bucket -> TableBucket.of(tableId, partitionId, bucket))
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The latest snapshot of a bucket.
     *
     * @param bucketId from 0.
     * @return its number; empty if there is none yet.
     */
    public OptionalLong snapshotId(final int bucketId) {
        return at(snapshotIds, bucketId);
    }

    /**
     * Where reading a bucket's changelog is to begin after the snapshot.
     *
     * @param bucketId from 0.
     * @return the offset; empty if there is no snapshot yet, and the whole changelog is to be read.
     */
    public OptionalLong logOffset(final int bucketId) {
        return at(logOffsets, bucketId);
    }

    private static OptionalLong at(final Map<Integer, Long> numbers, final int bucketId) {
        final Long number = numbers.get(bucketId);
        return number == null ? OptionalLong.empty() : OptionalLong.of(number);
    }
}
