package dev.millrace.internal.cluster;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbBucketMetadata;
import dev.millrace.internal.rpc.proto.PbPartitionMetadata;
import dev.millrace.internal.rpc.proto.PbServerNode;
import dev.millrace.internal.rpc.proto.PbTableMetadata;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.metadata.TablePath;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the cluster at one moment. Immutable.
 *
 * @param coordinator null while none is known.
 * @param tabletServers the live tablet servers by id.
 * @param tables the tables that were asked for, by path.
 * @param partitions the partitions that were asked for, by path.
 */
public record ClusterSnapshot(
        @Nullable ServerNode coordinator,
        Map<Integer, ServerNode> tabletServers,
        Map<TablePath, TableLocation> tables,
        Map<PartitionPath, PartitionLocation> partitions) {
    /** More than any server allows a table to have; what a damaged answer may make us allocate. */
    private static final int MAX_BUCKETS = 1 << 20;

    static final ClusterSnapshot EMPTY = new ClusterSnapshot(null, Map.of(), Map.of(), Map.of());

    /** Copies the maps. */
    public ClusterSnapshot {
        tabletServers = Map.copyOf(tabletServers);
        tables = Map.copyOf(tables);
        partitions = Map.copyOf(partitions);
    }

    /** Returns those of some partitions that are known, by id; a map of the caller's own. */
    Map<Long, PartitionLocation> partitions(final TablePath table, final Set<Long> ids) {
        final Map<Long, PartitionLocation> found = new HashMap<>();
        for (final PartitionLocation partition : partitions.values()) {
            if (ids.contains(partition.partitionId())
                    && partition.path().table().equals(table)) {
                found.put(partition.partitionId(), partition);
            }
        }
        return found;
    }

    /** Returns the server that leads a bucket, or null if there is none or it is not alive. */
    public @Nullable ServerNode leader(final BucketLeaders leaders, final int bucketId) {
        return tabletServers.get(leaders.leader(bucketId));
    }

    /**
     * Returns this knowledge with an answer's on top: its servers replace ours, its tables and partitions ours of the same
     * path. An answer names the table of a partition by its id, so the table is known before or in the same answer.
     */
    ClusterSnapshot with(final MetadataResponse answer) {
        final Map<TablePath, TableLocation> merged = new HashMap<>(tables);
        final Map<PartitionPath, PartitionLocation> mergedPartitions = new HashMap<>(partitions);
        final Map<Long, TablePath> paths = new HashMap<>();
        tables.values().forEach(table -> paths.put(table.tableId(), table.path()));
        for (final PbTableMetadata table : answer.getTableMetadataList()) {
            final TableLocation location = location(table);
            final TableLocation before = merged.put(location.path(), location);
            if (before != null && before.tableId() != location.tableId()) {
                mergedPartitions
                        .keySet()
                        .removeIf(partition -> partition.table().equals(location.path()));
            }
            paths.put(location.tableId(), location.path());
        }
        for (final PbPartitionMetadata partition : answer.getPartitionMetadataList()) {
            final TablePath table = paths.get(partition.getTableId());
            if (table != null) {
                final PartitionLocation location = location(table, partition);
                mergedPartitions.put(location.path(), location);
            }
        }
        return new ClusterSnapshot(
                answer.hasCoordinatorServer()
                        ? node(answer.getCoordinatorServer(), ServerType.COORDINATOR_SERVER)
                        : null,
                answer.getTabletServersList().stream()
                        .map(server -> node(server, ServerType.TABLET_SERVER))
                        .collect(Collectors.toMap(ServerNode::id, server -> server, (first, second) -> second)),
                merged,
                mergedPartitions);
    }

    /** Returns this knowledge without what it says of a table and its partitions. */
    ClusterSnapshot without(final TablePath path) {
        final Map<TablePath, TableLocation> rest = new HashMap<>(tables);
        final Map<PartitionPath, PartitionLocation> partitionsLeft = new HashMap<>(partitions);
        final boolean anyPartition =
                partitionsLeft.keySet().removeIf(partition -> partition.table().equals(path));
        return rest.remove(path) == null && !anyPartition
                ? this
                : new ClusterSnapshot(coordinator, tabletServers, rest, partitionsLeft);
    }

    /** Returns this knowledge without what it says of a partition. */
    ClusterSnapshot without(final PartitionPath path) {
        final Map<PartitionPath, PartitionLocation> rest = new HashMap<>(partitions);
        return rest.remove(path) == null ? this : new ClusterSnapshot(coordinator, tabletServers, tables, rest);
    }

    private static ServerNode node(final PbServerNode node, final ServerType type) {
        return new ServerNode(node.getNodeId(), node.getHost(), node.getPort(), type);
    }

    private static TableLocation location(final PbTableMetadata table) {
        final TablePath path = TablePath.of(
                table.getTablePath().getDatabaseName(), table.getTablePath().getTableName());
        return new TableLocation(
                path, table.getTableId(), table.getSchemaId(), leaders(path, table.getBucketMetadataList()));
    }

    private static PartitionLocation location(final TablePath table, final PbPartitionMetadata partition) {
        final PartitionPath path = new PartitionPath(table, partition.getPartitionName());
        return new PartitionLocation(
                path,
                partition.getTableId(),
                partition.getPartitionId(),
                leaders(path, partition.getBucketMetadataList()));
    }

    private static int[] leaders(final Record path, final List<PbBucketMetadata> buckets) {
        int count = 0;
        for (final PbBucketMetadata bucket : buckets) {
            if (bucket.getBucketId() < 0 || bucket.getBucketId() >= MAX_BUCKETS) {
                throw new CorruptDataException("metadata of " + path + " names bucket " + bucket.getBucketId());
            }
            count = Math.max(count, bucket.getBucketId() + 1);
        }
        final int[] leaders = new int[count];
        Arrays.fill(leaders, BucketLeaders.NO_LEADER);
        for (final PbBucketMetadata bucket : buckets) {
            if (bucket.hasLeaderId()) {
                leaders[bucket.getBucketId()] = bucket.getLeaderId();
            }
        }
        return leaders;
    }
}
