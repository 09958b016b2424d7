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
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
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

    /** Both stay the caller's. */
    public BucketOffsets(final RpcClient rpc, final Cluster cluster) {
        this.rpc = rpc;
        this.cluster = cluster;
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
        final Map<Integer, Long> offsets = new TreeMap<>();
        final Set<Integer> missing = new TreeSet<>(buckets);
        final Backoff backoff = new Backoff(deadlineNs);
        while (true) {
            final FlussException failure = askLeaders(place, missing, offsets, type, timestampMs, deadlineNs);
            missing.removeAll(offsets.keySet());
            if (missing.isEmpty()) {
                return offsets;
            }
            if (!backoff.hasTime()) {
                final String text = "no offsets of " + place + " in time for buckets " + missing;
                throw failure == null
                        ? new RpcException(text + ", which have no leader")
                        : new RpcException(text, failure);
            }
            backoff.pause();
            forget(place);
        }
    }

    /** Puts in what the leaders answer. Returns the last failure that another attempt may mend. */
    private @Nullable FlussException askLeaders(
            final Record place,
            final Set<Integer> buckets,
            final Map<Integer, Long> offsets,
            final int type,
            final long timestampMs,
            final long deadlineNs) {
        final BucketLeaders location = locate(place, deadlineNs);
        FlussException failure = null;
        for (final Map.Entry<ServerNode, List<Integer>> led :
                byLeader(place, location, buckets).entrySet()) {
            final ListOffsetsRequest.Builder request = ListOffsetsRequest.newBuilder()
                    .setFollowerServerId(CLIENT)
                    .setOffsetType(type)
                    .setTableId(location.tableId())
                    .addAllBucketId(led.getValue());
            if (location instanceof final PartitionLocation partition) {
                request.setPartitionId(partition.partitionId());
            }
            if (type == AT_TIMESTAMP) {
                request.setStartTimestamp(timestampMs);
            }
            try {
                final ListOffsetsResponse response = rpc.call(
                        led.getKey(), Api.LIST_OFFSETS, request.build(), ListOffsetsResponse.parser(), deadlineNs);
                for (final PbListOffsetsRespForBucket bucket : response.getBucketsRespList()) {
                    if (bucket.getErrorCode() == FlussError.NONE.code()) {
                        offsets.put(bucket.getBucketId(), bucket.getOffset());
                    } else {
                        failure = retriable(error(place, led.getKey(), bucket));
                    }
                }
            } catch (final RpcException | FlussApiException e) {
                failure = retriable(e);
            }
        }
        return failure;
    }

    private BucketLeaders locate(final Record place, final long deadlineNs) {
        return switch (place) {
            case TablePath table -> cluster.locate(table, deadlineNs);
            case PartitionPath partition -> cluster.locate(partition, deadlineNs);
            case PartitionId partition -> cluster.locate(partition, deadlineNs);
            default -> throw new IllegalArgumentException(place + " is neither a table nor a partition");
        };
    }

    private void forget(final Record place) {
        switch (place) {
            case PartitionPath partition -> cluster.invalidate(partition);
            case PartitionId partition -> cluster.invalidate(partition.table());
            default -> cluster.invalidate((TablePath) place);
        }
    }

    /** Buckets without a live leader are left out. */
    private Map<ServerNode, List<Integer>> byLeader(
            final Record place, final BucketLeaders location, final Set<Integer> buckets) {
        if (place instanceof TablePath && location.leaders().length == 0) {
            throw new UnsupportedOperationException(
                    place + " is partitioned: ask for the offsets of its partitions (listPartitionOffsets)");
        }
        final ClusterSnapshot snapshot = cluster.snapshot();
        final Map<ServerNode, List<Integer>> led = new HashMap<>();
        for (final int bucket : buckets) {
            if (bucket < 0 || bucket >= location.leaders().length) {
                throw new IllegalArgumentException(place + " has no bucket " + bucket + ": its buckets are 0 to "
                        + (location.leaders().length - 1));
            }
            final ServerNode leader = snapshot.leader(location, bucket);
            if (leader != null) {
                led.computeIfAbsent(leader, server -> new ArrayList<>()).add(bucket);
            }
        }
        return led;
    }

    private static <E extends FlussException> E retriable(final E failure) {
        if (!failure.isRetriable()) {
            throw failure;
        }
        return failure;
    }

    private static FlussApiException error(
            final Record place, final ServerNode leader, final PbListOffsetsRespForBucket bucket) {
        final FlussError error = FlussError.forCode(bucket.getErrorCode());
        final String text = bucket.hasErrorMessage() ? bucket.getErrorMessage() : error.name();
        return new FlussApiException(
                error,
                bucket.getErrorCode(),
                "LIST_OFFSETS on " + leader + ", bucket " + bucket.getBucketId() + " of " + place + ": " + text);
    }
}
