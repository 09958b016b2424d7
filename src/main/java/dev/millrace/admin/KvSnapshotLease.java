package dev.millrace.admin;

import dev.millrace.error.FlussApiException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.AcquireKvSnapshotLeaseRequest;
import dev.millrace.internal.rpc.proto.AcquireKvSnapshotLeaseResponse;
import dev.millrace.internal.rpc.proto.DropKvSnapshotLeaseRequest;
import dev.millrace.internal.rpc.proto.DropKvSnapshotLeaseResponse;
import dev.millrace.internal.rpc.proto.PbKvSnapshotLeaseForBucket;
import dev.millrace.internal.rpc.proto.PbKvSnapshotLeaseForTable;
import dev.millrace.internal.rpc.proto.PbTableBucket;
import dev.millrace.internal.rpc.proto.ReleaseKvSnapshotLeaseRequest;
import dev.millrace.internal.rpc.proto.ReleaseKvSnapshotLeaseResponse;
import dev.millrace.metadata.TableBucket;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keeps snapshots of key-value stores from being deleted while somebody reads them. A cluster deletes a snapshot when there are
 * newer ones, unless a lease holds it. The lease lies on the cluster, under its name: whoever makes one of the same name
 * goes on with it. It ends when it is dropped, or was not renewed for as long as it says.
 *
 * <p>Safe for any number of threads. Every method asks the coordinator, blocks and throws as the methods of {@link FlussAdmin}
 * do. There is nothing to close; a lease that is no longer needed should be dropped, for the sake of the storage.
 */
public final class KvSnapshotLease {
    private final Servers servers;
    private final String leaseId;
    private final Duration leaseDuration;

    KvSnapshotLease(final Servers servers, final String leaseId, final Duration leaseDuration) {
        if (leaseDuration.toMillis() <= 0) {
            throw new IllegalArgumentException(
                    "Lease '" + leaseId + "' must last for a millisecond at least, not " + leaseDuration);
        }
        this.servers = servers;
        this.leaseId = leaseId;
        this.leaseDuration = leaseDuration;
    }

    /** {@return the name of the lease} */
    public String leaseId() {
        return leaseId;
    }

    /** {@return how long the lease lasts after {@link #acquireSnapshots} or {@link #renew}} */
    public Duration leaseDuration() {
        return leaseDuration;
    }

    /**
     * Adds snapshots to the lease, and renews it. The lease holds one snapshot a bucket: another one takes its place.
     *
     * @param snapshotIds the snapshots by bucket, as {@link FlussAdmin#getLatestKvSnapshots} tells them; not empty.
     * @return those that could not be had, since they are deleted already; the others are held. A 0.9.1 server does not look
     *     whether they are, and always returns none.
     * @throws IllegalArgumentException no snapshot is given.
     * @throws FlussApiException NON_PRIMARY_KEY_TABLE_EXCEPTION, or UNKNOWN_TABLE_OR_BUCKET_EXCEPTION: there is no such
     *     table.
     */
    public Map<TableBucket, Long> acquireSnapshots(final Map<TableBucket, Long> snapshotIds) {
        if (snapshotIds.isEmpty()) {
            throw new IllegalArgumentException("Lease '" + leaseId + "' needs a snapshot to hold; see renew");
        }
        final Map<Long, PbKvSnapshotLeaseForTable.Builder> tables = new TreeMap<>();
        snapshotIds.forEach((bucket, snapshotId) -> tables.computeIfAbsent(
                        bucket.tableId(),
                        table -> PbKvSnapshotLeaseForTable.newBuilder().setTableId(table))
                .addBucketSnapshots(message(bucket, snapshotId)));
        final AcquireKvSnapshotLeaseRequest.Builder request = newRequest();
        tables.values().forEach(request::addSnapshotsToLease);
        return read(acquire(request));
    }

    /** Makes the lease last for its duration from now on. One that has ended meanwhile is made anew, and holds nothing. */
    public void renew() {
        acquire(newRequest());
    }

    /**
     * Lets go of the snapshots of some buckets; with the last one the lease ends. Buckets of which it holds none are no error.
     *
     * @param bucketsToRelease the buckets.
     * @throws FlussApiException as {@link #acquireSnapshots}.
     */
    public void releaseSnapshots(final Collection<TableBucket> bucketsToRelease) {
        final ReleaseKvSnapshotLeaseRequest.Builder request =
                ReleaseKvSnapshotLeaseRequest.newBuilder().setLeaseId(leaseId);
        for (final TableBucket bucket : bucketsToRelease) {
            final PbTableBucket.Builder message =
                    PbTableBucket.newBuilder().setTableId(bucket.tableId()).setBucketId(bucket.bucketId());
            if (bucket.partitionId() != null) {
                message.setPartitionId(bucket.partitionId());
            }
            request.addBucketsToRelease(message);
        }
        servers.askCoordinator(Api.RELEASE_KV_SNAPSHOT_LEASE, request.build(), ReleaseKvSnapshotLeaseResponse.parser());
    }

    /** Ends the lease: all its snapshots are let go of. One that has ended already is no error. */
    public void dropLease() {
        servers.askCoordinator(
                Api.DROP_KV_SNAPSHOT_LEASE,
                DropKvSnapshotLeaseRequest.newBuilder().setLeaseId(leaseId).build(),
                DropKvSnapshotLeaseResponse.parser());
    }

    private AcquireKvSnapshotLeaseRequest.Builder newRequest() {
        return AcquireKvSnapshotLeaseRequest.newBuilder()
                .setLeaseId(leaseId)
                .setLeaseDurationMs(leaseDuration.toMillis());
    }

    private AcquireKvSnapshotLeaseResponse acquire(final AcquireKvSnapshotLeaseRequest.Builder request) {
        return servers.askCoordinator(
                Api.ACQUIRE_KV_SNAPSHOT_LEASE, request.build(), AcquireKvSnapshotLeaseResponse.parser());
    }

    private static PbKvSnapshotLeaseForBucket message(final TableBucket bucket, final long snapshotId) {
        final PbKvSnapshotLeaseForBucket.Builder message = PbKvSnapshotLeaseForBucket.newBuilder()
                .setBucketId(bucket.bucketId())
                .setSnapshotId(snapshotId);
        if (bucket.partitionId() != null) {
            message.setPartitionId(bucket.partitionId());
        }
        return message.build();
    }

    private static Map<TableBucket, Long> read(final AcquireKvSnapshotLeaseResponse response) {
        final Map<TableBucket, Long> unavailable = new HashMap<>();
        for (final PbKvSnapshotLeaseForTable table : response.getUnavailableSnapshotsList()) {
            for (final PbKvSnapshotLeaseForBucket bucket : table.getBucketSnapshotsList()) {
                final Long partitionId = bucket.hasPartitionId() ? bucket.getPartitionId() : null;
                unavailable.put(
                        TableBucket.of(table.getTableId(), partitionId, bucket.getBucketId()), bucket.getSnapshotId());
            }
        }
        return Map.copyOf(unavailable);
    }

    @Override
    public String toString() {
        return "lease '" + leaseId + "' of kv snapshots for " + leaseDuration;
    }
}
