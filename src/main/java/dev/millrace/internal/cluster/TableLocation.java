package dev.millrace.internal.cluster;

import dev.millrace.metadata.TablePath;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the buckets of a table are. Immutable: the array is never written.
 *
 * @param tableId changes when a table is dropped and created again.
 * @param schemaId the latest schema.
 * @param leaders the id of the tablet server that leads each bucket, by bucket; {@link #NO_LEADER} where there is none
 *     at present. Empty for a partitioned table, whose buckets belong to its partitions.
 */
public record TableLocation(TablePath path, long tableId, int schemaId, int[] leaders) implements BucketLeaders {
    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof final TableLocation that
                && path.equals(that.path)
                && tableId == that.tableId
                && schemaId == that.schemaId
                && Arrays.equals(leaders, that.leaders);
    }

    @Override
    public int hashCode() {
        return 31 * path.hashCode() + Long.hashCode(tableId);
    }

    @Override
    public String toString() {
        return path + " (id " + tableId + ", schema " + schemaId + ", leaders " + Arrays.toString(leaders) + ")";
    }
}
