package dev.millrace.internal.cluster;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the buckets of a partition are. Immutable: the array is never written.
 *
 * @param partitionId distinct in the cluster; changes when a partition is dropped and created again.
 */
public record PartitionLocation(PartitionPath path, long tableId, long partitionId, int[] leaders)
        implements BucketLeaders {
    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof final PartitionLocation that
                && path.equals(that.path)
                && tableId == that.tableId
                && partitionId == that.partitionId
                && Arrays.equals(leaders, that.leaders);
    }

    @Override
    public int hashCode() {
        return 31 * path.hashCode() + Long.hashCode(partitionId);
    }

    @Override
    public String toString() {
        return path + " (id " + partitionId + " of table " + tableId + ", leaders " + Arrays.toString(leaders) + ")";
    }
}
