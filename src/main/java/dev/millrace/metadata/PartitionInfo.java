package dev.millrace.metadata;

import org.jspecify.annotations.Nullable;

/** A partition of a table: its number and its values. Immutable. */
public final class PartitionInfo {
    private static final String NAME_SEPARATOR = "$";

    private final long partitionId;
    private final PartitionSpec partitionSpec;

    /**
     * Creates the info.
     *
     * @param partitionId the number of the partition, distinct in the cluster.
     * @param partitionSpec a value for every partition key, in the order of the keys.
     */
    public PartitionInfo(final long partitionId, final PartitionSpec partitionSpec) {
        this.partitionId = partitionId;
        this.partitionSpec = partitionSpec;
    }

    /**
     * The number of the partition.
     *
     * @return distinct in the cluster.
     */
    public long getPartitionId() {
        return partitionId;
    }

    /**
     * The name of the partition.
     *
     * @return its values in the order of the partition keys, with a dollar sign between them.
     */
    public String getPartitionName() {
        return String.join(NAME_SEPARATOR, partitionSpec.getSpecMap().values());
    }

    /**
     * The values of the partition.
     *
     * @return one for every partition key, in the order of the keys.
     */
    public PartitionSpec getPartitionSpec() {
        return partitionSpec;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof PartitionInfo that
                && partitionId == that.partitionId
                && partitionSpec.equals(that.partitionSpec);
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(partitionId) + partitionSpec.hashCode();
    }

    @Override
    public String toString() {
        return "partition " + getPartitionName() + " (id " + partitionId + ")";
    }
}
