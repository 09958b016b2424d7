package dev.millrace;

import com.google.protobuf.ByteString;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.GetTableInfoResponse;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbBucketMetadata;
import dev.millrace.internal.rpc.proto.PbServerNode;
import dev.millrace.internal.rpc.proto.PbTableMetadata;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.types.DataTypes;
import java.io.IOException;
import java.util.List;

/** A cluster of one scripted server that has a log and a table with a primary key, of one column and one bucket each. */
final class ScriptedTables {
    static final TablePath LOG = TablePath.of("market", "ticks");
    static final TablePath KEYED = TablePath.of("market", "prices");
    static final long TABLE_ID = 11;

    private ScriptedTables() {}

    /** A server that tells about the tables, and is asked for nothing else. */
    static ScriptedServer server() throws IOException {
        final ScriptedServer server = new ScriptedServer(request -> {});
        server.script(request -> answer(request, server));
        return server;
    }

    /** Answers what is asked about the tables. */
    static void answer(final Request request, final ScriptedServer server) {
        switch (request.api()) {
            case GET_METADATA ->
                request.answer(metadata(List.of(server.node()), server.node().id()));
            case GET_TABLE_INFO -> request.answer(info(request));
            default -> throw new AssertionError("nobody was to ask for " + request.api());
        }
    }

    private static GetTableInfoResponse info(final Request request) {
        final boolean hasKey =
                ByteString.copyFrom(request.body()).toStringUtf8().contains(KEYED.table());
        final Schema.Builder schema = Schema.builder().column("n", DataTypes.BIGINT());
        final TableDescriptor descriptor = TableDescriptor.builder()
                .schema((hasKey ? schema.primaryKey("n") : schema).build())
                .distributedBy(1)
                .build();
        return GetTableInfoResponse.newBuilder()
                .setTableId(TABLE_ID)
                .setSchemaId(1)
                .setTableJson(ByteString.copyFrom(descriptor.toJsonBytes()))
                .setCreatedTime(0)
                .setModifiedTime(0)
                .build();
    }

    /** The tablet servers that there are, of which one leads the buckets, or one that is not there. */
    static MetadataResponse metadata(final List<ServerNode> servers, final int leaderId) {
        final MetadataResponse.Builder response = MetadataResponse.newBuilder();
        for (final ServerNode server : servers) {
            response.addTabletServers(PbServerNode.newBuilder()
                    .setNodeId(server.id())
                    .setHost(server.host())
                    .setPort(server.port()));
        }
        for (final TablePath path : List.of(LOG, KEYED)) {
            response.addTableMetadata(PbTableMetadata.newBuilder()
                    .setTablePath(PbTablePath.newBuilder()
                            .setDatabaseName(path.database())
                            .setTableName(path.table()))
                    .setTableId(TABLE_ID)
                    .setSchemaId(1)
                    .setTableJson(ByteString.EMPTY)
                    .setCreatedTime(0)
                    .setModifiedTime(0)
                    .addBucketMetadata(
                            PbBucketMetadata.newBuilder().setBucketId(0).setLeaderId(leaderId)));
        }
        return response.build();
    }
}
