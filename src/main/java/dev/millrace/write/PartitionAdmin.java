package dev.millrace.write;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.PartitionMessages;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.internal.rpc.proto.CreatePartitionResponse;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.TablePath;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What writing asks of the cluster about partitions. Creates those that rows are written to and the cluster does not have,
 * each on a virtual thread of its own, so that no partition waits for another's; one at a time for a partition. And tells
 * which there are.
 */
final class PartitionAdmin {
    private static final Logger LOG = LoggerFactory.getLogger(PartitionAdmin.class);

    private final RpcClient rpc;
    private final Cluster cluster;
    private final long requestTimeoutNs;

    PartitionAdmin(final RpcClient rpc, final Cluster cluster, final long requestTimeoutNs) {
        this.rpc = rpc;
        this.cluster = cluster;
        this.requestTimeoutNs = requestTimeoutNs;
    }

    /**
     * Begins to create a partition, unless that is under way. Never blocks. A refusal ends the batches that wait for the
     * partition; after a failure that may pass, whoever still misses the partition calls again.
     *
     * @param ended told when the attempt is over, however it went.
     */
    void create(final PartitionQueues partition, final Consumer<PartitionQueues> ended) {
        final PartitionPath path = partition.path;
        final PartitionSpec spec = partition.spec;
        if (path != null && spec != null && partition.beginCreation()) {
            Thread.ofVirtual().name("millrace-partition-creator").start(() -> {
                try {
                    create(partition, path, spec);
                } finally {
                    partition.endCreation();
                    ended.accept(partition);
                }
            });
        }
    }

    private void create(final PartitionQueues partition, final PartitionPath path, final PartitionSpec spec) {
        final long deadlineNs = System.nanoTime() + requestTimeoutNs;
        try {
            rpc.call(
                    cluster.coordinator(deadlineNs),
                    Api.CREATE_PARTITION,
                    PartitionMessages.create(path.table(), spec, true),
                    CreatePartitionResponse.parser(),
                    deadlineNs);
            partition.creationSucceeded();
            LOG.info("Created {}, to which rows are written", path);
        } catch (FlussApiException e) {
            if (!e.isRetriable()) {
                partition.failAll(e.again(path + " could not be created: " + e.getMessage()));
            }
        } catch (UnsupportedOperationException e) {
            partition.failAll(UnsupportedApi.failure(e));
        } catch (FlussException e) {
            if (partition.isFirstFailedCreation()) {
                LOG.warn("{} was not created yet, trying until it is: {}", path, e.getMessage());
            }
            lookForCoordinator(deadlineNs);
        } catch (IllegalStateException e) {
            // The connection was closed, and with it ends what waits for the partition.
            LOG.debug("{} was not created", path, e);
        }
    }

    /** Another server may have become the coordinator; the next attempt goes there. */
    private void lookForCoordinator(final long deadlineNs) {
        try {
            cluster.refresh(List.of(), deadlineNs);
        } catch (FlussException | IllegalStateException | UnsupportedOperationException e) {
            LOG.debug("No server tells who the coordinator is", e);
        }
    }

    /**
     * The ids of all partitions of a table. Blocks.
     *
     * @throws FlussException no server tells.
     */
    Set<Long> ids(final TablePath table) {
        return cluster.partitionIds(table, System.nanoTime() + requestTimeoutNs);
    }
}
