package dev.millrace.admin;

import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.GetKvSnapshotMetadataRequest;
import dev.millrace.internal.rpc.proto.GetKvSnapshotMetadataResponse;
import dev.millrace.internal.rpc.proto.GetLakeSnapshotRequest;
import dev.millrace.internal.rpc.proto.GetLakeSnapshotResponse;
import dev.millrace.internal.rpc.proto.GetLatestKvSnapshotsRequest;
import dev.millrace.internal.rpc.proto.GetLatestKvSnapshotsResponse;
import dev.millrace.internal.rpc.proto.PbKvSnapshot;
import dev.millrace.internal.rpc.proto.PbLakeSnapshotForBucket;
import dev.millrace.metadata.KvSnapshotMetadata;
import dev.millrace.metadata.KvSnapshots;
import dev.millrace.metadata.LakeSnapshot;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TablePath;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is asked about snapshots of tables: in the lake, and of the key-value stores of their buckets. */
final class Snapshots {
    private final Servers servers;

    Snapshots(final Servers servers) {
        this.servers = servers;
    }

    LakeSnapshot latestLake(final TablePath table) {
        return lake(GetLakeSnapshotRequest.newBuilder().setTablePath(Servers.message(table)));
    }

    LakeSnapshot lake(final TablePath table, final long snapshotId) {
        return lake(GetLakeSnapshotRequest.newBuilder()
                .setTablePath(Servers.message(table))
                .setSnapshotId(snapshotId));
    }

    LakeSnapshot readableLake(final TablePath table) {
        return lake(GetLakeSnapshotRequest.newBuilder()
                .setTablePath(Servers.message(table))
                .setReadable(true));
    }

    private LakeSnapshot lake(final GetLakeSnapshotRequest.Builder request) {
        final GetLakeSnapshotResponse response =
                servers.askAny(Api.GET_LAKE_SNAPSHOT, request.build(), GetLakeSnapshotResponse.parser());
        final Map<TableBucket, Long> offsets = new HashMap<>();
        for (final PbLakeSnapshotForBucket bucket : response.getBucketSnapshotsList()) {
            if (bucket.hasLogOffset()) {
                final Long partitionId = bucket.hasPartitionId() ? bucket.getPartitionId() : null;
                offsets.put(
                        TableBucket.of(response.getTableId(), partitionId, bucket.getBucketId()),
                        bucket.getLogOffset());
            }
        }
        return new LakeSnapshot(response.getSnapshotId(), offsets);
    }

    /** Without a partition: of a table that has none. */
    KvSnapshots latestKv(final TablePath table, final @Nullable String partitionName) {
        final GetLatestKvSnapshotsRequest.Builder request =
                GetLatestKvSnapshotsRequest.newBuilder().setTablePath(Servers.message(table));
        if (partitionName != null) {
            request.setPartitionName(partitionName);
        }
        final GetLatestKvSnapshotsResponse response =
                servers.askAny(Api.GET_LATEST_KV_SNAPSHOTS, request.build(), GetLatestKvSnapshotsResponse.parser());
        final Set<Integer> buckets = new HashSet<>();
        final Map<Integer, Long> ids = new HashMap<>();
        final Map<Integer, Long> logOffsets = new HashMap<>();
        for (final PbKvSnapshot snapshot : response.getLatestSnapshotsList()) {
            buckets.add(snapshot.getBucketId());
            if (snapshot.hasSnapshotId()) {
                ids.put(snapshot.getBucketId(), snapshot.getSnapshotId());
                logOffsets.put(snapshot.getBucketId(), snapshot.getLogOffset());
            }
        }
        return new KvSnapshots(
                response.getTableId(),
                response.hasPartitionId() ? response.getPartitionId() : null,
                buckets,
                ids,
                logOffsets);
    }

    KvSnapshotMetadata kvMetadata(final TableBucket bucket, final long snapshotId) {
        final GetKvSnapshotMetadataRequest.Builder request = GetKvSnapshotMetadataRequest.newBuilder()
                .setTableId(bucket.tableId())
                .setBucketId(bucket.bucketId())
                .setSnapshotId(snapshotId);
        if (bucket.partitionId() != null) {
            request.setPartitionId(bucket.partitionId());
        }
        final GetKvSnapshotMetadataResponse response =
                servers.askAny(Api.GET_KV_SNAPSHOT_METADATA, request.build(), GetKvSnapshotMetadataResponse.parser());
        return new KvSnapshotMetadata(
                response.getSnapshotFilesList().stream()
                        .map(file ->
                                new KvSnapshotMetadata.FsPathAndFileName(file.getRemotePath(), file.getLocalFileName()))
                        .toList(),
                response.getLogOffset());
    }
}
