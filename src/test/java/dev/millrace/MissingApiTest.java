package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.GetTableInfoResponse;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.internal.rpc.proto.PbBucketMetadata;
import dev.millrace.internal.rpc.proto.PbServerNode;
import dev.millrace.internal.rpc.proto.PbTableMetadata;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LimitBatchScanner;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that serves little, as no real one can be made to: what is missing is told at once, and to whom it matters. */
@Timeout(60)
class MissingApiTest {
    private static final Duration AT_ONCE = Duration.ofSeconds(10);
    private static final TablePath LOG = TablePath.of("market", "ticks");
    private static final TablePath KEYED = TablePath.of("market", "prices");
    private static final long TABLE_ID = 11;

    @Test
    void shouldTellWhoWritesScansOrLooksUp() throws Exception {
        try (ScriptedServer server = server(Api.GET_METADATA, Api.GET_TABLE_INFO);
                FlussConnection connection = connect(server, true);
                FlussConnection simple = connect(server, false)) {
            final FlussTable log = connection.getTable(LOG);
            final FlussTable keyed = connection.getTable(KEYED);
            assertMissing(Api.INIT_WRITER, () -> append(log).await());
            assertMissing(Api.INIT_WRITER, () -> upsert(keyed).await());
            final FlussTable simpleLog = simple.getTable(LOG);
            final FlussTable simpleKeyed = simple.getTable(KEYED);
            assertMissing(Api.PRODUCE_LOG, () -> append(simpleLog).await());
            assertMissing(Api.PUT_KV, () -> upsert(simpleKeyed).await());
            assertThatThrownBy(() -> append(simpleLog).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(UnsupportedOperationException.class);
            assertThatThrownBy(() -> append(simpleLog).toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(UnsupportedOperationException.class);
            assertMissing(Api.LOOKUP, () -> keyed.newLookup().createLookuper().lookup(GenericRow.fromData(1L)));
            try (LogScanner scanner = log.newScan().createLogScanner()) {
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                assertMissing(Api.FETCH_LOG, () -> scanner.poll(AT_ONCE).close());
            }
            try (LimitBatchScanner scanner =
                    log.newScan().limit(1).createBucketBatchScanner(TableBucket.of(TABLE_ID, 0))) {
                assertMissing(Api.LIMIT_SCAN, scanner::nextBatch);
            }
        }
    }

    @Test
    void shouldTellAdministrators() throws Exception {
        try (ScriptedServer server = server(Api.GET_METADATA);
                FlussConnection connection = connect(server, true)) {
            assertMissing(Api.GET_TABLE_INFO, () -> connection.getTable(LOG));
            assertMissing(
                    Api.LIST_OFFSETS, () -> connection.getAdmin().listOffsets(LOG, List.of(0), OffsetSpec.latest()));
        }
    }

    @Test
    void shouldTellWhoConnects() throws Exception {
        try (ScriptedServer server = server()) {
            assertMissing(Api.GET_METADATA, () -> connect(server, true).close());
        }
    }

    private static void assertMissing(final Api api, final ThrowingCallable call) {
        final long startNs = System.nanoTime();
        final Throwable failure = catchThrowable(call);
        assertThat(failure)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("does not serve " + api);
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(AT_ONCE);
    }

    private static WriteResultFuture append(final FlussTable table) {
        final AppendWriter writer = table.newAppend().createWriter();
        return writer.append(GenericRow.fromData(1L));
    }

    private static WriteResultFuture upsert(final FlussTable table) {
        final UpsertWriter writer = table.newUpsert().createWriter();
        return writer.upsert(GenericRow.fromData(1L));
    }

    private static FlussConnection connect(final ScriptedServer server, final boolean isIdempotent) {
        return FlussConnection.connect(Config.builder()
                .bootstrapServers(server.node().host() + ":" + server.node().port())
                .writerEnableIdempotence(isIdempotent)
                .build());
    }

    private static ScriptedServer server(final Api... apis) throws IOException {
        final ScriptedServer server = new ScriptedServer(request -> {});
        server.script(request -> answer(request, server));
        return server.limitedTo(apis);
    }

    private static void answer(final Request request, final ScriptedServer server) {
        switch (request.api()) {
            case GET_METADATA -> request.answer(metadata(server));
            case GET_TABLE_INFO ->
                request.answer(GetTableInfoResponse.newBuilder()
                        .setTableId(TABLE_ID)
                        .setSchemaId(1)
                        .setTableJson(ByteString.copyFrom(descriptor(ByteString.copyFrom(request.body())
                                        .toStringUtf8()
                                        .contains(KEYED.table()))
                                .toJsonBytes()))
                        .setCreatedTime(0)
                        .setModifiedTime(0)
                        .build());
            default -> throw new AssertionError("was told not to be served: " + request.api());
        }
    }

    private static TableDescriptor descriptor(final boolean hasKey) {
        final Schema.Builder schema = Schema.builder().column("n", DataTypes.BIGINT());
        return TableDescriptor.builder()
                .schema((hasKey ? schema.primaryKey("n") : schema).build())
                .distributedBy(1)
                .build();
    }

    private static MetadataResponse metadata(final ScriptedServer server) {
        final PbServerNode node = PbServerNode.newBuilder()
                .setNodeId(server.node().id())
                .setHost(server.node().host())
                .setPort(server.node().port())
                .build();
        final MetadataResponse.Builder response = MetadataResponse.newBuilder().addTabletServers(node);
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
                    .addBucketMetadata(PbBucketMetadata.newBuilder()
                            .setBucketId(0)
                            .setLeaderId(server.node().id())));
        }
        return response.build();
    }
}
