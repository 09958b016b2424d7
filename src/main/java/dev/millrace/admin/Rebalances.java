package dev.millrace.admin;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.AddServerTagRequest;
import dev.millrace.internal.rpc.proto.AddServerTagResponse;
import dev.millrace.internal.rpc.proto.CancelRebalanceRequest;
import dev.millrace.internal.rpc.proto.CancelRebalanceResponse;
import dev.millrace.internal.rpc.proto.ListRebalanceProgressRequest;
import dev.millrace.internal.rpc.proto.ListRebalanceProgressResponse;
import dev.millrace.internal.rpc.proto.PbRebalancePlanForBucket;
import dev.millrace.internal.rpc.proto.PbRebalanceProgressForBucket;
import dev.millrace.internal.rpc.proto.PbRebalanceProgressForTable;
import dev.millrace.internal.rpc.proto.RebalanceRequest;
import dev.millrace.internal.rpc.proto.RebalanceResponse;
import dev.millrace.internal.rpc.proto.RemoveServerTagRequest;
import dev.millrace.internal.rpc.proto.RemoveServerTagResponse;
import dev.millrace.metadata.TableBucket;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is asked about moving buckets between servers, and the tags of servers that this goes by. */
final class Rebalances {
    private static final int NO_LEADER = -1;

    private final Servers servers;

    Rebalances(final Servers servers) {
        this.servers = servers;
    }

    void addTag(final Collection<Integer> tabletServers, final ServerTag tag) {
        servers.askCoordinator(
                Api.ADD_SERVER_TAG,
                AddServerTagRequest.newBuilder()
                        .addAllServerIds(tabletServers)
                        .setServerTag(tag.code())
                        .build(),
                AddServerTagResponse.parser());
    }

    void removeTag(final Collection<Integer> tabletServers, final ServerTag tag) {
        servers.askCoordinator(
                Api.REMOVE_SERVER_TAG,
                RemoveServerTagRequest.newBuilder()
                        .addAllServerIds(tabletServers)
                        .setServerTag(tag.code())
                        .build(),
                RemoveServerTagResponse.parser());
    }

    String start(final List<GoalType> goals) {
        final RebalanceRequest.Builder request = RebalanceRequest.newBuilder();
        goals.forEach(goal -> request.addGoals(goal.code()));
        return servers.askCoordinator(Api.REBALANCE, request.build(), RebalanceResponse.parser())
                .getRebalanceId();
    }

    /** Without an id: of the current one. */
    Optional<RebalanceProgress> progress(final @Nullable String id) {
        final ListRebalanceProgressRequest.Builder request = ListRebalanceProgressRequest.newBuilder();
        if (id != null) {
            request.setRebalanceId(id);
        }
        final ListRebalanceProgressResponse response = servers.askCoordinator(
                Api.LIST_REBALANCE_PROGRESS, request.build(), ListRebalanceProgressResponse.parser());
        return response.hasRebalanceId() ? Optional.of(read(response)) : Optional.empty();
    }

    /** Without an id: the current one. */
    void cancel(final @Nullable String id) {
        final CancelRebalanceRequest.Builder request = CancelRebalanceRequest.newBuilder();
        if (id != null) {
            request.setRebalanceId(id);
        }
        servers.askCoordinator(Api.CANCEL_REBALANCE, request.build(), CancelRebalanceResponse.parser());
    }

    private static RebalanceProgress read(final ListRebalanceProgressResponse response) {
        final Map<TableBucket, RebalanceResultForBucket> buckets = new HashMap<>();
        for (final PbRebalanceProgressForTable table : response.getTableProgressList()) {
            for (final PbRebalanceProgressForBucket bucket : table.getBucketsProgressList()) {
                final RebalancePlanForBucket plan = read(table.getTableId(), bucket.getRebalancePlan());
                buckets.put(
                        plan.tableBucket(), new RebalanceResultForBucket(plan, status(bucket.getRebalanceStatus())));
            }
        }
        return new RebalanceProgress(response.getRebalanceId(), status(response.getRebalanceStatus()), buckets);
    }

    private static RebalancePlanForBucket read(final long tableId, final PbRebalancePlanForBucket plan) {
        return new RebalancePlanForBucket(
                TableBucket.of(tableId, plan.hasPartitionId() ? plan.getPartitionId() : null, plan.getBucketId()),
                plan.hasOriginalLeader() ? plan.getOriginalLeader() : NO_LEADER,
                plan.hasNewLeader() ? plan.getNewLeader() : NO_LEADER,
                plan.getOriginalReplicasList(),
                plan.getNewReplicasList());
    }

    private static RebalanceStatus status(final int code) {
        for (final RebalanceStatus status : RebalanceStatus.values()) {
            if (status.code() == code) {
                return status;
            }
        }
        throw new CorruptDataException("A rebalance has an unknown status: " + code);
    }
}
