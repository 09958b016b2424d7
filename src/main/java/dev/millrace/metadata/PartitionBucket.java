package dev.millrace.metadata;

/**
 * A bucket of a partition, of a table that is known from elsewhere. Immutable.
 *
 * @param partitionId the number of the partition, distinct in the cluster.
 * @param bucketId from 0.
 */
public record PartitionBucket(long partitionId, int bucketId) {
    /**
     * A bucket of a partition.
     *
     * @param partitionId the number of the partition, distinct in the cluster.
     * @param bucketId from 0.
     * @return the bucket.
     */
    public static PartitionBucket of(final long partitionId, final int bucketId) {
        return new PartitionBucket(partitionId, bucketId);
    }

    @Override
    public String toString() {
        return "partition " + partitionId + " bucket " + bucketId;
    }
}
