package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RemoteStorageException;
import dev.millrace.internal.codec.LogBatchLayout;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForTable;
import dev.millrace.internal.rpc.proto.PbRemoteLogFetchInfo;
import dev.millrace.internal.rpc.proto.PbRemoteLogSegment;
import dev.millrace.metadata.TableBucket;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A scan against answers that a healthy server does not give. */
@Timeout(60)
class ScriptedScanTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final TableBucket BUCKET = TableBucket.of(ScriptedLog.TABLE_ID, 0);

    @Test
    void shouldAskForWhatIsWanted() throws Exception {
        final BlockingQueue<FetchLogRequest> requests = new LinkedBlockingQueue<>();
        try (ScriptedLog log = new ScriptedLog(3, (request, fetch) -> requests.add(fetch));
                LogScanner scanner = log.scan(3).project(0).createLogScanner()) {
            scanner.subscribeBuckets(Map.of(0, LogScanner.EARLIEST_OFFSET, 2, 77L));

            final FetchLogRequest request = requests.poll(20, TimeUnit.SECONDS);
            assertThat(request).isNotNull();
            assertThat(request.getFollowerServerId()).isEqualTo(-1);
            assertThat(request.getMinBytes()).isEqualTo(1);
            assertThat(request.getMaxWaitMs()).isBetween(1, 500);
            assertThat(request.getMaxBytes()).isEqualTo(2 << 20);
            assertThat(request.getTablesReqList()).hasSize(1);
            assertThat(request.getTablesReq(0).getTableId()).isEqualTo(ScriptedLog.TABLE_ID);
            assertThat(request.getTablesReq(0).getProjectionPushdownEnabled())
                    .as("all columns need no projection")
                    .isFalse();
            assertThat(request.getTablesReq(0).getBucketsReqList())
                    .extracting(bucket -> bucket.getBucketId() + "@" + bucket.getFetchOffset())
                    .containsExactlyInAnyOrder("0@-2", "2@77");
            assertThat(request.getTablesReq(0).getBucketsReq(0).getMaxFetchBytes())
                    .isEqualTo(1 << 20);
        }
    }

    @Test
    void shouldAskAsConfigured() throws Exception {
        final BlockingQueue<FetchLogRequest> requests = new LinkedBlockingQueue<>();
        try (ScriptedLog log = new ScriptedLog(
                        5,
                        settings -> settings.scannerLogFetchMinBytes(12_345)
                                .scannerLogFetchMaxBytes(300_000)
                                .scannerLogFetchMaxBytesForBucket(70_000)
                                .scannerLogFetchWaitMaxTime(Duration.ofMillis(1_234)),
                        (request, fetch) -> requests.add(fetch));
                LogScanner scanner = log.scan(5).createLogScanner()) {
            scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L, 2, 0L, 3, 0L, 4, 0L));

            final FetchLogRequest request = requests.poll(20, TimeUnit.SECONDS);
            assertThat(request).isNotNull();
            assertThat(request.getMinBytes()).isEqualTo(12_345);
            assertThat(request.getMaxWaitMs()).isEqualTo(1_234);
            assertThat(request.getMaxBytes()).isEqualTo(300_000);
            assertThat(request.getTablesReq(0).getBucketsReqList())
                    .hasSize(5)
                    .allSatisfy(bucket -> assertThat(bucket.getMaxFetchBytes()).isEqualTo(70_000));
        }
    }

    @Test
    void shouldGiveAsManyRecordsAPollAsConfigured() throws Exception {
        try (ScriptedLog log = new ScriptedLog(
                        1,
                        settings -> settings.scannerLogMaxPollRecords(7),
                        (request, fetch) -> answer(request, fetch, ScriptedLog.batch(0, 100)));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            for (int seen = 0; seen < 100; seen += 7) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isEqualTo(Math.min(7, 100 - seen));
                }
            }
        }
    }

    @Test
    void shouldGiveWhatIsBeforeADamagedBatchAndThenThrow() throws Exception {
        final byte[] bad = ScriptedLog.batch(5, 10);
        bad[bad.length - 3] ^= 1;
        final AtomicReference<byte[]> second = new AtomicReference<>(bad);
        try (ScriptedLog log = new ScriptedLog(
                        1, log(() -> joined(ScriptedLog.batch(0, 5), second.get(), ScriptedLog.batch(10, 15))));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(numbers(scanner, 5)).containsExactlyElementsOf(range(0, 5));
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> scanner.poll(LONG))
                        .isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining("market.ticks")
                        .hasMessageContaining("bucket 0, offset 5")
                        .hasMessageContaining("CRC-32C");
            }

            second.set(ScriptedLog.batch(5, 10));
            scanner.subscribe(0, 3);
            assertThat(numbers(scanner, 12)).containsExactlyElementsOf(range(3, 15));
        }
    }

    @Test
    void shouldSurviveDamageAtEveryByteOfAResponse() throws Exception {
        final byte[] records = joined(ScriptedLog.batch(0, 3), ScriptedLog.batch(3, 6));
        final byte[] response = response(bucket(records)).toByteArray();
        final AtomicReference<byte[]> once = new AtomicReference<>();
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    final byte[] damaged = once.getAndSet(null);
                    if (damaged == null) {
                        answer(request, fetch, records);
                    } else {
                        request.answer(damaged);
                    }
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            for (int at = 0; at < response.length; at++) {
                for (final int mask : new int[] {1, 8, 255}) {
                    final byte[] damaged = response.clone();
                    damaged[at] ^= (byte) mask;
                    once.set(damaged);
                    scanner.subscribe(0, 0);
                    try {
                        assertThat(numbers(scanner, 6))
                                .as("byte %d xor %d", at, mask)
                                .containsExactlyElementsOf(range(0, 6));
                    } catch (FlussException expected) {
                        scanner.subscribe(0, 0);
                        assertThat(numbers(scanner, 6))
                                .as("byte %d xor %d", at, mask)
                                .containsExactlyElementsOf(range(0, 6));
                    }
                }
            }
        }
    }

    @Test
    void shouldNotGiveOutADamagedChangeType() throws Exception {
        final AtomicReference<byte[]> records = new AtomicReference<>();
        try (ScriptedLog log = new ScriptedLog(1, log(records::get));
                RecordBatchLogScanner scanner = log.scan(1).createRecordBatchLogScanner()) {
            for (final int number : new int[] {5, 127, 128, 255}) {
                records.set(joined(ScriptedLog.batch(0, 2), ScriptedLog.changes(2, 6, 3, number)));
                scanner.subscribe(0, 0);
                for (final ScanBatch batch : scanner.poll(LONG)) {
                    try (batch) {
                        assertThat(batch.lastOffset()).isEqualTo(1);
                        assertThat(batch.changeTypes()).isNull();
                        assertThat(batch.changeType(1)).isEqualTo(ChangeType.APPEND_ONLY);
                    }
                }
                assertThatThrownBy(() -> scanner.poll(LONG))
                        .isInstanceOf(CorruptDataException.class)
                        .hasMessageContaining("bucket 0, offset 2")
                        .hasMessageContaining("change type " + (byte) number);
            }
            records.set(ScriptedLog.changes(0, 6, 3, ChangeType.DELETE.ordinal()));
            scanner.subscribe(0, 1);
            try (ScanBatch batch = scanner.poll(LONG).getFirst()) {
                assertThat(batch.numRecords()).isEqualTo(5);
                assertThat(batch.changeType(1)).isEqualTo(ChangeType.INSERT);
                assertThat(batch.changeType(2)).isEqualTo(ChangeType.DELETE);
            }
        }
    }

    @Test
    void shouldTellThePositionOverEmptyBatches() throws Exception {
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    if (onlyBucket(fetch).getFetchOffset() == LogScanner.EARLIEST_OFFSET) {
                        request.answer(response(bucket(joined(ScriptedLog.empty(0), ScriptedLog.empty(1)))));
                    }
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            Map<TableBucket, Long> positions = Map.of();
            while (positions.isEmpty()) {
                try (ScanRecords records = scanner.poll(Duration.ofMillis(50))) {
                    assertThat(records.isEmpty()).isTrue();
                    assertThat(records.cursor().next()).isFalse();
                    assertThat(records.iterator().hasNext()).isFalse();
                    assertThat(records.recordsByBuckets()).isEmpty();
                    positions = records.nextOffsets();
                }
            }
            assertThat(positions).containsExactly(Map.entry(BUCKET, 2L));
        }
    }

    @Test
    void shouldAskForMoreWhenABatchWasCutOff() throws Exception {
        final byte[] batch = ScriptedLog.batch(0, 300_000);
        assertThat(batch.length).isGreaterThan(2 << 20);
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    final int max = onlyBucket(fetch).getMaxFetchBytes();
                    final byte[] part = Arrays.copyOf(batch, Math.min(batch.length, max));
                    answer(request, fetch, fetch.getMaxBytes() < batch.length ? part : batch);
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 300_000)).hasSize(300_000).endsWith(299_999L);
        }
    }

    @Test
    void shouldFindTheLeaderAgain() throws Exception {
        final AtomicBoolean moved = new AtomicBoolean(true);
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    if (moved.getAndSet(false)) {
                        request.answer(response(bucket(new byte[0])
                                .setErrorCode(FlussError.NOT_LEADER_OR_FOLLOWER.code())
                                .setErrorMessage("not here")));
                    } else {
                        answer(request, fetch, ScriptedLog.batch(0, 5));
                    }
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 5)).containsExactlyElementsOf(range(0, 5));
            assertThat(log.metadataRequests.get()).isEqualTo(2);
        }
    }

    /** A frozen server answers nothing, or only the half of it; a request may take thirty seconds. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldLeaveAFrozenLeaderOnceAnotherLeads(final boolean inTheMiddle) throws Exception {
        try (ScriptedServer other = ScriptedServer.holding()) {
            other.script(request -> {
                if (request.api() == Api.FETCH_LOG) {
                    answer(request, ScriptedLog.parse(request), ScriptedLog.batch(0, 5));
                }
            });
            final AtomicReference<ScriptedLog> started = new AtomicReference<>();
            try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                        started.get().otherLeader = other.node();
                        if (inTheMiddle) {
                            request.answerHalf(
                                    response(bucket(ScriptedLog.batch(0, 5))).toByteArray());
                        }
                    });
                    LogScanner scanner = log.scan(1).createLogScanner()) {
                started.set(log);
                scanner.subscribe(0, 0);
                assertThat(numbers(scanner, 5)).containsExactlyElementsOf(range(0, 5));
            }
        }
    }

    /** The former leader goes away before the rest of its last response could be looked at. */
    @Test
    void shouldKeepTheResponsesOfTwoLeadersApart() throws Exception {
        // Walking over so much takes longer than to see that the connection is gone.
        final int count = 100_000;
        final byte[] many = manyEmpty(count);
        try (ScriptedServer former = ScriptedServer.holding();
                ScriptedServer next = ScriptedServer.holding();
                ScriptedLog log = new ScriptedLog(
                        2, settings -> settings.scannerLogFetchMaxBytesForBucket(1 << 23), (request, fetch) -> {})) {
            next.script(request -> {
                if (request.api() == Api.FETCH_LOG) {
                    answer(request, ScriptedLog.parse(request), ScriptedLog.batch(0, 5));
                }
            });
            log.leaders.putAll(Map.of(0, former.node(), 1, former.node()));
            try (LogScanner scanner = log.scan(2).createLogScanner()) {
                scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L));
                final Request request = former.nextHeld();
                assertThat(ScriptedLog.parse(request).getTablesReq(0).getBucketsReqCount())
                        .isEqualTo(2);
                log.leaders.put(0, next.node());
                // From now on it accepts connections and says nothing.
                former.withoutHandshake();
                request.answer(response(
                        bucket(new byte[0]).setErrorCode(FlussError.NOT_LEADER_OR_FOLLOWER.code()),
                        bucket(many).setBucketId(1)));
                request.cut();
                final List<Long> numbers = new ArrayList<>();
                long position = 0;
                while (numbers.isEmpty() || position < count) {
                    try (ScanRecords records = scanner.poll(Duration.ofMillis(50))) {
                        records.forEach(record -> numbers.add(record.row().getLong(0)));
                        position = Math.max(
                                position,
                                records.nextOffsets().getOrDefault(TableBucket.of(ScriptedLog.TABLE_ID, 1), 0L));
                    }
                }
                assertThat(numbers).containsExactlyElementsOf(range(0, 5));
                assertThat(scanner.poll(Duration.ZERO).isEmpty()).isTrue();
            }
        }
    }

    private static byte[] manyEmpty(final int count) {
        final byte[] one = ScriptedLog.empty(0);
        final ByteBuffer all = ByteBuffer.allocate(count * one.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int offset = 0; offset < count; offset++) {
            all.put(one).putLong(offset * one.length + LogBatchLayout.BASE_OFFSET_OFFSET, offset);
        }
        return all.array();
    }

    @Test
    void shouldTryAgainWhatMayPass() throws Exception {
        final List<Integer> codes = new ArrayList<>(List.of(
                FlussError.UNKNOWN_SERVER_ERROR.code(),
                FlussError.LOG_STORAGE_EXCEPTION.code(),
                FlussError.FENCED_LEADER_EPOCH_EXCEPTION.code()));
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    if (codes.isEmpty()) {
                        answer(request, fetch, ScriptedLog.batch(0, 5));
                    } else {
                        request.answer(response(bucket(new byte[0]).setErrorCode(codes.removeFirst())));
                    }
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 5)).containsExactlyElementsOf(range(0, 5));
        }
    }

    @Test
    void shouldThrowWhatWillNotPass() throws Exception {
        final AtomicBoolean refused = new AtomicBoolean();
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    if (refused.get()) {
                        request.refuse(FlussError.AUTHORIZATION_EXCEPTION.code(), "not you");
                    } else {
                        request.answer(response(bucket(new byte[0])
                                .setRemoteLogFetchInfo(PbRemoteLogFetchInfo.newBuilder()
                                        .setRemoteLogTabletDir("hdfs://name-node/log")
                                        .addRemoteLogSegments(PbRemoteLogSegment.newBuilder()
                                                .setRemoteLogSegmentId("0d8f")
                                                .setRemoteLogStartOffset(0)
                                                .setRemoteLogEndOffset(10)
                                                .setSegmentSizeInBytes(100)))));
                    }
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 9);
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOf(RemoteStorageException.class)
                    .hasMessageContaining("bucket 0, offset 9")
                    .hasMessageContaining("hdfs://name-node/log/0d8f/00000000000000000000.log")
                    .hasMessageContaining("scheme 'hdfs'")
                    .hasMessageContaining("reads file, s3 and s3a");

            refused.set(true);
            scanner.subscribe(0, 9);
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.AUTHORIZATION_EXCEPTION))
                    .hasMessageContaining("not you");
            scanner.unsubscribe(0);
            assertThat(scanner.poll(Duration.ZERO).isEmpty()).isTrue();
        }
    }

    @Test
    void shouldLetABusyBucketNotWaitForASilentOne() throws Exception {
        try (ScriptedLog log = new ScriptedLog(2, (request, fetch) -> {
                    for (final PbFetchLogReqForBucket bucket :
                            fetch.getTablesReq(0).getBucketsReqList()) {
                        if (bucket.getBucketId() == 0) {
                            final long from = Math.max(0, bucket.getFetchOffset());
                            request.answer(response(bucket(ScriptedLog.batch(from, from + 1_000))));
                            return;
                        }
                    }
                    // A request for the silent bucket alone is never answered.
                });
                LogScanner scanner = log.scan(2).createLogScanner()) {
            scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L));
            final List<Long> read = numbers(scanner, 30_000);
            assertThat(read).containsExactlyElementsOf(range(0, read.size()));
        }
    }

    private interface Records {
        byte[] get();
    }

    /** A log whose records are always the same; what lies before the offset asked for is left to the client to skip. */
    private static BiConsumer<Request, FetchLogRequest> log(final Records records) {
        return (request, fetch) -> answer(request, fetch, records.get());
    }

    /** Answers with the records if the log was asked for from its beginning, or else leaves the request waiting. */
    private static void answer(final Request request, final FetchLogRequest fetch, final byte[] records) {
        if (onlyBucket(fetch).getFetchOffset() < 5) {
            request.answer(response(bucket(records)));
        }
    }

    private static PbFetchLogReqForBucket onlyBucket(final FetchLogRequest fetch) {
        assertThat(fetch.getTablesReq(0).getBucketsReqList()).hasSize(1);
        return fetch.getTablesReq(0).getBucketsReq(0);
    }

    static PbFetchLogRespForBucket.Builder bucket(final byte[] records) {
        return PbFetchLogRespForBucket.newBuilder().setBucketId(0).setRecords(ByteString.copyFrom(records));
    }

    static FetchLogResponse response(final PbFetchLogRespForBucket.Builder... buckets) {
        final PbFetchLogRespForTable.Builder table =
                PbFetchLogRespForTable.newBuilder().setTableId(ScriptedLog.TABLE_ID);
        for (final PbFetchLogRespForBucket.Builder bucket : buckets) {
            table.addBucketsResp(bucket);
        }
        return FetchLogResponse.newBuilder().addTablesResp(table).build();
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

    private static List<Long> numbers(final LogScanner scanner, final int count) {
        final List<Long> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty())
                        .as("after %d records", numbers.size())
                        .isFalse();
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    numbers.add(cursor.row().getLong(0));
                }
            }
        }
        return numbers;
    }
}
