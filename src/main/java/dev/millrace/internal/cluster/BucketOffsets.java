package dev.millrace.internal.cluster;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.ListOffsetsRequest;
import dev.millrace.internal.rpc.proto.ListOffsetsResponse;
import dev.millrace.internal.rpc.proto.PbListOffsetsRespForBucket;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TablePath;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Asks the leaders of buckets for log offsets: one request to each leader, and again, after a refresh and a pause, for
 * the buckets that have moved or have no leader at the moment. Safe for any number of threads; users' threads too.
 */
public final class BucketOffsets {
    /** The first offset the log still has. */
    public static final int EARLIEST = 0;

    /** The exclusive end of what clients may read. */
    public static final int LATEST = 1;

    /** The first offset of a batch written at a time or after it. */
    public static final int AT_TIMESTAMP = 2;

    private static final int CLIENT = -1;

    private final RpcClient rpc;
    private final Cluster cluster;
    private final LeaderQuestions questions;

    /** Both stay the caller's. */
    public BucketOffsets(final RpcClient rpc, final Cluster cluster) {
        this.rpc = rpc;
        this.cluster = cluster;
        questions = new LeaderQuestions(cluster);
    }

    /**
     * Returns an offset for every bucket. Blocks at most until the deadline.
     *
     * @param place a table without partitions as a {@link TablePath}, or a partition as a {@link PartitionPath} or a
     *     {@link PartitionId}.
     * @param type one of the constants of this class.
     * @param timestampMs used with {@link #AT_TIMESTAMP} only.
     * @throws IllegalArgumentException the table has no such bucket.
     * @throws UnsupportedOperationException a partitioned table was asked for as a whole.
     * @throws FlussApiException a server refused: no such table or partition, a timestamp in the future, no permission.
     * @throws RpcException not all buckets were answered for in time; the last failure is the cause.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     */
    public Map<Integer, Long> list(
            final Record place,
            final Collection<Integer> buckets,
            final int type,
            final long timestampMs,
            final long deadlineNs) {
        if (place instanceof final TablePath table
                && cluster.locate(table, deadlineNs).leaders().length == 0) {
            throw new UnsupportedOperationException(
                    place + " is partitioned: ask for the offsets of its partitions (listPartitionOffsets)");
        }
        return questions.ask(
                "offsets",
                place,
                buckets,
                (leader, location, led, offsets) -> {
                    final ListOffsetsRequest request = request(location, led, type, timestampMs);
                    return read(
                            place,
                            leader,
                            rpc.call(leader, Api.LIST_OFFSETS, request, ListOffsetsResponse.parser(), deadlineNs),
                            offsets);
                },
                deadlineNs);
    }

    private static ListOffsetsRequest request(
            final BucketLeaders location, final List<Integer> buckets, final int type, final long timestampMs) {
        final ListOffsetsRequest.Builder request = ListOffsetsRequest.newBuilder()
                .setFollowerServerId(CLIENT)
                .setOffsetType(type)
                .setTableId(location.tableId())
                .addAllBucketId(buckets);
        if (location instanceof final PartitionLocation partition) {
            request.setPartitionId(partition.partitionId());
        }
        if (type == AT_TIMESTAMP) {
            request.setStartTimestamp(timestampMs);
        }
        return request.build();
    }

    /** Returns the last error; first of all one that another attempt cannot mend. */
    private static @Nullable FlussException read(
            final Record place,
            final ServerNode leader,
            final ListOffsetsResponse response,
            final Map<Integer, Long> offsets) {
        FlussException failure = null;
        for (final PbListOffsetsRespForBucket bucket : response.getBucketsRespList()) {
            final int id = bucket.getBucketId();
            if (bucket.getErrorCode() == FlussError.NONE.code()) {
                offsets.put(id, bucket.getOffset());
            } else if (failure == null || failure.isRetriable()) {
                failure = LeaderQuestions.error(
                        Api.LIST_OFFSETS, leader, id, place, bucket.getErrorCode(), bucket.getErrorMessage());
            }
        }
        return failure;
    }
}
