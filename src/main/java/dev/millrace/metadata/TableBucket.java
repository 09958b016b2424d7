package dev.millrace.metadata;

import org.jspecify.annotations.Nullable;

/**
 * A bucket: the part of a table, or of one of its partitions, that one server leads. Immutable.
 *
 * @param tableId the number of the table.
 * @param partitionId the number of the partition, or null if the table is not partitioned.
 * @param bucketId from 0.
 */
public record TableBucket(long tableId, @Nullable Long partitionId, int bucketId) {
    /**
     * A bucket of a table that is not partitioned.
     *
     * @param tableId the number of the table.
     * @param bucketId from 0.
     * @return the bucket.
     */
    public static TableBucket of(final long tableId, final int bucketId) {
        return new TableBucket(tableId, null, bucketId);
    }

    /**
     * A bucket of a partition.
     *
     * @param tableId the number of the table.
     * @param partitionId the number of the partition, or null if the table is not partitioned.
     * @param bucketId from 0.
     * @return the bucket.
     */
    public static TableBucket of(final long tableId, final @Nullable Long partitionId, final int bucketId) {
        return new TableBucket(tableId, partitionId, bucketId);
    }

    @Override
    public String toString() {
        return partitionId == null
                ? "table " + tableId + " bucket " + bucketId
                : "table " + tableId + " partition " + partitionId + " bucket " + bucketId;
    }
}
