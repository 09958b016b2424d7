package dev.millrace.admin;

import dev.millrace.metadata.TableBucket;
import java.util.Map;

/**
 * How far a rebalance has come. Immutable.
 *
 * @param rebalanceId which one.
 * @param status how far it has come.
 * @param progressForBucketMap the buckets that it moves; of one that was cancelled, those that it had moved.
 */
public record RebalanceProgress(
        String rebalanceId, RebalanceStatus status, Map<TableBucket, RebalanceResultForBucket> progressForBucketMap) {
    /** Copies the map. */
    public RebalanceProgress {
        progressForBucketMap = Map.copyOf(progressForBucketMap);
    }

    /**
     * The share of the buckets whose rebalance has ended, well or not.
     *
     * @return 0 to 1; 1 if there is no bucket to move.
     */
    public double progress() {
        final long ended = progressForBucketMap.values().stream()
                .filter(bucket -> bucket.status().isFinal())
                .count();
        return progressForBucketMap.isEmpty() ? 1 : (double) ended / progressForBucketMap.size();
    }
}
