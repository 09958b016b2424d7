package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.OffsetReset;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussError;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForTable;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.types.DataTypes;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.types.pojo.Field;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bounded reads of logs that a test server cannot be made to have. */
@Timeout(60)
class ScriptedReadTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final TableBucket BUCKET = TableBucket.of(ScriptedLog.TABLE_ID, 0);

    private final AtomicReference<byte[]> records = new AtomicReference<>(new byte[0]);
    private final List<Long> fetched = new ArrayList<>();

    @Test
    void shouldReachTheStopOverEmptyBatches() throws Exception {
        records.set(joined(ScriptedLog.batch(0, 3), ScriptedLog.empty(3), ScriptedLog.empty(4), ScriptedLog.empty(5)));
        try (ScriptedLog log = new ScriptedLog(1, this::answer);
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRange(0, 5);
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            try (LogReader reader = LogReader.untilLatest(scanner)) {
                final List<Long> read = new ArrayList<>();
                Map<TableBucket, Long> positions = Map.of();
                while (!reader.isDone()) {
                    try (ScanRecords next = reader.poll(LONG)) {
                        next.forEach(record -> read.add(record.row().getLong(0)));
                        positions = next.nextOffsets();
                    }
                }
                assertThat(read).containsExactly(0L, 1L, 2L);
                assertThat(positions).containsExactly(Map.entry(BUCKET, 5L));
                assertThat(reader.poll(LONG).isEmpty()).isTrue();
            }
            assertThat(fetched).startsWith(LogScanner.EARLIEST_OFFSET);
        }
    }

    @Test
    void shouldBeDoneWithALogThatBeginsBehindItsStop() throws Exception {
        try (ScriptedLog log = new ScriptedLog(1, this::answer);
                LogScanner scanner = log.scan(1).createLogScanner();
                LogScanner other = log.scan(1).createLogScanner()) {
            log.setRange(50, 50);
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            try (LogReader reader = LogReader.untilOffsets(scanner, Map.of(BUCKET, 50L))) {
                assertThat(reader.isDone()).isTrue();
            }
            // What was there when the reader was made is removed before it is read.
            log.setRange(0, 50);
            records.set(ScriptedLog.batch(50, 60));
            other.subscribe(0, LogScanner.EARLIEST_OFFSET);
            try (LogReader reader = LogReader.untilOffsets(other, Map.of(BUCKET, 20L))) {
                assertThat(reader.isDone()).isFalse();
                try (ScanRecords none = reader.poll(LONG)) {
                    assertThat(none.isEmpty()).isTrue();
                    assertThat(none.nextOffsets()).containsExactly(Map.entry(BUCKET, 20L));
                }
                assertThat(reader.isDone()).isTrue();
            }
        }
    }

    @Test
    void shouldBeDoneWhenAResetJumpsBehindTheStop() throws Exception {
        try (ScriptedLog log = new ScriptedLog(1, OffsetReset.EARLIEST, (request, fetch) -> {
                    if (onlyBucket(fetch).getFetchOffset() == 7) {
                        request.answer(response(PbFetchLogRespForBucket.newBuilder()
                                .setErrorCode(FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION.code())));
                    }
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRange(50, 60);
            scanner.subscribe(0, 7);
            try (LogReader reader = LogReader.untilOffsets(scanner, Map.of(BUCKET, 20L));
                    ScanRecords none = reader.poll(LONG)) {
                assertThat(none.isEmpty()).isTrue();
                assertThat(none.nextOffsets()).containsExactly(Map.entry(BUCKET, 20L));
                assertThat(reader.isDone()).isTrue();
            }
        }
    }

    @Test
    void shouldCloseWhatItGatheredWhenTheRestFails() throws Exception {
        final byte[] bad = ScriptedLog.batch(5, 10);
        bad[bad.length - 3] ^= 1;
        records.set(joined(ScriptedLog.batch(0, 5), bad));
        try (ScriptedLog log = new ScriptedLog(1, this::answer);
                BufferAllocator allocator = new RootAllocator()) {
            final RecordBatchLogScanner scanner = log.scan(1).createRecordBatchLogScanner(allocator);
            scanner.subscribe(0, 0);
            try (RecordBatchLogReader reader = RecordBatchLogReader.untilOffsets(scanner, Map.of(BUCKET, 10L))) {
                for (int i = 0; i < 2; i++) {
                    assertThatThrownBy(reader::collectAllBatches)
                            .isInstanceOf(CorruptDataException.class)
                            .hasMessageContaining("bucket 0, offset 5");
                }
                assertThat(allocator.getAllocatedMemory()).isZero();
                assertThat(reader.isDone()).isFalse();
                scanner.unsubscribe(0);
                assertThat(reader.nextBatch()).isEmpty();
            }
        }
    }

    @Test
    void shouldNotFailForDamageBehindTheStop() throws Exception {
        final byte[] bad = ScriptedLog.batch(5, 10);
        bad[bad.length - 3] ^= 1;
        records.set(joined(ScriptedLog.batch(0, 5), bad));
        try (ScriptedLog log = new ScriptedLog(1, this::answer)) {
            final RecordBatchLogScanner scanner = log.scan(1).createRecordBatchLogScanner();
            scanner.subscribe(0, 0);
            try (RecordBatchLogReader reader = RecordBatchLogReader.untilOffsets(scanner, Map.of(BUCKET, 5L))) {
                assertThat(reader.nextBatch()).hasValueSatisfying(ScanBatch::close);
                assertThat(reader.nextBatch()).isEmpty();
            }
        }
    }

    @Test
    void shouldGiveOutInOrderWhatAFullAllocatorHeldUp() throws Exception {
        records.set(joined(ScriptedLog.batch(0, 3), ScriptedLog.batch(3, 500), ScriptedLog.batch(500, 503)));
        try (ScriptedLog log = new ScriptedLog(1, this::answer);
                BufferAllocator allocator = new RootAllocator(2_000)) {
            final RecordBatchLogScanner scanner = log.scan(1).createRecordBatchLogScanner(allocator);
            scanner.subscribe(0, 0);
            try (RecordBatchLogReader reader = RecordBatchLogReader.untilOffsets(scanner, Map.of(BUCKET, 503L))) {
                assertThatThrownBy(() -> reader.poll(LONG)).isInstanceOf(OutOfMemoryException.class);
                assertThat(reader.isDone()).isFalse();
                allocator.setLimit(1 << 20);
                final List<Long> read = new ArrayList<>();
                for (final ScanBatch batch : reader.collectAllBatches()) {
                    try (batch) {
                        LongStream.rangeClosed(batch.baseOffset(), batch.lastOffset())
                                .forEach(read::add);
                    }
                }
                assertThat(read)
                        .containsExactlyElementsOf(
                                LongStream.range(0, 503).boxed().toList());
            }
        }
    }

    @Test
    void shouldRefuseToNameTwoColumnsAlike() throws Exception {
        final Schema schema = Schema.builder()
                .column("n", DataTypes.BIGINT())
                .column("_change_type", DataTypes.STRING())
                .primaryKey("n")
                .build();
        try (ScriptedLog log = new ScriptedLog(1, this::answer)) {
            log.setRange(0, 0);
            final RecordBatchLogScanner whole = log.scan(1, schema).createRecordBatchLogScanner();
            whole.subscribe(0, 0);
            try (RecordBatchLogReader reader = RecordBatchLogReader.untilLatest(whole)) {
                assertThatThrownBy(reader::toArrowReader)
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessageContaining("market.ticks")
                        .hasMessageContaining("'_change_type'")
                        .hasMessageContaining("projection");
            }
            final RecordBatchLogScanner projected =
                    log.scan(1, schema).project(0).createRecordBatchLogScanner();
            projected.subscribe(0, 0);
            try (ArrowReader reader =
                    RecordBatchLogReader.untilLatest(projected).toArrowReader()) {
                assertThat(reader.getVectorSchemaRoot().getSchema().getFields())
                        .extracting(Field::getName)
                        .containsExactly("n", "_change_type");
                assertThat(reader.loadNextBatch()).isFalse();
            }
        }
    }

    @Test
    void shouldGiveAppendedRowsOfAKeyedTableAChangeType() throws Exception {
        final Schema schema =
                Schema.builder().column("n", DataTypes.BIGINT()).primaryKey("n").build();
        records.set(joined(ScriptedLog.batch(0, 3), ScriptedLog.changes(3, 6, 1, ChangeType.DELETE.ordinal())));
        try (ScriptedLog log = new ScriptedLog(1, this::answer)) {
            log.setRange(0, 6);
            final RecordBatchLogScanner scanner = log.scan(1, schema).createRecordBatchLogScanner();
            scanner.subscribe(0, 0);
            try (ArrowReader reader = RecordBatchLogReader.untilLatest(scanner).toArrowReader()) {
                final List<Byte> types = new ArrayList<>();
                while (reader.loadNextBatch()) {
                    final TinyIntVector vector =
                            (TinyIntVector) reader.getVectorSchemaRoot().getVector("_change_type");
                    for (int row = 0; row < vector.getValueCount(); row++) {
                        types.add(vector.get(row));
                    }
                }
                assertThat(types).containsExactly((byte) 0, (byte) 0, (byte) 0, (byte) 1, (byte) 4, (byte) 1);
            }
        }
    }

    /** The first fetch brings all records; the others wait for more. */
    private void answer(final Request request, final FetchLogRequest fetch) {
        final long from = onlyBucket(fetch).getFetchOffset();
        fetched.add(from);
        if (from <= 0) {
            request.answer(
                    response(PbFetchLogRespForBucket.newBuilder().setRecords(ByteString.copyFrom(records.get()))));
        }
    }

    private static PbFetchLogReqForBucket onlyBucket(final FetchLogRequest fetch) {
        return fetch.getTablesReq(0).getBucketsReq(0);
    }

    private static FetchLogResponse response(final PbFetchLogRespForBucket.Builder bucket) {
        return FetchLogResponse.newBuilder()
                .addTablesResp(PbFetchLogRespForTable.newBuilder()
                        .setTableId(ScriptedLog.TABLE_ID)
                        .addBucketsResp(bucket.setBucketId(0)))
                .build();
    }

    private static byte[] joined(final byte[]... parts) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
