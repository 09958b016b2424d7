package dev.millrace.internal.cluster;

/** Who leads the buckets of a table, or of one of its partitions. Immutable. */
public sealed interface BucketLeaders permits TableLocation, PartitionLocation {
    /** Stands for no leader. */
    int NO_LEADER = -1;

    /** The table's number, which changes when a table is dropped and created again. */
    long tableId();

    /** The id of the leader by bucket; {@link #NO_LEADER} where there is none at present. Not to be written. */
    int[] leaders();

    /** Returns the leader of a bucket, or {@link #NO_LEADER} if it has none or there is no such bucket. */
    default int leader(final int bucketId) {
        return bucketId >= 0 && bucketId < leaders().length ? leaders()[bucketId] : NO_LEADER;
    }
}
