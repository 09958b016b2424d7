package dev.millrace.admin;

import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.PartitionMessages;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.CreatePartitionResponse;
import dev.millrace.internal.rpc.proto.DropPartitionResponse;
import dev.millrace.internal.rpc.proto.ListPartitionInfosResponse;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.TablePath;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is asked about the partitions of tables. */
final class Partitions {
    private final Servers servers;
    private final Cluster cluster;

    /** The cluster stays the caller's. */
    Partitions(final Servers servers, final Cluster cluster) {
        this.servers = servers;
        this.cluster = cluster;
    }

    /** Without a specification: all. */
    List<PartitionInfo> list(final TablePath table, final @Nullable PartitionSpec partialSpec) {
        return PartitionMessages.read(servers.askAny(
                Api.LIST_PARTITION_INFOS,
                PartitionMessages.list(table, partialSpec),
                ListPartitionInfosResponse.parser()));
    }

    void create(final TablePath table, final PartitionSpec spec, final boolean ignoreIfExists) {
        servers.askCoordinator(
                Api.CREATE_PARTITION,
                PartitionMessages.create(table, spec, ignoreIfExists),
                CreatePartitionResponse.parser());
    }

    void drop(final TablePath table, final PartitionSpec spec, final boolean ignoreIfNotExists) {
        try {
            servers.askCoordinator(
                    Api.DROP_PARTITION,
                    PartitionMessages.drop(table, spec, ignoreIfNotExists),
                    DropPartitionResponse.parser());
        } finally {
            cluster.invalidate(table);
        }
    }
}
