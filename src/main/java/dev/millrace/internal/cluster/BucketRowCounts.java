package dev.millrace.internal.cluster;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.GetTableStatsRequest;
import dev.millrace.internal.rpc.proto.GetTableStatsResponse;
import dev.millrace.internal.rpc.proto.PbTableStatsReqForBucket;
import dev.millrace.internal.rpc.proto.PbTableStatsRespForBucket;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Asks the leaders of buckets how many rows are in them. Safe for any number of threads; users' threads too. */
public final class BucketRowCounts {
    private final RpcClient rpc;
    private final Cluster cluster;
    private final LeaderQuestions questions;

    /** Both stay the caller's. */
    public BucketRowCounts(final RpcClient rpc, final Cluster cluster) {
        this.rpc = rpc;
        this.cluster = cluster;
        questions = new LeaderQuestions(cluster);
    }

    /**
     * Returns how many rows a table has, in all its partitions. Blocks at most until the deadline.
     *
     * @throws FlussApiException a server refused: no such table, no permission, or the table keeps no count.
     * @throws RpcException not all buckets were answered for in time; the last failure is the cause.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     */
    public long count(final TablePath table, final long deadlineNs) {
        // A follower of a primary-key bucket would answer, with the length of its changelog: no old leader must be
        // asked.
        cluster.invalidate(table);
        final TableLocation location = cluster.locate(table, deadlineNs);
        if (location.leaders().length > 0) {
            return count(table, location, deadlineNs);
        }
        long rows = 0;
        // What is dropped meanwhile is not among them.
        for (final Map.Entry<Long, PartitionLocation> partition : cluster.locate(
                        table, cluster.partitionIds(table, deadlineNs), deadlineNs)
                .entrySet()) {
            rows += count(new PartitionId(table, partition.getKey()), partition.getValue(), deadlineNs);
        }
        return rows;
    }

    private long count(final Record place, final BucketLeaders known, final long deadlineNs) {
        final List<Integer> buckets =
                IntStream.range(0, known.leaders().length).boxed().toList();
        return questions
                .ask(
                        "row counts",
                        place,
                        buckets,
                        (leader, location, led, counts) -> read(
                                place,
                                leader,
                                rpc.call(
                                        leader,
                                        Api.GET_TABLE_STATS,
                                        request(location, led),
                                        GetTableStatsResponse.parser(),
                                        deadlineNs),
                                counts),
                        deadlineNs)
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    private static GetTableStatsRequest request(final BucketLeaders location, final List<Integer> buckets) {
        final GetTableStatsRequest.Builder request =
                GetTableStatsRequest.newBuilder().setTableId(location.tableId());
        for (final int bucket : buckets) {
            final PbTableStatsReqForBucket.Builder asked =
                    PbTableStatsReqForBucket.newBuilder().setBucketId(bucket);
            if (location instanceof final PartitionLocation partition) {
                asked.setPartitionId(partition.partitionId());
            }
            request.addBucketsReq(asked);
        }
        return request.build();
    }

    /** Returns the last error; first of all one that another attempt cannot mend. */
    private static @Nullable FlussException read(
            final Record place,
            final ServerNode leader,
            final GetTableStatsResponse response,
            final Map<Integer, Long> counts) {
        FlussException failure = null;
        for (final PbTableStatsRespForBucket bucket : response.getBucketsRespList()) {
            final int id = bucket.getBucketId();
            if (bucket.getErrorCode() == FlussError.NONE.code()) {
                counts.put(id, bucket.getRowCount());
            } else if (failure == null || failure.isRetriable()) {
                failure = LeaderQuestions.error(
                        Api.GET_TABLE_STATS, leader, id, place, bucket.getErrorCode(), bucket.getErrorMessage());
            }
        }
        return failure;
    }
}
