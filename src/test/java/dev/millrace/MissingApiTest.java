package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.admin.OffsetSpec;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.metadata.TableBucket;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LimitBatchScanner;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
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

    @Test
    void shouldTellWhoWritesScansOrLooksUp() throws Exception {
        try (ScriptedServer server = ScriptedTables.server().limitedTo(Api.GET_METADATA, Api.GET_TABLE_INFO);
                FlussConnection connection = connect(server, true);
                FlussConnection simple = connect(server, false)) {
            final FlussTable log = connection.getTable(ScriptedTables.LOG);
            final FlussTable keyed = connection.getTable(ScriptedTables.KEYED);
            assertMissing(Api.INIT_WRITER, () -> append(log).await());
            assertMissing(Api.INIT_WRITER, () -> upsert(keyed).await());
            final FlussTable simpleLog = simple.getTable(ScriptedTables.LOG);
            final FlussTable simpleKeyed = simple.getTable(ScriptedTables.KEYED);
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
                    log.newScan().limit(1).createBucketBatchScanner(TableBucket.of(ScriptedTables.TABLE_ID, 0))) {
                assertMissing(Api.LIMIT_SCAN, scanner::nextBatch);
            }
        }
    }

    @Test
    void shouldTellAdministrators() throws Exception {
        try (ScriptedServer server = ScriptedTables.server().limitedTo(Api.GET_METADATA);
                FlussConnection connection = connect(server, true)) {
            assertMissing(Api.GET_TABLE_INFO, () -> connection.getTable(ScriptedTables.LOG));
            assertMissing(
                    Api.LIST_OFFSETS,
                    () -> connection.getAdmin().listOffsets(ScriptedTables.LOG, List.of(0), OffsetSpec.latest()));
        }
    }

    @Test
    void shouldTellWhoConnects() throws Exception {
        try (ScriptedServer server = ScriptedTables.server().limitedTo()) {
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
}
