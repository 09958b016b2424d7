package dev.millrace.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.KvSnapshotMetadata;
import dev.millrace.metadata.KvSnapshots;
import dev.millrace.metadata.LakeSnapshot;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.UpsertWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.fluss.cluster.ServerNode;
import org.apache.fluss.cluster.ServerType;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metrics.registry.MetricRegistry;
import org.apache.fluss.rpc.GatewayClientProxy;
import org.apache.fluss.rpc.RpcClient;
import org.apache.fluss.rpc.gateway.CoordinatorGateway;
import org.apache.fluss.rpc.messages.CommitLakeTableSnapshotRequest;
import org.apache.fluss.rpc.messages.PbLakeTableSnapshotMetadata;
import org.apache.fluss.rpc.messages.PbTableOffsets;
import org.apache.fluss.rpc.messages.PrepareLakeTableSnapshotRequest;
import org.apache.fluss.rpc.metrics.ClientMetricGroup;
import org.junit.jupiter.api.Test;

/** Snapshots in the lake and of key-value stores: what we tell of them is what the official client tells. */
@SuppressWarnings("try") // the official client's close() throws Exception
class FlussAdminSnapshotsTest extends BothAdmins {
    @Test
    void shouldTellSnapshotsOfTheLake(final FlussCluster cluster) throws Exception {
        final TablePath path = path("lake");
        admin.createTable(path, log().distributedBy(3).build());
        assertRefused(FlussError.LAKE_SNAPSHOT_NOT_EXIST, () -> admin.getLatestLakeSnapshot(path));
        assertRefused(FlussError.LAKE_SNAPSHOT_NOT_EXIST, () -> admin.getReadableLakeSnapshot(path));
        assertRefused(FlussError.LAKE_SNAPSHOT_NOT_EXIST, () -> admin.getLakeSnapshot(path, 7));
        assertThatThrownBy(() -> admin.getLatestLakeSnapshot(path)).hasMessageContaining(path.toString());
        assertThatThrownBy(() -> admin.getLakeSnapshot(path, 7)).hasMessageContaining("snapshot id: 7");
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.getLatestLakeSnapshot(path("nothing")));
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.getLakeSnapshot(path("nothing"), 7));
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.getReadableLakeSnapshot(path("nothing")));

        final long tableId = admin.getTableInfo(path).tableId();
        final Map<TableBucket, Long> first = Map.of(TableBucket.of(tableId, 0), 10L, TableBucket.of(tableId, 2), 0L);
        final Map<TableBucket, Long> second = new HashMap<>(first);
        second.put(TableBucket.of(tableId, 1), 1L << 40);
        try (Lake lake = new Lake(cluster)) {
            lake.commit(path, 7, first, true);
            assertThat(admin.getLatestLakeSnapshot(path)).isEqualTo(new LakeSnapshot(7, first));
            lake.commit(path, 9, second, false);
        }
        assertThat(admin.getLatestLakeSnapshot(path)).isEqualTo(new LakeSnapshot(9, second));
        assertThat(admin.getReadableLakeSnapshot(path)).isEqualTo(new LakeSnapshot(7, first));
        assertThat(admin.getLakeSnapshot(path, 7)).isEqualTo(new LakeSnapshot(7, first));
        assertRefused(FlussError.LAKE_SNAPSHOT_NOT_EXIST, () -> admin.getLakeSnapshot(path, 8));

        final org.apache.fluss.client.metadata.LakeSnapshot seen =
                await(theirs.getLatestLakeSnapshot(theirPath("lake")));
        assertThat(seen.getSnapshotId()).isEqualTo(9);
        assertThat(seen.getTableBucketsOffset())
                .hasSize(3)
                .allSatisfy((bucket, offset) -> assertThat(second.get(
                                TableBucket.of(bucket.getTableId(), bucket.getPartitionId(), bucket.getBucket())))
                        .isEqualTo(offset));
    }

    @Test
    void shouldTellSnapshotsOfPartitionsInTheLake(final FlussCluster cluster) throws Exception {
        final TablePath path = path("lake_days");
        admin.createTable(path, log().partitionedBy("day").distributedBy(1).build());
        admin.createPartition(path, PartitionSpec.of(Map.of("day", "d1")));
        final long partitionId = admin.listPartitionInfos(path).getFirst().getPartitionId();
        final TableBucket bucket = TableBucket.of(admin.getTableInfo(path).tableId(), partitionId, 0);
        try (Lake lake = new Lake(cluster)) {
            lake.commit(path, 1, Map.of(bucket, 3L), true);
        }
        assertThat(admin.getLatestLakeSnapshot(path)).isEqualTo(new LakeSnapshot(1, Map.of(bucket, 3L)));
    }

    @Test
    void shouldTellSnapshotsOfKeyValueStores() throws Exception {
        final TablePath path = path("kv");
        admin.createTable(path, keyed().distributedBy(2, "id").build());
        final KvSnapshots none = admin.getLatestKvSnapshots(path);
        final long tableId = admin.getTableInfo(path).tableId();
        assertThat(none).isEqualTo(new KvSnapshots(tableId, null, Set.of(0, 1), Map.of(), Map.of()));
        assertThat(none.snapshotId(0)).isEmpty();
        assertThat(none.logOffset(1)).isEmpty();

        upsert(path, 40);
        final Map<Integer, Long> ends = admin.listOffsets(path, List.of(0, 1), OffsetSpec.latest());
        final KvSnapshots latest = eventually(
                () -> admin.getLatestKvSnapshots(path),
                snapshots -> snapshots.logOffsets().equals(ends));
        assertThat(latest.tableBuckets()).isEqualTo(Set.of(TableBucket.of(tableId, 0), TableBucket.of(tableId, 1)));
        final org.apache.fluss.client.metadata.KvSnapshots seen = await(theirs.getLatestKvSnapshots(theirPath("kv")));
        for (final int bucket : latest.bucketIds()) {
            assertThat(latest.snapshotId(bucket)).isEqualTo(seen.getSnapshotId(bucket));
            assertThat(latest.logOffset(bucket)).isEqualTo(seen.getLogOffset(bucket));
        }

        final long snapshotId = latest.snapshotId(1).orElseThrow();
        final KvSnapshotMetadata metadata = admin.getKvSnapshotMetadata(TableBucket.of(tableId, 1), snapshotId);
        assertThat(metadata.logOffset()).isEqualTo(ends.get(1));
        assertThat(metadata.snapshotFiles().stream().map(file -> file.path() + " " + file.fileName()))
                .isNotEmpty()
                .containsExactlyInAnyOrderElementsOf(await(theirs.getKvSnapshotMetadata(
                                new org.apache.fluss.metadata.TableBucket(tableId, 1), snapshotId))
                        .getSnapshotFiles()
                        .stream()
                        .map(file -> file.getPath() + " " + file.getFileName())
                        .toList());
        assertRefused(
                FlussError.KV_SNAPSHOT_NOT_EXIST,
                () -> admin.getKvSnapshotMetadata(TableBucket.of(tableId, 1), snapshotId + 1000));
    }

    @Test
    void shouldTellSnapshotsOfPartitions() throws Exception {
        final TablePath path = path("kv_days");
        admin.createTable(
                path, keyed().partitionedBy("day").distributedBy(1, "id").build());
        upsert(path, 5);
        final KvSnapshots latest = eventually(
                () -> admin.getLatestKvSnapshots(path, "d0"),
                snapshots -> snapshots.logOffset(0).equals(OptionalLong.of(5)));
        final long partitionId = admin.listPartitionInfos(path).getFirst().getPartitionId();
        final TableBucket bucket = TableBucket.of(latest.tableId(), partitionId, 0);
        assertThat(latest.tableBuckets()).isEqualTo(Set.of(bucket));
        assertThat(admin.getKvSnapshotMetadata(bucket, latest.snapshotId(0).orElseThrow())
                        .logOffset())
                .isEqualTo(5);

        assertRefused(FlussError.PARTITION_NOT_EXISTS, () -> admin.getLatestKvSnapshots(path));
        // The server has no code for it, but says it.
        assertThatThrownBy(() -> admin.getLatestKvSnapshots(path, "d9"))
                .isInstanceOf(FlussApiException.class)
                .hasMessageContaining("PartitionNotExistException")
                .hasMessageContaining("d9");
    }

    @Test
    void shouldRefuseTablesWithoutKeyValueStores() {
        final TablePath log = path("no_kv");
        admin.createTable(log, log().distributedBy(1).build());
        final TablePath keyed = path("no_days");
        admin.createTable(keyed, keyed().distributedBy(1, "id").build());
        assertRefused(FlussError.NON_PRIMARY_KEY_TABLE_EXCEPTION, () -> admin.getLatestKvSnapshots(log));
        assertRefused(FlussError.TABLE_NOT_PARTITIONED_EXCEPTION, () -> admin.getLatestKvSnapshots(keyed, "d1"));
        assertRefused(FlussError.TABLE_NOT_EXIST, () -> admin.getLatestKvSnapshots(path("nothing")));
        final KvSnapshotLease lease = admin.createKvSnapshotLease("refused", Duration.ofMinutes(1));
        final long tableId = admin.getTableInfo(log).tableId();
        assertRefused(
                FlussError.NON_PRIMARY_KEY_TABLE_EXCEPTION,
                () -> lease.acquireSnapshots(Map.of(TableBucket.of(tableId, 0), 0L)));
        assertThatThrownBy(() -> lease.acquireSnapshots(Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'refused'");
        assertThatThrownBy(() -> admin.createKvSnapshotLease("short", Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'short'")
                .hasMessageContaining("PT0S");
    }

    @Test
    void shouldKeepSnapshotsWithALease() throws Exception {
        final TablePath path = path("leased");
        admin.createTable(path, keyed().distributedBy(1, "id").build());
        final TableBucket bucket = TableBucket.of(admin.getTableInfo(path).tableId(), 0);
        final long held = nextSnapshot(path, -1);
        final KvSnapshotLease lease = admin.createKvSnapshotLease("reader", Duration.ofMinutes(10));
        assertThat(lease.leaseId()).isEqualTo("reader");
        assertThat(lease.leaseDuration()).isEqualTo(Duration.ofMinutes(10));
        assertThat(lease.acquireSnapshots(Map.of(bucket, held))).isEmpty();

        final long second = nextSnapshot(path, held);
        final long third = nextSnapshot(path, second);
        eventually(() -> exists(bucket, second), there -> !there);
        assertThat(exists(bucket, held)).isTrue();
        lease.renew();
        assertThat(exists(bucket, held)).isTrue();

        // Let go of, it is deleted with the next one.
        lease.releaseSnapshots(Set.of(bucket));
        lease.acquireSnapshots(Map.of(bucket, third));
        final long fourth = nextSnapshot(path, third);
        eventually(() -> exists(bucket, held), there -> !there);
        final long fifth = nextSnapshot(path, fourth);
        assertThat(exists(bucket, third)).isTrue();
        lease.dropLease();
        lease.dropLease();
        nextSnapshot(path, fifth);
        eventually(() -> exists(bucket, third), there -> !there);
    }

    private boolean exists(final TableBucket bucket, final long snapshotId) {
        try {
            admin.getKvSnapshotMetadata(bucket, snapshotId);
            return true;
        } catch (final FlussApiException e) {
            assertThat(e.error()).isEqualTo(FlussError.KV_SNAPSHOT_NOT_EXIST);
            return false;
        }
    }

    /** Writes, and waits until there is a snapshot of it. */
    private long nextSnapshot(final TablePath path, final long last) throws Exception {
        upsert(path, 3);
        return eventually(
                        () -> admin.getLatestKvSnapshots(path),
                        snapshots -> snapshots.snapshotId(0).orElse(-1) > last)
                .snapshotId(0)
                .orElseThrow();
    }

    private void upsert(final TablePath path, final int rows) throws Exception {
        final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
        for (long n = 0; n < rows; n++) {
            writer.upsert(GenericRow.fromData(n, "d0", System.nanoTime()));
        }
        writer.flush();
    }

    private static TableDescriptor.Builder log() {
        return TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("n", DataTypes.BIGINT())
                        .column("day", DataTypes.STRING())
                        .build());
    }

    private static TableDescriptor.Builder keyed() {
        return TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("id", DataTypes.BIGINT())
                        .column("day", DataTypes.STRING())
                        .column("at", DataTypes.BIGINT())
                        .primaryKey("id", "day")
                        .build());
    }

    /** Tells the coordinator what a tiering service would. */
    private static final class Lake implements AutoCloseable {
        private final MetricRegistry metrics;
        private final RpcClient client;
        private final CoordinatorGateway coordinator;

        Lake(final FlussCluster cluster) {
            final Configuration configuration = new Configuration();
            metrics = MetricRegistry.create(configuration, null);
            client = RpcClient.create(configuration, new ClientMetricGroup(metrics, "lake"), false);
            final int port = cluster.coordinator().port();
            final ServerNode node = new ServerNode(0, "127.0.0.1", port, ServerType.COORDINATOR);
            coordinator = GatewayClientProxy.createGatewayProxy(() -> node, client, CoordinatorGateway.class);
        }

        void commit(
                final TablePath path,
                final long snapshotId,
                final Map<TableBucket, Long> offsets,
                final boolean readable)
                throws Exception {
            final long tableId = offsets.keySet().iterator().next().tableId();
            final PrepareLakeTableSnapshotRequest prepare = new PrepareLakeTableSnapshotRequest();
            final PbTableOffsets table = prepare.addBucketOffset().setTableId(tableId);
            table.setTablePath().setDatabaseName(path.database()).setTableName(path.table());
            offsets.forEach((bucket, offset) -> {
                final var message =
                        table.addBucketOffset().setBucketId(bucket.bucketId()).setLogEndOffset(offset);
                if (bucket.partitionId() != null) {
                    message.setPartitionId(bucket.partitionId());
                }
            });
            final String file = await(coordinator.prepareLakeTableSnapshot(prepare))
                    .getPrepareLakeTableRespAt(0)
                    .getLakeTableOffsetsPath();
            final CommitLakeTableSnapshotRequest commit = new CommitLakeTableSnapshotRequest();
            final PbLakeTableSnapshotMetadata metadata = commit.addLakeTableSnapshotMetadata()
                    .setTableId(tableId)
                    .setSnapshotId(snapshotId)
                    .setTieredBucketOffsetsFilePath(file)
                    .setEarliestSnapshotIdToKeep(1);
            if (readable) {
                metadata.setReadableBucketOffsetsFilePath(file);
            }
            assertThat(await(coordinator.commitLakeTableSnapshot(commit))
                            .getTableRespAt(0)
                            .hasErrorCode())
                    .isFalse();
        }

        @Override
        public void close() throws Exception {
            client.close();
            await(metrics.closeAsync());
        }
    }
}
