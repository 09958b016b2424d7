package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.millrace.Config;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RemoteStorageException;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForTable;
import dev.millrace.internal.rpc.proto.PbRemoteLogFetchInfo;
import dev.millrace.internal.rpc.proto.PbRemoteLogSegment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Remote files as no healthy server leaves them: damaged, missing, cut in other ways, and larger than all memory. */
@Timeout(60)
class ScriptedRemoteTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory;

    /** What the server of bucket 0 names, in the order of the log. */
    private final List<Segment> segments = new CopyOnWriteArrayList<>();

    private final AtomicInteger answers = new AtomicInteger();

    private record Segment(String id, long start, long end, int length, Path file) {}

    @Test
    void shouldReadOverlappingSegmentsOnceAndThenTheLeaderAgain() throws Exception {
        add("a", 0, ScriptedLog.batch(0, 50), ScriptedLog.batch(50, 100));
        add("b", 50, ScriptedLog.batch(50, 90), ScriptedLog.batch(90, 140));
        add("c", 100, ScriptedLog.batch(100, 130));
        add("d", 130, ScriptedLog.batch(130, 170), ScriptedLog.empty(170), ScriptedLog.batch(171, 200));
        try (ScriptedLog log = log(1, settings -> settings);
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(numbers(scanner, 209)).isEqualTo(without(170, 0, 210));
            scanner.subscribe(0, 95);
            assertThat(numbers(scanner, 114)).isEqualTo(without(170, 95, 210));
        }
    }

    @Test
    void shouldReadBatchesLongerThanARead() throws Exception {
        add("a", 0, ScriptedLog.batch(0, 10), ScriptedLog.batch(10, 40_000), ScriptedLog.batch(40_000, 40_010));
        // A read is at most a tenth of the budget, the batch of 320,000 bytes almost a third.
        try (ScriptedLog log = log(1, settings -> memory(settings, MIB));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 40_020)).isEqualTo(range(0, 40_020));
        }
        try (ScriptedLog log = log(1, settings -> memory(settings, MIB / 4));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 10)).isEqualTo(range(0, 10));
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("bucket 0, offset 10")
                    .hasMessageContaining("scannerBufferMemorySize");
        }
    }

    @Test
    void shouldGiveWhatIsBeforeTheDamage() throws Exception {
        final byte[] damaged = ScriptedLog.batch(10, 20);
        damaged[damaged.length - 3] ^= 1;
        assertDamage("CRC-32C", ScriptedLog.batch(0, 10), damaged, ScriptedLog.batch(20, 30));
        assertDamage("where 10 is due", ScriptedLog.batch(0, 10), ScriptedLog.batch(11, 30));
        assertDamage("where 10 is due", ScriptedLog.batch(0, 10), ScriptedLog.batch(9, 30));
        assertDamage("ends before offset 10", ScriptedLog.batch(0, 10));
        assertDamage("in a segment that ends at 29", ScriptedLog.batch(0, 10), ScriptedLog.batch(10, 31));
        assertDamage("bytes of another batch", ScriptedLog.batch(0, 10), Arrays.copyOf(ScriptedLog.batch(10, 30), 90));
    }

    private void assertDamage(final String message, final byte[]... batches) throws Exception {
        segments.clear();
        add("bad", 0, 30, batches);
        try (ScriptedLog log = log(1, settings -> settings);
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 10)).isEqualTo(range(0, 10));
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("market.ticks, bucket 0, offset 10")
                    .hasMessageContaining("bad/00000000000000000000.log")
                    .hasMessageContaining(message);
        }
    }

    @Test
    void shouldSurviveDamageAtEveryByteOfASegment() throws Exception {
        final byte[] good = joined(ScriptedLog.batch(0, 3), ScriptedLog.batch(3, 6));
        add("a", 0, 6, good);
        try (ScriptedLog log = log(1, settings -> settings);
                LogScanner scanner = log.scan(1).createLogScanner()) {
            for (int at = 0; at < good.length; at++) {
                final byte[] damaged = good.clone();
                damaged[at] ^= 0x41;
                Files.write(segments.getFirst().file(), damaged);
                scanner.subscribe(0, 0);
                final List<Long> read = new ArrayList<>();
                try {
                    while (read.size() < 6) {
                        read.addAll(numbers(scanner, 1));
                    }
                } catch (FlussException e) {
                    assertThat(e).as("byte %s", at).isInstanceOf(CorruptDataException.class);
                }
                assertThat(read).as("byte %s", at).isEqualTo(range(0, read.size()));
            }
        }
    }

    @Test
    void shouldReadOnWhenAMissingFileIsBack() throws Exception {
        add("a", 0, ScriptedLog.batch(0, 50));
        add("b", 50, ScriptedLog.batch(50, 100));
        final Path hidden = segments.get(1).file().resolveSibling("hidden");
        Files.move(segments.get(1).file(), hidden);
        try (ScriptedLog log = log(1, settings -> settings);
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 50)).isEqualTo(range(0, 50));
            final int before = answers.get();
            while (answers.get() < before + 2) {
                assertThat(scanner.poll(Duration.ofMillis(50)).isEmpty()).isTrue();
            }
            Files.move(hidden, segments.get(1).file());
            assertThat(numbers(scanner, 60)).isEqualTo(range(50, 110));
        }
    }

    @Test
    void shouldGoOnWhereTheLeaderSaysWhenASegmentHasExpired() throws Exception {
        add("a", 0, ScriptedLog.batch(0, 50));
        add("gone", 50, ScriptedLog.batch(50, 100));
        final Segment gone = segments.get(1);
        Files.delete(gone.file());
        try (ScriptedLog log = log(1, settings -> settings);
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            assertThat(numbers(scanner, 50)).isEqualTo(range(0, 50));
            add("compacted", 50, ScriptedLog.batch(50, 60), ScriptedLog.batch(60, 100));
            segments.remove(gone);
            assertThat(numbers(scanner, 60)).isEqualTo(range(50, 110));
        }
    }

    @Test
    void shouldFailTheBucketOfWhichAFileIsMissingAndNoOther() throws Exception {
        add("a", 0, ScriptedLog.batch(0, 50));
        Files.delete(segments.getFirst().file());
        try (ScriptedLog log = log(2, settings -> settings.requestTimeout(Duration.ofMillis(400)));
                LogScanner scanner = log.scan(2).createLogScanner()) {
            scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L));
            assertThat(numbers(scanner, 10)).as("of the other bucket").isEqualTo(range(0, 10));
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOf(RemoteStorageException.class)
                    .hasMessageContaining("market.ticks, bucket 0, offset 0")
                    .hasMessageContaining(segments.getFirst().file().toString())
                    .hasMessageContaining("NoSuchFileException");
            assertThat(answers).as("the leader is asked before it fails").hasValueBetween(3, 11);
            scanner.unsubscribe(0);
            scanner.subscribe(1, 0);
            assertThat(numbers(scanner, 10)).isEqualTo(range(0, 10));
        }
    }

    @Test
    void shouldHoldLittleOfLargeSegmentsAndReadNothingWhileNobodyPolls() throws Exception {
        final int rows = 2_000;
        final int batches = 100;
        for (int segment = 0; segment < 10; segment++) {
            final byte[][] parts = new byte[batches][];
            for (int i = 0; i < batches; i++) {
                final long from = ((long) segment * batches + i) * rows;
                parts[i] = ScriptedLog.batch(from, from + rows);
            }
            add("s" + segment, (long) segment * batches * rows, parts);
        }
        final long count = 10L * batches * rows;
        try (ScriptedLog log = log(1, settings -> memory(settings, 2 * MIB));
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            final long held = settled(log);
            assertThat(held).isBetween(1L, 2L * MIB * 6 / 10);

            long next = 0;
            while (next < count) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        if (cursor.row().getLong(0) != next++) {
                            throw new AssertionError(cursor.row().getLong(0) + " where " + (next - 1) + " is due");
                        }
                    }
                }
            }
        }
    }

    private static Config.Builder memory(final Config.Builder settings, final int bytes) {
        return settings.scannerBufferMemorySize(bytes)
                .scannerLogFetchMaxBytes(bytes / 2)
                .scannerLogFetchMaxBytesForBucket(bytes / 4);
    }

    /** Waits until what is held no longer changes; returns how much that is. */
    private static long settled(final ScriptedLog log) {
        long held = -1;
        long now = 0;
        while (now == 0 || now != held) {
            held = now;
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(400));
            now = log.memory.budgetBytes() - log.memory.freeBytes();
        }
        return held;
    }

    // ---- the script ----------------------------------------------------------------------------------------------

    private void add(final String id, final long start, final byte[]... batches) {
        add(id, start, endOf(batches), batches);
    }

    private static long endOf(final byte[]... batches) {
        final LogBatchReader reader = new LogBatchReader();
        final ByteBuffer memory = OffHeap.allocate(joined(batches).length);
        memory.put(joined(batches));
        reader.wrap(memory, 0, memory.capacity());
        long end = 0;
        while (reader.next()) {
            end = reader.nextOffset();
        }
        reader.unwrap();
        OffHeap.free(memory);
        return end;
    }

    private void add(final String id, final long start, final long end, final byte[]... batches) {
        try {
            final Path file = Files.createDirectories(directory.resolve(id)).resolve("%020d.log".formatted(start));
            Files.write(file, joined(batches));
            segments.add(new Segment(id, start, end, (int) Files.size(file), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bucket 0 has the segments and ten rows more; any other has ten rows. */
    private ScriptedLog log(final int buckets, final UnaryOperator<Config.Builder> settings) throws IOException {
        return new ScriptedLog(buckets, settings, this::answer);
    }

    private void answer(final Request request, final FetchLogRequest fetch) {
        final PbFetchLogRespForTable.Builder table =
                PbFetchLogRespForTable.newBuilder().setTableId(ScriptedLog.TABLE_ID);
        for (final PbFetchLogReqForBucket asked : fetch.getTablesReq(0).getBucketsReqList()) {
            final PbFetchLogRespForBucket.Builder bucket =
                    PbFetchLogRespForBucket.newBuilder().setBucketId(asked.getBucketId());
            final long offset = Math.max(0, asked.getFetchOffset());
            final PbRemoteLogFetchInfo remote = asked.getBucketId() == 0 ? remote(offset) : null;
            if (remote != null) {
                answers.incrementAndGet();
                bucket.setRemoteLogFetchInfo(remote);
            } else {
                final long from = asked.getBucketId() == 0 ? segments.getLast().end() : 0;
                bucket.setRecords(
                        offset < from + 10
                                ? ByteString.copyFrom(ScriptedLog.batch(from, from + 10))
                                : ByteString.EMPTY);
            }
            table.addBucketsResp(bucket);
        }
        request.answer(FetchLogResponse.newBuilder().addTablesResp(table).build());
    }

    private @Nullable PbRemoteLogFetchInfo remote(final long offset) {
        final PbRemoteLogFetchInfo.Builder info =
                PbRemoteLogFetchInfo.newBuilder().setRemoteLogTabletDir("file:" + directory);
        for (final Segment segment : segments) {
            if (segment.end() > offset) {
                info.addRemoteLogSegments(PbRemoteLogSegment.newBuilder()
                        .setRemoteLogSegmentId(segment.id())
                        .setRemoteLogStartOffset(segment.start())
                        .setRemoteLogEndOffset(segment.end())
                        .setSegmentSizeInBytes(segment.length()));
            }
        }
        return info.getRemoteLogSegmentsCount() == 0 ? null : info.build();
    }

    private static byte[] joined(final byte[]... parts) {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static List<Long> numbers(final LogScanner scanner, final int count) {
        final List<Long> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    numbers.add(cursor.row().getLong(0));
                }
            }
        }
        return numbers;
    }

    private static List<Long> range(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private static List<Long> without(final long left, final long from, final long to) {
        return LongStream.range(from, to).filter(n -> n != left).boxed().toList();
    }
}
