package dev.millrace.internal.cluster;

import com.google.protobuf.MessageLite;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.GetTableSchemaRequest;
import dev.millrace.internal.rpc.proto.GetTableSchemaResponse;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TablePath;
import dev.millrace.types.RowType;

/** Asks for schemas that a table had before, or has got since it was looked up. Safe for any number of threads. */
public final class TableSchemas {
    private final RpcClient rpc;
    private final Cluster cluster;
    private final TablePath table;

    /** @param rpc stays the caller's, as does the cluster. */
    public TableSchemas(final RpcClient rpc, final Cluster cluster, final TablePath table) {
        this.rpc = rpc;
        this.cluster = cluster;
        this.table = table;
    }

    /**
     * The columns of one schema. Blocks until the deadline at most.
     *
     * @throws dev.millrace.error.FlussException there is no such schema, or no answer; then it is retriable.
     */
    public RowType rowType(final int schemaId, final long deadlineNs) {
        final MessageLite request = GetTableSchemaRequest.newBuilder()
                .setTablePath(PbTablePath.newBuilder()
                        .setDatabaseName(table.database())
                        .setTableName(table.table()))
                .setSchemaId(schemaId)
                .build();
        final GetTableSchemaResponse response = rpc.call(
                cluster.anyTabletServer(), Api.GET_TABLE_SCHEMA, request, GetTableSchemaResponse.parser(), deadlineNs);
        return Schema.fromJsonBytes(response.getSchemaJson().toByteArray()).rowType();
    }
}
