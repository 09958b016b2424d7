package dev.millrace.scan;

import com.google.protobuf.MessageLite;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.GetTableSchemaRequest;
import dev.millrace.internal.rpc.proto.GetTableSchemaResponse;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.Schema;
import dev.millrace.types.RowType;

/** Asks for schemas that a table had before, or has got since the scan was made. */
final class TableSchemas {
    private final ScanContext context;

    TableSchemas(final ScanContext context) {
        this.context = context;
    }

    /**
     * The columns of one schema. Blocks for the request timeout at most.
     *
     * @throws dev.millrace.error.FlussException there is no such schema, or no answer; then it is retriable.
     */
    RowType rowType(final int schemaId) {
        final MessageLite request = GetTableSchemaRequest.newBuilder()
                .setTablePath(PbTablePath.newBuilder()
                        .setDatabaseName(context.table().tablePath().database())
                        .setTableName(context.table().tablePath().table()))
                .setSchemaId(schemaId)
                .build();
        final GetTableSchemaResponse response = context.rpc()
                .call(
                        context.cluster().anyTabletServer(),
                        Api.GET_TABLE_SCHEMA,
                        request,
                        GetTableSchemaResponse.parser(),
                        System.nanoTime() + context.config().requestTimeout().toNanos());
        return Schema.fromJsonBytes(response.getSchemaJson().toByteArray()).rowType();
    }
}
