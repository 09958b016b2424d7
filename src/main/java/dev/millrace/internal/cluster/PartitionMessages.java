package dev.millrace.internal.cluster;

import dev.millrace.internal.rpc.proto.CreatePartitionRequest;
import dev.millrace.internal.rpc.proto.DropPartitionRequest;
import dev.millrace.internal.rpc.proto.ListPartitionInfosRequest;
import dev.millrace.internal.rpc.proto.ListPartitionInfosResponse;
import dev.millrace.internal.rpc.proto.PbKeyValue;
import dev.millrace.internal.rpc.proto.PbPartitionInfo;
import dev.millrace.internal.rpc.proto.PbPartitionSpec;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.TablePath;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is said to servers about the partitions of a table, for all who say it. */
public final class PartitionMessages {
    private PartitionMessages() {}

    /** Asks the coordinator for a new partition. */
    public static CreatePartitionRequest create(
            final TablePath table, final PartitionSpec spec, final boolean ignoreIfExists) {
        return CreatePartitionRequest.newBuilder()
                .setTablePath(message(table))
                .setPartitionSpec(message(spec))
                // Named otherwise in the protocol, it means: no error if there is one already.
                .setIgnoreIfNotExists(ignoreIfExists)
                .build();
    }

    /** Asks the coordinator to drop a partition. */
    public static DropPartitionRequest drop(
            final TablePath table, final PartitionSpec spec, final boolean ignoreIfNotExists) {
        return DropPartitionRequest.newBuilder()
                .setTablePath(message(table))
                .setPartitionSpec(message(spec))
                .setIgnoreIfNotExists(ignoreIfNotExists)
                .build();
    }

    /** Asks any server which partitions there are; with a specification, which of those that have its values. */
    public static ListPartitionInfosRequest list(final TablePath table, final @Nullable PartitionSpec spec) {
        final ListPartitionInfosRequest.Builder request =
                ListPartitionInfosRequest.newBuilder().setTablePath(message(table));
        if (spec != null) {
            request.setPartialPartitionSpec(message(spec));
        }
        return request.build();
    }

    /** Reads the partitions of an answer. */
    public static List<PartitionInfo> read(final ListPartitionInfosResponse answer) {
        return answer.getPartitionsInfoList().stream()
                .map(PartitionMessages::read)
                .toList();
    }

    private static PartitionInfo read(final PbPartitionInfo partition) {
        final Map<String, String> values = new LinkedHashMap<>();
        for (final PbKeyValue value : partition.getPartitionSpec().getPartitionKeyValuesList()) {
            values.put(value.getKey(), value.getValue());
        }
        return new PartitionInfo(partition.getPartitionId(), PartitionSpec.of(values));
    }

    private static PbPartitionSpec message(final PartitionSpec spec) {
        final PbPartitionSpec.Builder values = PbPartitionSpec.newBuilder();
        spec.getSpecMap()
                .forEach((column, value) -> values.addPartitionKeyValues(
                        PbKeyValue.newBuilder().setKey(column).setValue(value)));
        return values.build();
    }

    private static PbTablePath message(final TablePath table) {
        return PbTablePath.newBuilder()
                .setDatabaseName(table.database())
                .setTableName(table.table())
                .build();
    }
}
