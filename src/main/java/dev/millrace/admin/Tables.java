package dev.millrace.admin;

import com.google.protobuf.ByteString;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.AlterTableRequest;
import dev.millrace.internal.rpc.proto.AlterTableResponse;
import dev.millrace.internal.rpc.proto.CreateTableRequest;
import dev.millrace.internal.rpc.proto.CreateTableResponse;
import dev.millrace.internal.rpc.proto.DropTableRequest;
import dev.millrace.internal.rpc.proto.DropTableResponse;
import dev.millrace.internal.rpc.proto.GetTableInfoRequest;
import dev.millrace.internal.rpc.proto.GetTableInfoResponse;
import dev.millrace.internal.rpc.proto.GetTableSchemaRequest;
import dev.millrace.internal.rpc.proto.GetTableSchemaResponse;
import dev.millrace.internal.rpc.proto.ListTablesRequest;
import dev.millrace.internal.rpc.proto.ListTablesResponse;
import dev.millrace.internal.rpc.proto.PbAddColumn;
import dev.millrace.internal.rpc.proto.PbAlterConfig;
import dev.millrace.internal.rpc.proto.TableExistsRequest;
import dev.millrace.internal.rpc.proto.TableExistsResponse;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.SchemaInfo;
import dev.millrace.metadata.TableChange;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import java.time.Instant;
import java.util.List;

/** What is asked about tables and their schemas. */
final class Tables {
    /** Behind the other columns, the one position that servers accept. */
    private static final int LAST = 0;

    private final Servers servers;
    private final Cluster cluster;

    /** The cluster stays the caller's. */
    Tables(final Servers servers, final Cluster cluster) {
        this.servers = servers;
        this.cluster = cluster;
    }

    void create(final TablePath path, final TableDescriptor descriptor, final boolean ignoreIfExists) {
        final CreateTableRequest request = CreateTableRequest.newBuilder()
                .setTablePath(Servers.message(path))
                .setTableJson(ByteString.copyFrom(descriptor.toJsonBytes()))
                .setIgnoreIfExists(ignoreIfExists)
                .build();
        servers.askCoordinator(Api.CREATE_TABLE, request, CreateTableResponse.parser());
    }

    void alter(final TablePath path, final List<TableChange> changes, final boolean ignoreIfNotExists) {
        final AlterTableRequest.Builder request = AlterTableRequest.newBuilder()
                .setTablePath(Servers.message(path))
                .setIgnoreIfNotExists(ignoreIfNotExists);
        for (final TableChange change : changes) {
            switch (change) {
                case TableChange.AddColumn column -> request.addAddColumns(message(column));
                case TableChange.SetOption option ->
                    request.addConfigChanges(
                            message(option.key(), AlterConfigOpType.SET).setConfigValue(option.value()));
                case TableChange.ResetOption option ->
                    request.addConfigChanges(message(option.key(), AlterConfigOpType.DELETE));
            }
        }
        servers.askCoordinator(Api.ALTER_TABLE, request.build(), AlterTableResponse.parser());
    }

    private static PbAddColumn message(final TableChange.AddColumn column) {
        final PbAddColumn.Builder message = PbAddColumn.newBuilder()
                .setColumnName(column.name())
                .setDataTypeJson(ByteString.copyFrom(column.dataTypeToJsonBytes()))
                .setColumnPositionType(LAST);
        if (column.comment() != null) {
            message.setComment(column.comment());
        }
        return message.build();
    }

    private static PbAlterConfig.Builder message(final String key, final AlterConfigOpType opType) {
        return PbAlterConfig.newBuilder().setConfigKey(key).setOpType(opType.code());
    }

    void drop(final TablePath path, final boolean ignoreIfNotExists) {
        final DropTableRequest request = DropTableRequest.newBuilder()
                .setTablePath(Servers.message(path))
                .setIgnoreIfNotExists(ignoreIfNotExists)
                .build();
        try {
            servers.askCoordinator(Api.DROP_TABLE, request, DropTableResponse.parser());
        } finally {
            cluster.invalidate(path);
        }
    }

    List<String> list(final String databaseName) {
        final ListTablesRequest request =
                ListTablesRequest.newBuilder().setDatabaseName(databaseName).build();
        return List.copyOf(servers.askAny(Api.LIST_TABLES, request, ListTablesResponse.parser())
                .getTableNameList());
    }

    boolean exists(final TablePath path) {
        final TableExistsRequest request = TableExistsRequest.newBuilder()
                .setTablePath(Servers.message(path))
                .build();
        return servers.askAny(Api.TABLE_EXISTS, request, TableExistsResponse.parser())
                .getExists();
    }

    TableInfo info(final TablePath path) {
        final GetTableInfoRequest request = GetTableInfoRequest.newBuilder()
                .setTablePath(Servers.message(path))
                .build();
        final GetTableInfoResponse response =
                servers.askAny(Api.GET_TABLE_INFO, request, GetTableInfoResponse.parser());
        return new TableInfo(
                path,
                response.getTableId(),
                response.getSchemaId(),
                TableDescriptor.fromJsonBytes(response.getTableJson().toByteArray()),
                Instant.ofEpochMilli(response.getCreatedTime()),
                Instant.ofEpochMilli(response.getModifiedTime()));
    }

    SchemaInfo latestSchema(final TablePath path) {
        return schema(GetTableSchemaRequest.newBuilder().setTablePath(Servers.message(path)));
    }

    SchemaInfo schema(final TablePath path, final int schemaId) {
        return schema(GetTableSchemaRequest.newBuilder()
                .setTablePath(Servers.message(path))
                .setSchemaId(schemaId));
    }

    private SchemaInfo schema(final GetTableSchemaRequest.Builder request) {
        final GetTableSchemaResponse response =
                servers.askAny(Api.GET_TABLE_SCHEMA, request.build(), GetTableSchemaResponse.parser());
        return new SchemaInfo(Schema.fromJsonBytes(response.getSchemaJson().toByteArray()), response.getSchemaId());
    }
}
