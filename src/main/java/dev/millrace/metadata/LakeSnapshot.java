package dev.millrace.metadata;

import java.util.Map;

/**
 * A snapshot of a table in the lake, and where in each bucket's log it ends. Immutable.
 *
 * @param snapshotId the number of the snapshot in the lake.
 * @param tableBucketsOffset for each bucket the log offset of the first record that is not in the snapshot; a bucket of
 *     which nothing was ever brought to the lake is missing.
 */
public record LakeSnapshot(long snapshotId, Map<TableBucket, Long> tableBucketsOffset) {
    /** Copies the map. */
    public LakeSnapshot {
        tableBucketsOffset = Map.copyOf(tableBucketsOffset);
    }
}
