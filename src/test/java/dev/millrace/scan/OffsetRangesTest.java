package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import dev.millrace.OffsetReset;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForTable;
import dev.millrace.metadata.TableBucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that does not have the offset it is asked for: for a moment, or for good. */
@Timeout(60)
class OffsetRangesTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(50);
    private static final TableBucket BUCKET = TableBucket.of(ScriptedLog.TABLE_ID, 0);

    @Test
    void shouldFetchAgainWhatWasRefusedOnce() throws Exception {
        final AtomicInteger refusals = new AtomicInteger(1);
        try (ScriptedLog log = new ScriptedLog(1, numbers(refusals, 0));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            // The new leader does not know yet how far the log goes.
            log.setRange(0, 0);
            scanner.subscribe(0, 3);
            assertThat(read(scanner, 7)).containsExactlyElementsOf(range(3, 10));
        }
    }

    @Test
    void shouldTrustWhatWasReadMoreThanANewLeader() throws Exception {
        final AtomicInteger refusals = new AtomicInteger(3);
        try (ScriptedLog log = new ScriptedLog(1, numbers(refusals, 5));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRange(0, 4);
            scanner.subscribe(0, 0);
            assertThat(read(scanner, 10)).containsExactlyElementsOf(range(0, 10));
            assertThat(refusals).hasValue(0);
        }
    }

    @Test
    void shouldTellTheRangeWhenItIsSure() throws Exception {
        final AtomicInteger refusals = new AtomicInteger(Integer.MAX_VALUE);
        final AtomicLong firstRefusalNs = new AtomicLong();
        final BiConsumer<Request, FetchLogRequest> numbers = numbers(refusals, 5);
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    if (offset(fetch) >= 5) {
                        firstRefusalNs.compareAndSet(0, System.nanoTime());
                    }
                    numbers.accept(request, fetch);
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRange(8, 20);
            scanner.subscribe(0, 0);
            assertThat(read(scanner, 5)).containsExactlyElementsOf(range(0, 5));
            for (int i = 0; i < 2; i++) {
                final OffsetOutOfRangeException thrown =
                        catchThrowableOfType(OffsetOutOfRangeException.class, () -> scanner.poll(LONG));
                assertThat(thrown)
                        .hasMessage("LOG_OFFSET_OUT_OF_RANGE_EXCEPTION (19): table market.ticks, bucket 0, offset 5:"
                                + " retention has deleted what was there, the log has [8, 20); subscribe anew at one of"
                                + " these, or set scannerLogOffsetReset");
                assertThat(thrown.bucket()).isEqualTo(BUCKET);
                assertThat(thrown.offset()).isEqualTo(5);
                assertThat(thrown.earliestOffset()).isEqualTo(8);
                assertThat(thrown.latestOffset()).isEqualTo(20);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - firstRefusalNs.get()))
                    .isGreaterThan(Duration.ofSeconds(1));
            assertThat(Integer.MAX_VALUE - refusals.get()).isGreaterThanOrEqualTo(4);

            refusals.set(0);
            scanner.subscribe(0, 8);
            assertThat(read(scanner, 2)).containsExactly(8L, 9L);
        }
    }

    @Test
    void shouldGiveUpWhenTheServerContradictsItself() throws Exception {
        final AtomicInteger refusals = new AtomicInteger(Integer.MAX_VALUE);
        try (ScriptedLog log = new ScriptedLog(1, OffsetReset.EARLIEST, numbers(refusals, 0));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRange(0, 20);
            scanner.subscribe(0, 7);
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOf(OffsetOutOfRangeException.class)
                    .hasMessageContaining("offset 7: refused 8 times as out of range, although the log has [0, 20)");
        }
    }

    @Test
    void shouldGoOnAtTheBeginningIfConfigured() throws Exception {
        final AtomicInteger refusals = new AtomicInteger(2);
        try (ScriptedLog log = new ScriptedLog(1, OffsetReset.EARLIEST, numbers(refusals, 0));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRange(4, 10);
            scanner.subscribe(0, 77);
            assertThat(read(scanner, 6)).containsExactlyElementsOf(range(4, 10));
        }
    }

    @Test
    void shouldGoOnAtTheEndAfterWhatWasFetched() throws Exception {
        final AtomicInteger refusals = new AtomicInteger(Integer.MAX_VALUE);
        final CountDownLatch arrived = new CountDownLatch(1);
        final BiConsumer<Request, FetchLogRequest> numbers = numbers(refusals, 5);
        try (ScriptedLog log = new ScriptedLog(1, OffsetReset.LATEST, (request, fetch) -> {
                    if (offset(fetch) == 5) {
                        arrived.countDown();
                    }
                    if (offset(fetch) != 9) {
                        numbers.accept(request, fetch);
                    }
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRange(7, 9);
            scanner.subscribe(0, 0);
            assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(read(scanner, 5)).containsExactlyElementsOf(range(0, 5));
            Map<TableBucket, Long> positions = Map.of();
            while (positions.isEmpty()) {
                try (ScanRecords records = scanner.poll(SHORT)) {
                    assertThat(records.isEmpty()).isTrue();
                    positions = records.nextOffsets();
                }
            }
            assertThat(positions).containsExactly(Map.entry(BUCKET, 9L));
        }
    }

    @Test
    void shouldSayWhyTheRangeIsNotKnown() throws Exception {
        try (ScriptedLog log = new ScriptedLog(1, numbers(new AtomicInteger(1), 0));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            log.setRanges(request -> request.refuse(FlussError.AUTHORIZATION_EXCEPTION.code(), "not you"));
            scanner.subscribe(0, 7);
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isExactlyInstanceOf(FlussApiException.class)
                    .hasMessageContaining("not you");
        }
    }

    @Test
    void shouldNeitherHoldUpAPollNorCloseWhileTheServerIsSilent() throws Exception {
        final CountDownLatch asked = new CountDownLatch(1);
        try (ScriptedLog log = new ScriptedLog(1, numbers(new AtomicInteger(1), 0))) {
            log.setRanges(request -> asked.countDown());
            final LogScanner scanner = log.scan(1).createLogScanner();
            scanner.subscribe(0, 7);
            assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
            final long startNs = System.nanoTime();
            assertThat(scanner.poll(SHORT).isEmpty()).isTrue();
            scanner.unsubscribe(0);
            scanner.close();
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(Duration.ofSeconds(4));
        }
    }

    /** The numbers from 0 to 9 in two batches; some fetches from an offset on are refused. */
    private static BiConsumer<Request, FetchLogRequest> numbers(final AtomicInteger refusals, final long refusedFrom) {
        return (request, fetch) -> {
            final long offset = offset(fetch);
            if (offset >= refusedFrom && refusals.get() > 0) {
                refusals.decrementAndGet();
                request.answer(response(PbFetchLogRespForBucket.newBuilder()
                        .setBucketId(0)
                        .setErrorCode(FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION.code())
                        .setErrorMessage("no such offset")));
            } else if (offset < 10) {
                request.answer(response(PbFetchLogRespForBucket.newBuilder()
                        .setBucketId(0)
                        .setRecords(
                                ByteString.copyFrom(offset < 5 ? ScriptedLog.batch(0, 5) : ScriptedLog.batch(5, 10)))));
            }
        };
    }

    private static long offset(final FetchLogRequest fetch) {
        return fetch.getTablesReq(0).getBucketsReq(0).getFetchOffset();
    }

    private static FetchLogResponse response(final PbFetchLogRespForBucket.Builder bucket) {
        return FetchLogResponse.newBuilder()
                .addTablesResp(PbFetchLogRespForTable.newBuilder()
                        .setTableId(ScriptedLog.TABLE_ID)
                        .addBucketsResp(bucket))
                .build();
    }

    private static List<Long> range(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private static List<Long> read(final LogScanner scanner, final int count) {
        final List<Long> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty()).isFalse();
                records.forEach(record -> numbers.add(record.row().getLong(0)));
            }
        }
        return numbers;
    }
}
