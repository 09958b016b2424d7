package dev.millrace.internal.cluster;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbBucketMetadata;
import dev.millrace.internal.rpc.proto.PbServerNode;
import dev.millrace.internal.rpc.proto.PbTableMetadata;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.metadata.TablePath;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the cluster at one moment. Immutable.
 *
 * @param coordinator null while none is known.
 * @param tabletServers the live tablet servers by id.
 * @param tables the tables that were asked for, by path.
 */
public record ClusterSnapshot(
        @Nullable ServerNode coordinator,
        Map<Integer, ServerNode> tabletServers,
        Map<TablePath, TableLocation> tables) {
    /** More than any server allows a table to have; what a damaged answer may make us allocate. */
    private static final int MAX_BUCKETS = 1 << 20;

    static final ClusterSnapshot EMPTY = new ClusterSnapshot(null, Map.of(), Map.of());

    /** Copies the maps. */
    public ClusterSnapshot {
        tabletServers = Map.copyOf(tabletServers);
        tables = Map.copyOf(tables);
    }

    /** Returns the server that leads a bucket, or null if there is none or it is not alive. */
    public @Nullable ServerNode leader(final TableLocation table, final int bucketId) {
        return tabletServers.get(table.leader(bucketId));
    }

    /** Returns this knowledge with an answer's on top: its servers replace ours, its tables ours of the same path. */
    ClusterSnapshot with(final MetadataResponse answer) {
        final Map<TablePath, TableLocation> merged = new HashMap<>(tables);
        for (final PbTableMetadata table : answer.getTableMetadataList()) {
            final TableLocation location = location(table);
            merged.put(location.path(), location);
        }
        return new ClusterSnapshot(
                answer.hasCoordinatorServer()
                        ? node(answer.getCoordinatorServer(), ServerType.COORDINATOR_SERVER)
                        : null,
                answer.getTabletServersList().stream()
                        .map(server -> node(server, ServerType.TABLET_SERVER))
                        .collect(Collectors.toMap(ServerNode::id, server -> server, (first, second) -> second)),
                merged);
    }

    /** Returns this knowledge without what it says of a table. */
    ClusterSnapshot without(final TablePath path) {
        final Map<TablePath, TableLocation> rest = new HashMap<>(tables);
        return rest.remove(path) == null ? this : new ClusterSnapshot(coordinator, tabletServers, rest);
    }

    private static ServerNode node(final PbServerNode node, final ServerType type) {
        return new ServerNode(node.getNodeId(), node.getHost(), node.getPort(), type);
    }

    private static TableLocation location(final PbTableMetadata table) {
        final TablePath path = TablePath.of(
                table.getTablePath().getDatabaseName(), table.getTablePath().getTableName());
        int count = 0;
        for (final PbBucketMetadata bucket : table.getBucketMetadataList()) {
            if (bucket.getBucketId() < 0 || bucket.getBucketId() >= MAX_BUCKETS) {
                throw new CorruptDataException("metadata of " + path + " names bucket " + bucket.getBucketId());
            }
            count = Math.max(count, bucket.getBucketId() + 1);
        }
        final int[] leaders = new int[count];
        Arrays.fill(leaders, TableLocation.NO_LEADER);
        for (final PbBucketMetadata bucket : table.getBucketMetadataList()) {
            if (bucket.hasLeaderId()) {
                leaders[bucket.getBucketId()] = bucket.getLeaderId();
            }
        }
        return new TableLocation(path, table.getTableId(), table.getSchemaId(), leaders);
    }
}
