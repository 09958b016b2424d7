package dev.millrace.internal.cluster;

import dev.millrace.metadata.TablePath;

/**
 * The full name of a partition. Immutable.
 *
 * @param partition the name of the partition: its values with dollar signs between them.
 */
public record PartitionPath(TablePath table, String partition) {
    @Override
    public String toString() {
        return "partition " + partition + " of " + table;
    }
}
