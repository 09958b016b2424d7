package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.interop.OfficialLog;
import dev.millrace.support.Cases;
import dev.millrace.types.RowType;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.fluss.compression.ArrowCompressionInfo;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damaged log batches, read to the last nested value as a scan does: they may be read as some other values, or refused by
 * a CorruptDataException, and nothing else. The memory is as long as the bytes, and bounds checks and assertions are on, so
 * that a read outside would be another exception.
 */
class LogBatchFuzzTest {

    /** How many damaged batches of a kind there are. */
    private static final int ROWS = 4;

    private static final int DAMAGES_OF_A_BATCH = 150;
    private static final long[] EXTREMES = {
        -1,
        Integer.MIN_VALUE,
        Integer.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        0x7FFFFFF8,
        0,
        1,
        2,
        8,
        0xFFFF,
        1L << 32
    };

    // What a damaged batch may allocate at most for each of its bytes while all of it is read, and in any case.
    private static final long ALLOCATION_PER_BYTE = 2_000;
    private static final long ALLOCATION_IN_ANY_CASE = 400_000;

    // The most that one byte can become.
    private static final long LZ4_RATIO = 255;
    private static final long ZSTD_RATIO = 1 << 15;

    private enum Kind {
        ARROW(OfficialLog.NONE, null, 0),
        ARROW_LZ4(OfficialLog.LZ4, null, LZ4_RATIO),
        ARROW_ZSTD(OfficialLog.ZSTD, null, ZSTD_RATIO),
        INDEXED(OfficialLog.NONE, RowFormat.INDEXED, 0),
        COMPACTED(OfficialLog.NONE, RowFormat.COMPACTED, 0);

        private final ArrowCompressionInfo codec;
        private final @Nullable RowFormat format;
        private final long ratio;

        Kind(final ArrowCompressionInfo codec, final @Nullable RowFormat format, final long ratio) {
            this.codec = codec;
            this.format = format;
            this.ratio = ratio;
        }

        byte[] sound(final RowType type, final RowCases cases) {
            return format == null
                    ? ArrowCases.batch(type, codec, ArrowCases.rows(cases, type, ROWS))
                    : rowLog(format, type, cases);
        }

        LogLayout layout(final RowType type) {
            final int[] all = IntStream.range(0, type.fieldCount()).toArray();
            return format == null ? ArrowLayout.of(type, all) : RowLogLayout.of(format, 1, type, all);
        }
    }

    private static byte[] rowLog(final RowFormat format, final RowType type, final RowCases cases) {
        try (OffHeapPool pool = new OffHeapPool("fuzz", 1 << 20, 1 << 20)) {
            final Block block = pool.tryAcquire(1 << 20);
            assertThat(block).isNotNull();
            final RowLogBatchBuilder builder = new RowLogBatchBuilder(format.newEncoder(type), 1, block);
            for (int i = 0; i < ROWS; i++) {
                assertThat(builder.tryAppend(RowCases.toOurs(type, cases.row(type))))
                        .isTrue();
            }
            builder.finish(null);
            builder.seal(-1, -1);
            final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (final ByteBuffer part : builder.parts()) {
                final byte[] copy = new byte[part.remaining()];
                part.duplicate().get(copy);
                bytes.writeBytes(copy);
            }
            block.release();
            return bytes.toByteArray();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSurviveDamagedBatches(final Kind kind) {
        fuzz(kind, Cases.SEED, Cases.COUNT);
    }

    @Tag("stress")
    @Timeout(value = 1, unit = TimeUnit.HOURS)
    @ParameterizedTest
    @EnumSource
    void shouldSurviveMoreDamagedBatchesEachTime(final Kind kind) {
        fuzz(kind, System.nanoTime(), Cases.COUNT);
    }

    private static void fuzz(final Kind kind, final long firstSeed, final int count) {
        int inputs = 0;
        int refused = 0;
        try (BufferDecompressor decompressor = new BufferDecompressor()) {
            for (long seed = firstSeed; inputs < count; seed++) {
                final Random random = new Random(seed);
                final RowCases cases = new RowCases(seed);
                final RowType type = cases.schema(6, 3);
                final byte[] sound = kind.sound(type, cases);
                final Reader reader = new Reader(kind, type, decompressor, seed);
                assertThat(reader.survives(sound, Long.MAX_VALUE)).isTrue();
                // The very first reads load classes.
                final long allowed = seed == firstSeed
                        ? Long.MAX_VALUE
                        : ALLOCATION_IN_ANY_CASE + ALLOCATION_PER_BYTE * sound.length;
                for (int i = 0; i < DAMAGES_OF_A_BATCH; i++, inputs++) {
                    final byte[] damaged = random.nextInt(8) == 0 ? truncated(sound, random) : damaged(sound, random);
                    refused += reader.survives(damaged, allowed) ? 0 : 1;
                }
            }
        }
        assertThat(refused).as("refused of %d", inputs).isGreaterThan(inputs / 10);
    }

    /** Cut off at its end, with a length that says so, because an incomplete batch is not even looked at. */
    private static byte[] truncated(final byte[] sound, final Random random) {
        final int length = LogBatchLayout.HEADER_LENGTH + random.nextInt(sound.length - LogBatchLayout.HEADER_LENGTH);
        final byte[] bytes = Arrays.copyOf(sound, length);
        put(bytes, LogBatchLayout.LENGTH_OFFSET, length - LogBatchLayout.LENGTH_OVERHEAD, Integer.BYTES);
        return bytes;
    }

    private static byte[] damaged(final byte[] sound, final Random random) {
        final byte[] bytes = sound.clone();
        final int wounds = 1 + random.nextInt(3);
        for (int i = 0; i < wounds; i++) {
            // Half of them where most lengths and offsets are: in the header and the metadata.
            final int at = random.nextInt(random.nextBoolean() ? Math.min(bytes.length, 700) : bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = random.nextBoolean() ? (byte) 0xFF : (byte) 0x80;
                case 3 -> put(bytes, at & -Integer.BYTES, extreme(random, bytes), Integer.BYTES);
                default -> put(bytes, at, extreme(random, bytes), random.nextBoolean() ? Integer.BYTES : Long.BYTES);
            }
        }
        // Otherwise most damage ends there.
        put(bytes, LogBatchLayout.LENGTH_OFFSET, bytes.length - LogBatchLayout.LENGTH_OVERHEAD, Integer.BYTES);
        bytes[LogBatchLayout.MAGIC_OFFSET] = LogBatchLayout.MAGIC;
        put(bytes, LogBatchLayout.SCHEMA_ID_OFFSET, 1, Short.BYTES);
        return bytes;
    }

    private static long extreme(final Random random, final byte[] bytes) {
        return random.nextInt(4) == 0
                ? bytes.length + random.nextInt(16) - 8
                : EXTREMES[random.nextInt(EXTREMES.length)];
    }

    private static void put(final byte[] bytes, final int at, final long value, final int width) {
        for (int i = 0; i < width && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }

    /** Reads batches of one schema, with the same objects again and again. */
    private static final class Reader {
        private final Kind kind;
        private final RowType type;
        private final BufferDecompressor decompressor;
        private final long seed;
        private final LogLayout layout;
        private final BatchRows rows;
        private final LogRow row;

        Reader(final Kind kind, final RowType type, final BufferDecompressor decompressor, final long seed) {
            this.kind = kind;
            this.type = type;
            this.decompressor = decompressor;
            this.seed = seed;
            this.layout = kind.layout(type);
            this.rows = layout.newBatch();
            this.row = layout.newRow(ArrowCases.lease());
        }

        /** Reads everything; false if it was refused as it should be. */
        boolean survives(final byte[] bytes, final long allowed) {
            final ByteBuffer memory = ArrowCases.direct(bytes);
            final long before = allocated();
            try {
                final LogBatchReader reader = new LogBatchReader().wrap(memory, 0, bytes.length);
                while (reader.next()) {
                    rows.wrap(reader, true);
                    decompress(bytes.length);
                    readRows();
                }
                return true;
            } catch (CorruptDataException e) {
                assertThat(e.getMessage()).contains("damaged");
                return false;
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ", " + type + ": " + Arrays.toString(bytes), e);
            } finally {
                assertThat(allocated() - before)
                        .as("bytes allocated for an input of %d, seed %d, %s", bytes.length, seed, type)
                        .isLessThan(allowed);
            }
        }

        private void decompress(final int length) {
            if (rows instanceof final ArrowBatch batch) {
                assertThat((long) batch.decompressedLength())
                        .as("decompressed of %d", length)
                        .isLessThanOrEqualTo(kind.ratio * length);
                batch.decompress(decompressor, ArrowCases.target(batch.decompressedLength()));
            }
        }

        private void readRows() {
            for (int i = 0; i < rows.rowCount(); i++) {
                row.moveTo(rows, i);
                rows.changeType(i);
                RowCases.fromOurs(type, row);
                assertThat(row.toString()).isNotNull();
            }
            if (rows instanceof final ArrowBatch batch) {
                batch.checkOffsets();
            }
        }

        private static long allocated() {
            return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
                    .getCurrentThreadAllocatedBytes();
        }
    }
}
