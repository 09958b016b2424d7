package dev.millrace.admin;

import dev.millrace.internal.cluster.BucketOffsets;
import dev.millrace.internal.cluster.BucketRowCounts;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.metadata.TablePath;
import dev.millrace.metadata.TableStats;
import java.util.Collection;
import java.util.Map;

/** What the leaders of buckets are asked. */
final class Buckets {
    private final Servers servers;
    private final BucketOffsets offsets;
    private final BucketRowCounts rowCounts;

    /** The last two stay the caller's. */
    Buckets(final Servers servers, final RpcClient rpc, final Cluster cluster) {
        this.servers = servers;
        offsets = new BucketOffsets(rpc, cluster);
        rowCounts = new BucketRowCounts(rpc, cluster);
    }

    /** Takes a table or a partition as {@link BucketOffsets} does. */
    Map<Integer, Long> offsets(final Record place, final Collection<Integer> bucketIds, final OffsetSpec offsetSpec) {
        final long deadlineNs = servers.deadlineNs();
        return switch (offsetSpec) {
            case OffsetSpec.Earliest earliest -> offsets.list(place, bucketIds, BucketOffsets.EARLIEST, 0, deadlineNs);
            case OffsetSpec.Latest latest -> offsets.list(place, bucketIds, BucketOffsets.LATEST, 0, deadlineNs);
            case OffsetSpec.Timestamp timestamp ->
                offsets.list(place, bucketIds, BucketOffsets.AT_TIMESTAMP, timestamp.epochMillis(), deadlineNs);
        };
    }

    TableStats stats(final TablePath table) {
        return new TableStats(rowCounts.count(table, servers.deadlineNs()));
    }
}
