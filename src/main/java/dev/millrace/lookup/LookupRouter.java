package dev.millrace.lookup;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.BucketLeaders;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.ClusterSnapshot;
import dev.millrace.internal.cluster.PartitionLocation;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.cluster.TableLocation;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import org.jspecify.annotations.Nullable;

/** Finds out which server a lookup goes to. For one lookuper, and any number of threads. */
final class LookupRouter {
    private final LookupClient client;
    private final Cluster cluster;
    private final LookupTarget target;

    LookupRouter(final LookupClient client, final Cluster cluster, final LookupTarget target) {
        this.client = client;
        this.cluster = cluster;
        this.target = target;
    }

    /**
     * Finds the sender for a call, which waits from now on. Asks a server where the table or the partition is, if that is
     * not known, until the deadline of the call.
     *
     * @return null if there is no such partition, and so no such row.
     * @throws FlussException the table is gone, or the bucket has no leader at present, or no server answers.
     * @throws FlussInterruptedException interrupted; the flag is set again.
     * @throws IllegalStateException the connection to the cluster is closed.
     */
    @Nullable LookupSender route(final LookupCall call) {
        final BucketLeaders location = locate(call);
        if (location == null) {
            return null;
        }
        if (location.tableId() != target.table().tableId()) {
            throw new FlussApiException(
                    FlussError.TABLE_NOT_EXIST,
                    "table " + table() + " with id " + target.table().tableId() + " was dropped; one with id "
                            + location.tableId() + " has its name now");
        }
        final ServerNode leader = cluster.snapshot().leader(location, call.bucket());
        if (leader == null) {
            forget(location);
            throw new RpcException("the bucket has no leader at present");
        }
        final LookupSender sender = client.sender(leader);
        call.startWaiting(location);
        return sender;
    }

    private @Nullable BucketLeaders locate(final LookupCall call) {
        final PartitionPath partition = call.partition();
        if (partition == null) {
            return cluster.locate(table(), call.deadlineNs());
        }
        final PartitionLocation known = cluster.snapshot().partitions().get(partition);
        if (known != null) {
            return known;
        }
        // The first answer may have been on its way already when the partition was created; the second was not.
        final PartitionLocation first = find(partition, call.deadlineNs());
        return first == null ? find(partition, call.deadlineNs()) : first;
    }

    private @Nullable PartitionLocation find(final PartitionPath partition, final long deadlineNs) {
        try {
            return cluster.locate(partition, deadlineNs);
        } catch (final FlussApiException e) {
            if (e.error() == FlussError.PARTITION_NOT_EXISTS) {
                return null;
            }
            throw e;
        }
    }

    /** Forgets where a call was sent to, unless somebody else has found out something new since. */
    void forget(final LookupCall call) {
        final BucketLeaders location = call.location();
        if (location != null) {
            forget(location);
        }
    }

    private void forget(final BucketLeaders location) {
        final ClusterSnapshot known = cluster.snapshot();
        switch (location) {
            case TableLocation ofTable -> {
                if (ofTable.equals(known.tables().get(ofTable.path()))) {
                    cluster.invalidate(ofTable.path());
                }
            }
            case PartitionLocation ofPartition -> {
                if (ofPartition.equals(known.partitions().get(ofPartition.path()))) {
                    cluster.invalidate(ofPartition.path());
                }
            }
        }
    }

    private TablePath table() {
        return target.table().tablePath();
    }
}
