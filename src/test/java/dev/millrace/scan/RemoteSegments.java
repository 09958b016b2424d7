package dev.millrace.scan;

import dev.millrace.error.FlussException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForTable;
import dev.millrace.internal.rpc.proto.PbRemoteLogFetchInfo;
import dev.millrace.internal.rpc.proto.PbRemoteLogSegment;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableBucket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Asks the only tablet server of a cluster, as a scanner does, which part of a bucket's log lies in remote files. */
final class RemoteSegments {
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private RemoteSegments() {}

    /** Waits until a number of segments from an offset on can be read in remote files only. */
    static PbRemoteLogFetchInfo await(
            final ScanClient client, final TableBucket bucket, final long offset, final int segments) {
        final long deadlineNs = System.nanoTime() + PATIENCE_NS;
        PbRemoteLogFetchInfo info = at(client, bucket, offset);
        while (info.getRemoteLogSegmentsCount() < segments) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("the server has moved only " + info.getRemoteLogSegmentsCount()
                        + " segments of " + bucket + " after " + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NS) + " s");
            }
            LockSupport.parkNanos(POLL_NS);
            info = at(client, bucket, offset);
        }
        return info;
    }

    /** The offset at which the local log begins, as far as the server says now. */
    static long end(final PbRemoteLogFetchInfo info) {
        final List<PbRemoteLogSegment> segments = info.getRemoteLogSegmentsList();
        return segments.getLast().getRemoteLogEndOffset();
    }

    static PbRemoteLogFetchInfo at(final ScanClient client, final TableBucket bucket, final long offset) {
        final PbFetchLogReqForBucket.Builder asked = PbFetchLogReqForBucket.newBuilder()
                .setBucketId(bucket.bucketId())
                .setFetchOffset(offset)
                .setMaxFetchBytes(1);
        if (bucket.partitionId() != null) {
            asked.setPartitionId(bucket.partitionId());
        }
        final FetchLogRequest request = FetchLogRequest.newBuilder()
                .setFollowerServerId(-1)
                .setMaxBytes(1)
                .addTablesReq(PbFetchLogReqForTable.newBuilder()
                        .setTableId(bucket.tableId())
                        .setProjectionPushdownEnabled(false)
                        .addBucketsReq(asked))
                .build();
        return ask(client, request).getTablesResp(0).getBucketsResp(0).getRemoteLogFetchInfo();
    }

    private static FetchLogResponse ask(final ScanClient client, final FetchLogRequest request) {
        final ServerNode server = client.cluster.anyTabletServer();
        try {
            return client.rpc.call(
                    server,
                    Api.FETCH_LOG,
                    request,
                    FetchLogResponse.parser(),
                    System.nanoTime() + TimeUnit.SECONDS.toNanos(20));
        } catch (FlussException e) {
            throw new AssertionError("the server does not answer", e);
        }
    }
}
