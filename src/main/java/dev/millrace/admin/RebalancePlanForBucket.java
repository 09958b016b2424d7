package dev.millrace.admin;

import dev.millrace.metadata.TableBucket;
import java.util.List;

/**
 * Where a rebalance moves a bucket. Immutable.
 *
 * @param tableBucket which bucket.
 * @param originalLeader the id of the server that led it; -1 for none.
 * @param newLeader the id of the server that is to lead it; -1 for none.
 * @param originReplicas the ids of the servers that held it.
 * @param newReplicas the ids of the servers that are to hold it.
 */
public record RebalancePlanForBucket(
        TableBucket tableBucket,
        int originalLeader,
        int newLeader,
        List<Integer> originReplicas,
        List<Integer> newReplicas) {
    /** Copies the lists. */
    public RebalancePlanForBucket {
        originReplicas = List.copyOf(originReplicas);
        newReplicas = List.copyOf(newReplicas);
    }

    /**
     * Tells whether another server is to lead the bucket.
     *
     * @return true if the leader changes; false if only replicas move.
     */
    public boolean isLeaderChanged() {
        return originalLeader != newLeader;
    }
}
