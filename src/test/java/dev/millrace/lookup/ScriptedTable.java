package dev.millrace.lookup;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.Config;
import dev.millrace.error.FlussError;
import dev.millrace.internal.cluster.BootstrapServers;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.codec.KvValue;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.LookupRequest;
import dev.millrace.internal.rpc.proto.LookupResponse;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbBucketMetadata;
import dev.millrace.internal.rpc.proto.PbLookupReqForBucket;
import dev.millrace.internal.rpc.proto.PbLookupRespForBucket;
import dev.millrace.internal.rpc.proto.PbServerNode;
import dev.millrace.internal.rpc.proto.PbTableMetadata;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.internal.rpc.proto.PbValue;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataTypes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;

/** A table of numbers with texts whose only server is a script, and what lookups in it need. */
final class ScriptedTable implements AutoCloseable {
    static final TablePath PATH = TablePath.of("market", "numbers");
    static final long TABLE_ID = 11;
    static final int BUCKETS = 4;
    private static final Schema SCHEMA = Schema.builder()
            .column("n", DataTypes.TINYINT().copy(false))
            .column("m", DataTypes.TINYINT().copy(false))
            .column("text", DataTypes.STRING())
            .primaryKey("n", "m")
            .build();
    private static final TableInfo TABLE = new TableInfo(
            PATH,
            TABLE_ID,
            1,
            TableDescriptor.builder()
                    .schema(SCHEMA)
                    .property("table.kv.format-version", "2")
                    .distributedBy(BUCKETS, "n")
                    .build(),
            Instant.EPOCH,
            Instant.EPOCH);

    private final ScriptedServer server;
    private final RpcClient rpc;
    private final Cluster cluster;
    final LookupClient client;
    final AtomicInteger metadataRequests = new AtomicInteger();

    /** @param lookups answers the lookups, or leaves them unanswered. */
    ScriptedTable(final Config.Builder settings, final Consumer<Request> lookups) throws IOException {
        server = new ScriptedServer(request -> {});
        server.script(request -> {
            switch (request.api()) {
                case GET_METADATA -> {
                    metadataRequests.incrementAndGet();
                    request.answer(metadata());
                }
                case LOOKUP, PREFIX_LOOKUP -> lookups.accept(request);
                default -> request.refuse(FlussError.SCHEMA_NOT_EXIST.code(), "no such schema");
            }
        });
        rpc = new RpcClient(
                new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(60), Integer.MAX_VALUE, null));
        final Config config = settings.bootstrapServers(
                        server.node().host() + ":" + server.node().port())
                .build();
        cluster = new Cluster(
                rpc,
                BootstrapServers.parse(config.bootstrapServers()),
                config.requestTimeout().toNanos());
        client = new LookupClient(config, rpc, cluster);
    }

    /** Serves these requests only. */
    ScriptedTable limitedTo(final Api... apis) {
        server.limitedTo(apis);
        return this;
    }

    int connections() {
        return server.connections();
    }

    TableLookup newLookup() {
        return new TableLookup(client, TABLE);
    }

    static GenericRow key(final int n) {
        return GenericRow.fromData((byte) n, (byte) -n);
    }

    static String textOf(final int n) {
        return "(" + (byte) n + ", " + (byte) -n + ", text " + (byte) n + ")";
    }

    /** What the server answers for a key. */
    static byte[] value(final byte[] key) {
        return value(key, "text " + key[0]);
    }

    static byte[] value(final byte[] key, final String text) {
        final UnsafeBuffer memory = RowCases.memoryOf(new byte[text.length() + 64]);
        KvValue.putSchemaId(memory, 0, 1);
        final int length = RowFormat.COMPACTED
                .newEncoder(SCHEMA.rowType())
                .encode(
                        GenericRow.fromData(key[0], key.length < 2 ? (byte) 0 : key[1], text),
                        memory,
                        KvValue.ROW_OFFSET,
                        memory.capacity() - KvValue.ROW_OFFSET);
        final byte[] value = new byte[KvValue.ROW_OFFSET + length];
        memory.getBytes(0, value);
        return value;
    }

    /** The right answer; negative numbers are not there. */
    static LookupResponse answer(final LookupRequest request) {
        final LookupResponse.Builder response = LookupResponse.newBuilder();
        for (final PbLookupReqForBucket asked : request.getBucketsReqList()) {
            final PbLookupRespForBucket.Builder bucket =
                    PbLookupRespForBucket.newBuilder().setBucketId(asked.getBucketId());
            for (final ByteString key : asked.getKeysList()) {
                bucket.addValues(
                        key.byteAt(0) < 0
                                ? PbValue.getDefaultInstance()
                                : PbValue.newBuilder()
                                        .setValues(ByteString.copyFrom(value(key.toByteArray())))
                                        .build());
            }
            response.addBucketsResp(bucket);
        }
        return response.build();
    }

    /** An answer with an error for each bucket. */
    static LookupResponse refusal(final LookupRequest request, final FlussError error, final String message) {
        final LookupResponse.Builder response = LookupResponse.newBuilder();
        for (final PbLookupReqForBucket asked : request.getBucketsReqList()) {
            response.addBucketsResp(PbLookupRespForBucket.newBuilder()
                    .setBucketId(asked.getBucketId())
                    .setErrorCode(error.code())
                    .setErrorMessage(message));
        }
        return response.build();
    }

    static LookupRequest parse(final Request request) {
        if (request.api() != Api.LOOKUP) {
            throw new IllegalStateException("no lookup: " + request.api());
        }
        try {
            return LookupRequest.parseFrom(request.body());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("the server could not read this request", e);
        }
    }

    private MetadataResponse metadata() {
        final PbTableMetadata.Builder table = PbTableMetadata.newBuilder()
                .setTablePath(PbTablePath.newBuilder()
                        .setDatabaseName(PATH.database())
                        .setTableName(PATH.table()))
                .setTableId(TABLE_ID)
                .setSchemaId(1)
                .setTableJson(ByteString.EMPTY)
                .setCreatedTime(0)
                .setModifiedTime(0);
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            table.addBucketMetadata(PbBucketMetadata.newBuilder()
                    .setBucketId(bucket)
                    .setLeaderId(server.node().id()));
        }
        return MetadataResponse.newBuilder()
                .addTabletServers(PbServerNode.newBuilder()
                        .setNodeId(server.node().id())
                        .setHost(server.node().host())
                        .setPort(server.node().port()))
                .addTableMetadata(table)
                .build();
    }

    @Override
    public void close() {
        client.close();
        cluster.close();
        rpc.close();
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
