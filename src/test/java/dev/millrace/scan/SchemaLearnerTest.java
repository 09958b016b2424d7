package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.error.FlussError;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.GetTableSchemaResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForTable;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.types.DataTypes;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Row logs whose batches name a schema that the scanner does not know, and servers that are slow to tell it. */
@Timeout(60)
class SchemaLearnerTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(50);

    @Test
    void shouldKeepTheTimeoutOfAPollWhileASchemaIsAskedFor() throws Exception {
        final BlockingQueue<Request> asked = new LinkedBlockingQueue<>();
        try (ScriptedLog log = new ScriptedLog(2, SchemaLearnerTest::answer);
                LogScanner scanner = log.scan(2, LogFormat.COMPACTED).createLogScanner()) {
            log.setSchemas(asked::add);
            // The other bucket goes on meanwhile.
            scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L));
            final List<Long> read = new ArrayList<>();
            while (read.size() < 5) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    records.forEach(record -> read.add(record.row().getLong(0)));
                }
            }
            assertThat(read).containsExactlyElementsOf(range(10, 15));
            Request first = asked.poll();
            while (first == null) {
                scanner.poll(SHORT).close();
                first = asked.poll();
            }
            final long startNs = System.nanoTime();
            try (ScanRecords records = scanner.poll(SHORT)) {
                assertThat(records.isEmpty()).isTrue();
            }
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(Duration.ofSeconds(5));

            // The connection is lost, and another question gets an answer, which ends the poll.
            first.cut();
            final Request second = next(asked);
            final Thread answering = Thread.ofVirtual().name("answering").start(() -> second.answer(schema()));
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.count()).isEqualTo(5);
                for (final ScanRecord record : records) {
                    assertThat(record.row().fieldCount()).isEqualTo(1);
                    assertThat(record.row().getLong(0)).isEqualTo(record.offset());
                }
            }
            answering.join();
            assertThat(asked).isEmpty();
        }
    }

    @Test
    void shouldSleepWhileASchemaIsAskedForAndMoreRowsWait() throws Exception {
        final BlockingQueue<Request> asked = new LinkedBlockingQueue<>();
        final AtomicBoolean allThere = new AtomicBoolean();
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    final long from = fetch.getTablesReq(0).getBucketsReq(0).getFetchOffset();
                    if (from < 10) {
                        request.answer(ScriptedScanTest.response(
                                ScriptedScanTest.bucket(ScriptedLog.rowBatch(2, from, from + 5, from))));
                    } else {
                        allThere.set(true);
                    }
                });
                LogScanner scanner = log.scan(1, LogFormat.COMPACTED).createLogScanner()) {
            log.setSchemas(asked::add);
            scanner.subscribe(0, 0);
            while (asked.isEmpty() || !allThere.get()) {
                scanner.poll(SHORT).close();
            }
            final long startNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
            try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                assertThat(records.isEmpty()).isTrue();
            }
            final long tookNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - startNs;
            assertThat(Duration.ofNanos(tookNs)).isLessThan(Duration.ofMillis(100));

            next(asked).answer(schema());
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.count()).isEqualTo(10);
            }
        }
    }

    @Test
    void shouldSayThatASchemaCannotBeLearntAndAskAgain() throws Exception {
        try (ScriptedLog log = new ScriptedLog(1, SchemaLearnerTest::answer);
                LogScanner scanner = log.scan(1, LogFormat.COMPACTED).createLogScanner()) {
            log.setSchemas(request -> request.refuse(FlussError.AUTHORIZATION_EXCEPTION.code(), "not you"));
            scanner.subscribe(0, 0);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> scanner.poll(LONG))
                        .hasMessageContaining("table market.ticks, bucket 0, offset 0: ")
                        .hasMessageContaining("not you");
            }
            log.setSchemas(request -> request.answer(schema()));
            scanner.subscribe(0, 3);
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.count()).isEqualTo(2);
            }
        }
    }

    @Test
    void shouldNameTheBucketWhenSchemasAreNotServed() throws Exception {
        try (ScriptedLog log = new ScriptedLog(1, SchemaLearnerTest::answer);
                LogScanner scanner = log.scan(1, LogFormat.COMPACTED).createLogScanner()) {
            log.setSchemas(request -> request.refuse(FlussError.UNSUPPORTED_VERSION.code(), "too old"));
            scanner.subscribe(0, 0);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> scanner.poll(LONG))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("table market.ticks, bucket 0, offset 0: ")
                        .hasMessageContaining("too old");
            }
        }
    }

    @Test
    void shouldCloseWhileASchemaIsAskedFor() throws Exception {
        final BlockingQueue<Request> asked = new LinkedBlockingQueue<>();
        try (ScriptedLog log = new ScriptedLog(1, SchemaLearnerTest::answer)) {
            log.setSchemas(asked::add);
            final LogScanner scanner = log.scan(1, LogFormat.COMPACTED).createLogScanner();
            scanner.subscribe(0, 0);
            while (asked.isEmpty()) {
                scanner.poll(SHORT).close();
            }
            final long startNs = System.nanoTime();
            scanner.close();
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(Duration.ofSeconds(4));
        }
    }

    /** Bucket 0 has five rows of schema 2, bucket 1 five of schema 1. */
    private static void answer(final Request request, final FetchLogRequest fetch) {
        final FetchLogResponse.Builder response = FetchLogResponse.newBuilder();
        final PbFetchLogRespForTable.Builder table =
                PbFetchLogRespForTable.newBuilder().setTableId(ScriptedLog.TABLE_ID);
        for (final PbFetchLogReqForBucket bucket : fetch.getTablesReq(0).getBucketsReqList()) {
            if (bucket.getFetchOffset() < 5) {
                table.addBucketsResp(PbFetchLogRespForBucket.newBuilder()
                        .setBucketId(bucket.getBucketId())
                        .setRecords(ByteString.copyFrom(rows(bucket.getBucketId()))));
            }
        }
        if (table.getBucketsRespCount() > 0) {
            request.answer(response.addTablesResp(table).build());
        }
    }

    private static byte[] rows(final int bucket) {
        return bucket == 0 ? ScriptedLog.rowBatch(2, 0, 5, 0) : ScriptedLog.rowBatch(1, 0, 5, 10);
    }

    private static GetTableSchemaResponse schema() {
        final Schema schema = Schema.builder()
                .column("n", DataTypes.BIGINT())
                .column("later", DataTypes.BIGINT())
                .build();
        return GetTableSchemaResponse.newBuilder()
                .setSchemaId(2)
                .setSchemaJson(ByteString.copyFrom(schema.toJsonBytes()))
                .build();
    }

    private static Request next(final BlockingQueue<Request> requests) throws InterruptedException {
        final Request request = requests.poll(20, TimeUnit.SECONDS);
        assertThat(request).isNotNull();
        return request;
    }

    private static List<Long> range(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }
}
