package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.LimitScanRequest;
import dev.millrace.internal.rpc.proto.LimitScanResponse;
import dev.millrace.interop.OfficialLog;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.types.DataTypes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.arrow.vector.BigIntVector;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A limit scan against answers that a healthy server does not give. */
@Timeout(60)
class ScriptedLimitScanTest {
    private static final TableBucket BUCKET = TableBucket.of(ScriptedLog.TABLE_ID, 0);
    private static final Duration PATIENT = Duration.ofSeconds(30);
    private static final Duration IMPATIENT = Duration.ofSeconds(1);
    private static final TableDescriptor LOG = TableDescriptor.builder()
            .schema(Schema.builder().column("n", DataTypes.BIGINT()).build())
            .distributedBy(1)
            .build();
    private static final TableDescriptor KEYED = TableDescriptor.builder()
            .schema(Schema.builder()
                    .column("n", DataTypes.BIGINT())
                    .column("text", DataTypes.STRING())
                    .primaryKey("n")
                    .build())
            .distributedBy(1)
            .build();

    private final ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {});

    ScriptedLimitScanTest() throws IOException {}

    @AfterEach
    void close() {
        assertThat(log.memory.freeBytes()).isEqualTo(log.memory.budgetBytes());
        log.close();
    }

    @Test
    void shouldAskOnceForWhatIsWanted() throws Exception {
        final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
        log.setLimitScans(request -> {
            requests.add(request);
            answer(request, ScriptedLog.batch(0, 10));
        });
        try (LimitBatchScanner scanner = scanner(LOG, 7, PATIENT)) {
            assertThat(requests).as("before anything is wanted").isEmpty();
            assertThat(numbers(scanner)).containsExactlyElementsOf(range(3, 10));
            assertThat(numbers(scanner)).isEmpty();
        }
        assertThat(requests).hasSize(1);
        final LimitScanRequest request =
                LimitScanRequest.parseFrom(requests.element().body());
        assertThat(request.getTableId()).isEqualTo(ScriptedLog.TABLE_ID);
        assertThat(request.hasPartitionId()).isFalse();
        assertThat(request.getBucketId()).isZero();
        assertThat(request.getLimit()).isEqualTo(7);
    }

    @Test
    void shouldLeaveOutWholeAndEmptyBatchesInFront() {
        log.setLimitScans(request -> answer(
                request,
                joined(
                        ScriptedLog.batch(0, 5),
                        ScriptedLog.empty(5),
                        ScriptedLog.batch(6, 10),
                        ScriptedLog.empty(10),
                        ScriptedLog.batch(11, 13))));
        try (LimitBatchScanner scanner = scanner(LOG, 3, PATIENT)) {
            final List<ScanBatch> batches = scanner.collectAllBatches();
            assertThat(batches)
                    .extracting(batch -> batch.baseOffset() + ".." + batch.lastOffset())
                    .containsExactly("9..9", "11..12");
            batches.forEach(ScanBatch::close);
        }
    }

    // ---- leaders and failures ------------------------------------------------------------------------------------

    @Test
    void shouldFollowTheLeader() throws Exception {
        try (ScriptedServer other = new ScriptedServer(request -> answer(request, ScriptedLog.batch(0, 5)))) {
            log.setLimitScans(request -> {
                log.otherLeader = other.node();
                request.answer(LimitScanResponse.newBuilder()
                        .setErrorCode(FlussError.NOT_LEADER_OR_FOLLOWER.code())
                        .setErrorMessage("not here")
                        .build());
            });
            try (LimitBatchScanner scanner = scanner(LOG, 5, PATIENT)) {
                assertThat(numbers(scanner)).containsExactlyElementsOf(range(0, 5));
            }
            assertThat(log.metadataRequests).hasValue(2);
        }
    }

    @Test
    void shouldTryAgainWhatMayPass() {
        final AtomicInteger attempts = new AtomicInteger();
        log.setLimitScans(request -> {
            switch (attempts.getAndIncrement()) {
                case 0 -> request.refuse(FlussError.LEADER_NOT_AVAILABLE_EXCEPTION.code(), "nobody");
                case 1 -> request.cut();
                case 2 ->
                    request.answer(LimitScanResponse.newBuilder()
                            .setErrorCode(FlussError.REQUEST_TIME_OUT.code())
                            .build());
                default -> answer(request, ScriptedLog.batch(0, 5));
            }
        });
        try (LimitBatchScanner scanner = scanner(LOG, 5, PATIENT)) {
            assertThat(numbers(scanner)).containsExactlyElementsOf(range(0, 5));
        }
        assertThat(attempts).hasValue(4);
    }

    @Test
    void shouldThrowWhatWillNotPass() {
        log.setLimitScans(request -> request.refuse(FlussError.AUTHORIZATION_EXCEPTION.code(), "not you"));
        try (LimitBatchScanner scanner = scanner(LOG, 5, PATIENT)) {
            assertThatThrownBy(scanner::nextBatch)
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.AUTHORIZATION_EXCEPTION))
                    .hasMessageContaining("not you");
            log.setLimitScans(request -> request.answer(LimitScanResponse.newBuilder()
                    .setErrorCode(FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION.code())
                    .setErrorMessage("only from 100")
                    .build()));
            assertThatThrownBy(scanner::nextBatch)
                    .isInstanceOf(FlussApiException.class)
                    .hasMessageContaining("table market.ticks, table 11 bucket 0, by ts-7")
                    .hasMessageContaining("only from 100")
                    .hasMessageContaining("take a smaller limit");

            log.setLimitScans(request -> answer(request, ScriptedLog.batch(0, 5)));
            assertThat(numbers(scanner)).as("of the next attempt").hasSize(5);
        }
    }

    @Test
    void shouldGiveUpAtTheDeadline() {
        try (LimitBatchScanner scanner = scanner(LOG, 5, IMPATIENT)) {
            assertThatThrownBy(scanner::nextBatch)
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining("no rows of table market.ticks, table 11 bucket 0 in time")
                    .hasMessageContaining("was not answered within");
            final AtomicInteger attempts = new AtomicInteger();
            log.setLimitScans(request -> {
                attempts.incrementAndGet();
                request.refuse(FlussError.NOT_LEADER_OR_FOLLOWER.code(), "not here");
            });
            assertThatThrownBy(scanner::nextBatch)
                    .isInstanceOf(RpcException.class)
                    .hasCauseInstanceOf(FlussApiException.class)
                    .hasMessageContaining("not here");
            assertThat(attempts).as("pauses grow").hasValueBetween(1, 10);
        }
    }

    // ---- threads -------------------------------------------------------------------------------------------------

    @Test
    void shouldHonourInterrupts() throws Exception {
        final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
        log.setLimitScans(requests::add);
        try (LimitBatchScanner scanner = scanner(LOG, 5, PATIENT)) {
            final CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
            final Thread user = Thread.startVirtualThread(() -> {
                try {
                    scanner.nextBatch();
                    interrupted.complete(false);
                } catch (FlussInterruptedException e) {
                    interrupted.complete(Thread.currentThread().isInterrupted());
                }
            });
            final Request first = requests.poll(20, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            assertThatThrownBy(scanner::nextBatch)
                    .as("meanwhile")
                    .isInstanceOf(ConcurrentModificationException.class)
                    .hasMessageContaining("market.ticks");
            assertThatThrownBy(scanner::close).isInstanceOf(ConcurrentModificationException.class);
            user.interrupt();
            assertThat(interrupted.get(20, TimeUnit.SECONDS)).isTrue();

            answer(first, ScriptedLog.batch(0, 5)); // too late
            log.setLimitScans(request -> answer(request, ScriptedLog.batch(5, 10)));
            assertThat(numbers(scanner)).containsExactlyElementsOf(range(5, 10));
        }
    }

    // ---- memory --------------------------------------------------------------------------------------------------

    @Test
    void shouldWaitForMemoryForTheResponse() throws Exception {
        final SharedBlock all = takeAllBut(0);
        final BlockingQueue<Request> answered = new LinkedBlockingQueue<>();
        log.setLimitScans(request -> {
            answer(request, ScriptedLog.batch(0, 5));
            answered.add(request);
        });
        try (LimitBatchScanner scanner = scanner(LOG, 5, IMPATIENT)) {
            assertThatThrownBy(scanner::nextBatch)
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("table market.ticks, table 11 bucket 0")
                    .hasMessageContaining("scannerBufferMemorySize")
                    .hasMessageContaining("close results");
        }
        assertThat(answered).as("nobody asks again before there is memory").hasSize(1);
        answered.clear();
        try (LimitBatchScanner scanner = scanner(LOG, 5, PATIENT)) {
            final CompletableFuture<List<Long>> read = CompletableFuture.supplyAsync(() -> numbers(scanner));
            assertThat(answered.poll(20, TimeUnit.SECONDS)).isNotNull();
            all.release();
            assertThat(read.get(20, TimeUnit.SECONDS)).containsExactlyElementsOf(range(0, 5));
        }
    }

    @Test
    void shouldKeepWhatWasCollectedBeforeAFailure() {
        final byte[] large = ScriptedLog.batch(5, 40_005, OfficialLog.ZSTD);
        log.setLimitScans(request -> answer(request, joined(ScriptedLog.batch(0, 5), large)));
        final SharedBlock most = takeAllBut(large.length + (64 << 10));
        try (LimitBatchScanner scanner = scanner(LOG, 100_000, IMPATIENT)) {
            assertThatThrownBy(scanner::collectAllBatches)
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("market.ticks")
                    .hasMessageContaining("offset 5");
            most.release();
            assertThat(numbers(scanner)).containsExactlyElementsOf(range(0, 40_005));
        }
    }

    private SharedBlock takeAllBut(final int length) {
        final SharedBlock taken = log.memory.tryTake((int) log.memory.budgetBytes() - length);
        assertThat(taken).isNotNull();
        return taken;
    }

    // ---- damage --------------------------------------------------------------------------------------------------

    @Test
    void shouldThrowTheSameDamageAgain() {
        final byte[] damaged = joined(ScriptedLog.batch(0, 5), ScriptedLog.batch(5, 10));
        damaged[damaged.length - 3] ^= 1;
        log.setLimitScans(request -> answer(request, damaged));
        try (LimitBatchScanner scanner = scanner(LOG, 10, PATIENT)) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(scanner::nextBatch)
                        .isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining("table market.ticks, table 11 bucket 0")
                        .hasMessageContaining("CRC-32C");
            }
        }
    }

    @Test
    void shouldTellDamageOfOtherKinds() {
        final byte[] batch = ScriptedLog.batch(0, 5);
        final List<LimitScanResponse> bad = List.of(
                LimitScanResponse.getDefaultInstance(),
                response(values(1, 2), false),
                response(java.util.Arrays.copyOf(batch, batch.length - 1), true),
                response(joined(ScriptedLog.batch(5, 10), batch), true));
        final List<String> told = List.of(
                "neither records nor an error",
                "values of a table with a primary key",
                "its last batch is cut off, after " + (batch.length - 1) + " bytes",
                "a batch of offset 0 where 10 is due");
        for (int i = 0; i < bad.size(); i++) {
            final LimitScanResponse response = bad.get(i);
            log.setLimitScans(request -> request.answer(response));
            try (LimitBatchScanner scanner = scanner(LOG, 10, PATIENT)) {
                assertThatThrownBy(scanner::nextBatch)
                        .isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining("table market.ticks, table 11 bucket 0")
                        .hasMessageContaining(told.get(i));
            }
        }
    }

    @Test
    void shouldSurviveDamageAtEveryByteOfALog() {
        final List<Long> all = range(0, 6);
        damageEveryByte(
                LOG,
                response(joined(ScriptedLog.batch(0, 3), ScriptedLog.batch(3, 6)), true),
                (numbers, where) -> assertThat(numbers).as(where).isEqualTo(all));
    }

    /** Values have no checksum, so that other numbers may come out. */
    @Test
    void shouldSurviveDamageAtEveryByteOfValues() {
        damageEveryByte(
                KEYED,
                response(values(1, 2, 3), false),
                (numbers, where) -> assertThat(numbers).as(where).hasSizeBetween(1, 3));
    }

    private interface Check {
        void accept(List<Long> numbers, String where);
    }

    private void damageEveryByte(final TableDescriptor table, final LimitScanResponse whole, final Check check) {
        final byte[] response = whole.toByteArray();
        final AtomicReference<byte @Nullable []> once = new AtomicReference<>();
        log.setLimitScans(request -> {
            final byte[] damaged = once.getAndSet(null);
            request.answer(damaged == null ? response : damaged);
        });
        int refused = 0;
        for (int at = 0; at < response.length; at++) {
            for (final int mask : new int[] {1, 8, 255}) {
                final byte[] damaged = response.clone();
                damaged[at] ^= (byte) mask;
                once.set(damaged);
                try (LimitBatchScanner scanner = scanner(table, 6, PATIENT)) {
                    check.accept(numbers(scanner), "byte " + at + " xor " + mask);
                } catch (FlussException expected) {
                    assertThat(expected).hasMessageContaining("market.ticks");
                    refused++;
                }
                assertThat(log.memory.freeBytes()).isEqualTo(log.memory.budgetBytes());
            }
        }
        assertThat(refused).isGreaterThan(response.length / 2);
    }

    // ---- helpers -------------------------------------------------------------------------------------------------

    private LimitBatchScanner scanner(final TableDescriptor table, final int limit, final Duration requestTimeout) {
        return log.scan(table, requestTimeout).limit(limit).createBucketBatchScanner(BUCKET);
    }

    private static void answer(final Request request, final byte[] records) {
        assertThat(request.api()).isEqualTo(Api.LIMIT_SCAN);
        request.answer(response(records, true));
    }

    private static LimitScanResponse response(final byte[] records, final boolean isLogTable) {
        return LimitScanResponse.newBuilder()
                .setIsLogTable(isLogTable)
                .setRecords(ByteString.copyFrom(records))
                .build();
    }

    /** A value batch of the numbers with a text each. */
    private static byte[] values(final long... numbers) {
        final var encoder = RowFormat.COMPACTED.newEncoder(KEYED.schema().rowType());
        final UnsafeBuffer memory = RowCases.memoryOf(new byte[1_000]);
        final ByteBuffer batch = ByteBuffer.allocate(1_000).order(ByteOrder.LITTLE_ENDIAN);
        batch.putInt(0).put((byte) 0).putInt(numbers.length);
        for (final long number : numbers) {
            final var row = new dev.millrace.row.GenericRow(2);
            row.setField(0, number);
            row.setField(1, "text " + number);
            final int length = encoder.encode(row, memory, 0, memory.capacity());
            final byte[] bytes = new byte[length];
            memory.getBytes(0, bytes);
            batch.putInt(Short.BYTES + length).putShort((short) 1).put(bytes);
        }
        final byte[] bytes = new byte[batch.position()];
        batch.putInt(0, bytes.length - Integer.BYTES).get(0, bytes);
        return bytes;
    }

    private static byte[] joined(final byte[]... parts) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static List<Long> range(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private static List<Long> numbers(final LimitBatchScanner scanner) {
        final List<Long> numbers = new ArrayList<>();
        for (final ScanBatch batch : scanner.collectAllBatches()) {
            try (batch) {
                final BigIntVector vector = (BigIntVector) batch.batch().getVector(0);
                for (int row = 0; row < batch.numRecords(); row++) {
                    numbers.add(vector.isNull(row) ? -1 : vector.get(row));
                }
            }
        }
        return numbers;
    }
}
