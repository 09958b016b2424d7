package dev.millrace.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.error.FlussError;
import dev.millrace.internal.cluster.BootstrapServers;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.TableLocation;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.internal.rpc.proto.LimitScanRequest;
import dev.millrace.internal.rpc.proto.LimitScanResponse;
import dev.millrace.internal.rpc.proto.LookupRequest;
import dev.millrace.internal.rpc.proto.LookupResponse;
import dev.millrace.internal.rpc.proto.PbLookupReqForBucket;
import dev.millrace.internal.rpc.proto.PbPrefixLookupReqForBucket;
import dev.millrace.internal.rpc.proto.PrefixLookupRequest;
import dev.millrace.internal.rpc.proto.PrefixLookupResponse;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableInfo;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The leaders of a primary-key table, asked by hand for the bytes that they have. */
final class KvServer implements AutoCloseable {
    private static final int TIMEOUT_MS = 20_000;

    private final RpcClient rpc =
            new RpcClient(new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 64 << 20, null));
    private final Cluster cluster;

    KvServer(final String bootstrapServers) {
        cluster = new Cluster(rpc, BootstrapServers.parse(bootstrapServers), TimeUnit.SECONDS.toNanos(20));
    }

    /** The value of a key; null if there is none. */
    byte @Nullable [] lookup(final TableInfo table, final int bucket, final byte[] key) {
        final LookupResponse response = rpc.call(
                leader(table, bucket),
                Api.LOOKUP,
                LookupRequest.newBuilder()
                        .setTableId(table.tableId())
                        .addBucketsReq(PbLookupReqForBucket.newBuilder()
                                .setBucketId(bucket)
                                .addKeys(ByteString.copyFrom(key)))
                        .build(),
                LookupResponse.parser(),
                deadlineNs());
        assertThat(response.getBucketsResp(0).getErrorCode())
                .as(response.getBucketsResp(0).getErrorMessage())
                .isZero();
        final var value = response.getBucketsResp(0).getValues(0);
        return value.hasValues() ? value.getValues().toByteArray() : null;
    }

    /** The values of all keys that begin so. */
    List<byte[]> prefixLookup(final TableInfo table, final int bucket, final byte[] prefix) {
        final PrefixLookupResponse response = rpc.call(
                leader(table, bucket),
                Api.PREFIX_LOOKUP,
                PrefixLookupRequest.newBuilder()
                        .setTableId(table.tableId())
                        .addBucketsReq(PbPrefixLookupReqForBucket.newBuilder()
                                .setBucketId(bucket)
                                .addKeys(ByteString.copyFrom(prefix)))
                        .build(),
                PrefixLookupResponse.parser(),
                deadlineNs());
        assertThat(response.getBucketsResp(0).getErrorCode())
                .as(response.getBucketsResp(0).getErrorMessage())
                .isZero();
        return response.getBucketsResp(0).getValueLists(0).getValuesList().stream()
                .map(ByteString::toByteArray)
                .toList();
    }

    /** Up to some values of a bucket, as one batch. */
    byte[] limitScan(final TableInfo table, final int bucket, final int limit) {
        final LimitScanResponse response = scan(table, bucket, limit);
        assertThat(response.getErrorCode()).as(response.getErrorMessage()).isZero();
        assertThat(response.getIsLogTable()).isFalse();
        return response.getRecords().toByteArray();
    }

    /** Waits until a new table can be asked: a server leads a bucket a little before it knows itself that it does. */
    void awaitLeaders(final TableInfo table) {
        final long deadlineNs = deadlineNs();
        for (int bucket = 0; bucket < table.numBuckets(); bucket++) {
            while (cluster.snapshot().leader(cluster.locate(table.tablePath(), deadlineNs), bucket) == null
                    || scan(table, bucket, 1).getErrorCode() == FlussError.NOT_LEADER_OR_FOLLOWER.code()) {
                assertThat(System.nanoTime()).isLessThan(deadlineNs);
                cluster.invalidate(table.tablePath());
            }
        }
    }

    private LimitScanResponse scan(final TableInfo table, final int bucket, final int limit) {
        return rpc.call(
                leader(table, bucket),
                Api.LIMIT_SCAN,
                LimitScanRequest.newBuilder()
                        .setTableId(table.tableId())
                        .setBucketId(bucket)
                        .setLimit(limit)
                        .build(),
                LimitScanResponse.parser(),
                deadlineNs());
    }

    private ServerNode leader(final TableInfo table, final int bucket) {
        final TableLocation location = cluster.locate(table.tablePath(), deadlineNs());
        return Objects.requireNonNull(cluster.snapshot().leader(location, bucket), "no leader");
    }

    private static long deadlineNs() {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
    }

    @Override
    public void close() {
        cluster.close();
        rpc.close();
    }
}
