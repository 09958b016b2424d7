package dev.millrace.internal.cluster;

import dev.millrace.metadata.TablePath;

/**
 * A partition by its number. Immutable.
 *
 * @param id distinct in the cluster; a partition that is dropped and created again gets another.
 */
public record PartitionId(TablePath table, long id) {
    @Override
    public String toString() {
        return "partition with id " + id + " of " + table;
    }
}
