package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.interop.OfficialLog;
import dev.millrace.interop.ScalarRows;
import dev.millrace.row.GenericArray;
import dev.millrace.row.GenericMap;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ArrowBatchBuilderTest {
    private static final long SEED = 20261123;
    private static final int BLOCK_LENGTH = 64 * 1024;
    private final OffHeapPool pool = new OffHeapPool("test pool", 16 << 20, 1 << 20);

    @AfterEach
    void closePool() {
        assertThat(pool.outstandingBytes()).isZero();
        pool.close();
    }

    enum Codec {
        NONE(ArrowMessageLayout.NO_COMPRESSION),
        LZ4(ArrowMessageLayout.LZ4_FRAME),
        ZSTD(ArrowMessageLayout.ZSTD);

        final int id;

        Codec(final int id) {
            this.id = id;
        }

        @Nullable BufferCompressor compressor() {
            return switch (this) {
                case NONE -> null;
                case LZ4 -> new BufferCompressor.Lz4Frame();
                case ZSTD -> new BufferCompressor.Zstandard(3);
            };
        }
    }

    static Stream<Codec> codecs() {
        return Stream.of(Codec.values());
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldWriteWhatTheOfficialDecoderReads(final Codec codec) {
        for (final int rows : new int[] {1, 2, 7, 8, 9, 100, 2_000}) {
            final long seed = SEED + rows;
            final List<List<@Nullable Object>> values = ScalarRows.random(new Random(seed), rows);
            values.forEach(row -> row.replaceAll(ArrowBatchBuilderTest::asTheOfficialDecoderCanRead));
            final List<byte[]> batches = write(codec, values);

            final List<List<@Nullable Object>> read = new ArrayList<>();
            batches.forEach(batch -> read.addAll(OfficialLog.rows(batch)));
            assertThat(read).as("seed %d, %d batches", seed, batches.size()).isEqualTo(values);
        }
    }

    /** The official decoder rejects fractions of a millisecond before 1970. */
    private static @Nullable Object asTheOfficialDecoderCanRead(final @Nullable Object value) {
        if (value instanceof Instant instant && instant.isBefore(Instant.EPOCH)) {
            return instant.truncatedTo(ChronoUnit.MILLIS);
        }
        return value instanceof LocalDateTime time && time.getYear() < 1970
                ? time.truncatedTo(ChronoUnit.MILLIS)
                : value;
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldWriteColumnsOfNothingButNulls(final Codec codec) {
        final List<@Nullable Object> nulls = new ArrayList<>();
        ScalarRows.type().fields().forEach(field -> nulls.add(null));
        final List<byte[]> batches = write(codec, List.of(nulls, nulls, nulls));
        assertThat(OfficialLog.rows(batches.get(0))).isEqualTo(List.of(nulls, nulls, nulls));
    }

    @Test
    void shouldSealAgainUnderAnotherSequence() {
        final RowType type = row(DataTypes.INT());
        final Block block = acquire(BLOCK_LENGTH);
        final ArrowBatchBuilder builder = builder(type, block);
        builder.tryAppend(GenericRow.fromData(1));
        builder.finish(null);
        builder.seal(5, 1);
        builder.seal(6, 2);
        final byte[] bytes = bytes(builder);
        final var batch = org.apache.fluss.record.MemoryLogRecords.pointToBytes(bytes)
                .batches()
                .iterator()
                .next();
        batch.ensureValid();
        assertThat(batch.writerId()).isEqualTo(6);
        assertThat(batch.batchSequence()).isEqualTo(2);
        assertThat(batch.schemaId()).isEqualTo((short) 1);
        block.release();
    }

    @Test
    void shouldRefuseAMisfitAndKeepWhatWasThere() {
        final RowType type = new RowType(
                false,
                List.of(
                        new DataField("text", DataTypes.STRING()),
                        new DataField("flag", DataTypes.BOOLEAN()),
                        new DataField("code", DataTypes.CHAR(2)),
                        new DataField("amount", DataTypes.DECIMAL(4, 2)),
                        new DataField("id", DataTypes.BIGINT().copy(false)),
                        new DataField("raw", DataTypes.BINARY(3))));
        final Block block = acquire(BLOCK_LENGTH);
        final ArrowBatchBuilder builder = builder(type, block);
        final BigDecimal amount = new BigDecimal("12.34");
        assertThat(builder.tryAppend(row(null, true, "ab", amount, 7L, new byte[] {1})))
                .isTrue();

        assertMisfit(builder, row("x", null, "abc", amount, 1L, null), "code", "CHAR(2)", "3 characters");
        assertMisfit(builder, row("x", null, "ab", new BigDecimal("123.45"), 1L, null), "amount", "DECIMAL(4, 2)");
        assertMisfit(builder, row("x", null, "ab", amount, null, null), "id", "BIGINT NOT NULL", "null");
        assertMisfit(builder, row("x", null, "ab", amount, 1L, new byte[4]), "raw", "BINARY(3)", "4 bytes");
        assertMisfit(builder, row("x", 5, "ab", amount, 1L, null), "flag", "BOOLEAN", "Integer");
        assertMisfit(builder, GenericRow.fromData(1L), "1 fields", "6 columns");

        assertThat(builder.tryAppend(row("z", null, "é€", amount, 8L, null))).isTrue();
        assertThat(builder.rowCount()).isEqualTo(2);
        builder.finish(null);
        builder.seal(-1, -1);
        final ArrowBatch read = read(type, bytes(builder));
        assertThat(read.rowCount()).isEqualTo(2);
        assertThat(read.columns()[0].isNull(0)).isTrue();
        assertThat(read.columns()[0].getString(1)).isEqualTo("z");
        assertThat(read.columns()[1].getBoolean(0)).isTrue();
        assertThat(read.columns()[1].isNull(1)).isTrue();
        assertThat(read.columns()[2].getString(1)).isEqualTo("é€");
        assertThat(read.columns()[4].getLong(1)).isEqualTo(8);
        assertThat(read.columns()[5].getBytes(0)).containsExactly(1, 0, 0);
        block.release();
    }

    @Test
    void shouldNameThePathToAMisfitDeepInside() {
        final RowType mark = new RowType(
                true,
                List.of(
                        new DataField("name", DataTypes.CHAR(2)),
                        new DataField("at", DataTypes.INT().copy(false))));
        final RowType type = new RowType(
                false,
                List.of(
                        new DataField("id", DataTypes.BIGINT()),
                        new DataField("marks", DataTypes.ARRAY(mark)),
                        new DataField("tags", DataTypes.ARRAY(DataTypes.STRING().copy(false))),
                        new DataField(
                                "counts",
                                DataTypes.MAP(
                                        DataTypes.STRING(), DataTypes.INT().copy(false)))));
        final Block block = acquire(BLOCK_LENGTH);
        final ArrowBatchBuilder builder = builder(type, block);
        final GenericArray tags = GenericArray.of("a", "b");
        final GenericArray good = GenericArray.of(GenericRow.fromData("x", 1), null);
        final GenericMap counts = GenericMap.of(GenericArray.of("k"), GenericArray.ofInts(7));
        assertThat(builder.tryAppend(row(1L, good, tags, counts))).isTrue();

        assertMisfit(
                builder,
                row(1L, marks(GenericRow.fromData("abc", 1)), tags, counts),
                "column marks[1].name of type CHAR(2) cannot hold a String of 3 characters");
        assertMisfit(
                builder,
                row(1L, marks(GenericRow.fromData("a", null)), tags, counts),
                "column marks[1].at of type INT NOT NULL cannot hold null");
        assertMisfit(
                builder,
                row(1L, marks(GenericRow.fromData("a", 1L)), tags, counts),
                "column marks[1].at of type INT NOT NULL: ",
                "an int",
                "java.lang.Long");
        assertMisfit(
                builder,
                row(1L, marks(GenericRow.fromData("a")), tags, counts),
                "column marks[1] of type ROW",
                "a row of 1 fields");
        assertMisfit(
                builder,
                row(1L, good, GenericArray.of("a", "b", null), counts),
                "column tags[2] of type STRING NOT NULL cannot hold null");
        assertMisfit(builder, row(1L, good, "text", counts), "column tags of type ARRAY", "java.lang.String");
        assertMisfit(
                builder,
                row(1L, good, tags, map(GenericArray.of("k", null), GenericArray.ofInts(1, 2))),
                "column counts[1].key of type STRING NOT NULL cannot hold null");
        assertMisfit(
                builder,
                row(1L, good, tags, map(GenericArray.of("k", "l"), GenericArray.of(1, null))),
                "column counts[1].value of type INT NOT NULL cannot hold null");
        assertMisfit(
                builder,
                row(1L, good, tags, map(GenericArray.of("k"), GenericArray.ofInts(1, 2))),
                "column counts of type MAP",
                "1 keys with 2 values");
        assertMisfit(builder, row(1L, good, sized(-1), counts), "column tags of type ARRAY", "-1 elements");
        // The field of a row after those that failed: where they failed must not stick.
        assertMisfit(builder, row(true, good, tags, counts), "column id of type BIGINT: ", "java.lang.Boolean");

        assertThat(builder.tryAppend(row(2L, good, null, null))).isTrue();
        builder.finish(null);
        builder.seal(-1, -1);
        final List<List<@Nullable Object>> read = new ArrayList<>();
        OfficialLog.read(
                RowCases.official(type),
                bytes(builder),
                row -> read.add(RowCases.fromOfficial(ArrowCodecCases.readable(type), row)));
        final List<@Nullable Object> marks = new ArrayList<>();
        marks.add(List.of("x", 1));
        marks.add(null);
        assertThat(read.get(0)).containsExactly(1L, marks, List.of("a", "b"), List.of(List.of("k", 7)));
        assertThat(read.get(1)).containsExactly(2L, marks, null, null);
        assertThat(read).hasSize(2);
        block.release();
    }

    private static GenericArray marks(final GenericRow second) {
        return GenericArray.of(GenericRow.fromData("ok", 1), second);
    }

    /** Without the check of lengths that a {@code GenericMap} makes. */
    private static InternalMap map(final InternalArray keys, final InternalArray values) {
        return new InternalMap() {
            @Override
            public int size() {
                return keys.size();
            }

            @Override
            public InternalArray keys() {
                return keys;
            }

            @Override
            public InternalArray values() {
                return values;
            }
        };
    }

    /** An array that says so of itself; all its elements are the empty text. */
    private static InternalArray sized(final int size) {
        return new InternalArray() {
            @Override
            public int size() {
                return size;
            }

            @Override
            public String getString(final int pos) {
                return "";
            }

            @Override
            public int getInt(final int pos) {
                return 0;
            }
        };
    }

    @Test
    void shouldAskForABlockThatNoOneHasRatherThanFailOnAnArrayWithoutEnd() {
        final RowType type = row(DataTypes.ARRAY(DataTypes.INT()));
        final ArrowBatchLayout layout = new ArrowBatchLayout(type, 1, ArrowMessageLayout.ZSTD);
        final GenericRow row = GenericRow.fromData(sized(Integer.MAX_VALUE));
        assertThat(layout.newSizing().planFor(row, BLOCK_LENGTH).blockLength()).isEqualTo(Integer.MAX_VALUE);
        assertThat(layout.newSizing().planForAlone(row).blockLength()).isEqualTo(Integer.MAX_VALUE);
        final Block block = acquire(BLOCK_LENGTH);
        final ArrowBatchBuilder builder = builder(type, block);
        assertThat(builder.tryAppend(row)).isFalse();
        assertThat(builder.rowCount()).isZero();
        block.release();
    }

    @Test
    void shouldRefuseABlockShorterThanItsPlan() {
        final ArrowBatchLayout layout =
                new ArrowBatchLayout(row(DataTypes.STRING()), 1, ArrowMessageLayout.NO_COMPRESSION);
        final Block block = acquire(BLOCK_LENGTH / 2);
        assertThatThrownBy(
                        () -> new ArrowBatchBuilder(layout, layout.newSizing().plan(BLOCK_LENGTH), block))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("shorter than its plan");
        block.release();
    }

    @Test
    void shouldTakeNoRowAfterItsEnd() {
        final Block block = acquire(BLOCK_LENGTH);
        final ArrowBatchBuilder builder = builder(row(DataTypes.BIGINT()), block);
        assertThat(builder.tryAppend(GenericRow.fromData(1L))).isTrue();
        builder.finish(null);
        assertThat(builder.tryAppend(GenericRow.fromData(2L))).isFalse();
        assertThat(builder.isFull()).isTrue();
        assertThat(builder.rowCount()).isEqualTo(1);
        block.release();
    }

    /** Rows of 768 numbers in an array, of which no plan knew: each batch takes more of them than the one before. */
    @Test
    void shouldLearnHowManyElementsARowHas() {
        final RowType type = row(DataTypes.BIGINT(), DataTypes.ARRAY(DataTypes.FLOAT()));
        final ArrowBatchLayout layout = new ArrowBatchLayout(type, 1, ArrowMessageLayout.NO_COMPRESSION);
        final ArrowBatchLayout.Sizing sizing = layout.newSizing();
        final GenericRow row = GenericRow.fromData(1L, GenericArray.ofFloats(new float[768]));
        final int blockLength = 256 * 1024;
        int rows = 0;
        int used = 0;
        for (int round = 0; round < 12; round++) {
            final ArrowBatchLayout.Plan plan = sizing.planFor(row, blockLength);
            final Block block = acquire(plan.blockLength());
            final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, plan, block);
            while (builder.tryAppend(row)) {
                assertThat(builder.rowCount()).isLessThan(200);
            }
            assertThat(builder.rowCount()).isPositive();
            builder.finish(null);
            used = builder.length();
            rows = builder.rowCount();
            sizing.observe(builder);
            block.release();
        }
        assertThat(used).isBetween(blockLength * 9 / 10, blockLength);
        assertThat(rows).isGreaterThan(75);
    }

    @Test
    void shouldTakeARowLongerThanABlockInABlockOfItsOwn() {
        final RowType type = row(DataTypes.STRING());
        final ArrowBatchLayout layout = new ArrowBatchLayout(type, 1, ArrowMessageLayout.NO_COMPRESSION);
        final GenericRow row = GenericRow.fromData("x".repeat(300_000));
        final ArrowBatchLayout.Plan plan = layout.newSizing().planFor(row, BLOCK_LENGTH);
        assertThat(plan.blockLength()).isBetween(300_000, 300_000 + 2 * BLOCK_LENGTH);
        final Block block = acquire(plan.blockLength());
        final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, plan, block);
        assertThat(builder.tryAppend(row)).isTrue();
        block.release();
    }

    @Test
    void shouldPlanAShortRowShortAfterALongOne() {
        final ArrowBatchLayout layout = new ArrowBatchLayout(row(DataTypes.STRING()), 1, ArrowMessageLayout.ZSTD);
        final ArrowBatchLayout.Sizing sizing = layout.newSizing();
        final GenericRow longRow = GenericRow.fromData("x".repeat(5_000_000));
        final ArrowBatchLayout.Plan alone = sizing.planForAlone(longRow);
        assertThat(alone.batchLength()).isBetween(5_000_000, 5_001_000);
        final Block block = acquire(alone.blockLength());
        final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, alone, block);
        assertThat(builder.tryAppend(longRow)).isTrue();
        sizing.observe(builder);
        block.release();
        assertThat(sizing.planFor(GenericRow.fromData("y"), BLOCK_LENGTH).blockLength())
                .isLessThan(2 * BLOCK_LENGTH);
    }

    @Test
    void shouldLearnToDivideABlockSoThatAllColumnsFillTogether() {
        final RowType type = row(DataTypes.BIGINT(), DataTypes.STRING());
        final ArrowBatchLayout layout = new ArrowBatchLayout(type, 1, ArrowMessageLayout.NO_COMPRESSION);
        final ArrowBatchLayout.Sizing sizing = layout.newSizing();
        int used = 0;
        for (int round = 0; round < 4; round++) {
            final ArrowBatchLayout.Plan plan = sizing.plan(BLOCK_LENGTH);
            assertThat(plan.blockLength()).isEqualTo(BLOCK_LENGTH);
            final Block block = acquire(plan.blockLength());
            final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, plan, block);
            while (builder.tryAppend(GenericRow.fromData(1L, "s".repeat(90)))) {
                assertThat(builder.rowCount()).isLessThan(10_000);
            }
            builder.finish(null);
            used = builder.length();
            sizing.observe(builder);
            block.release();
        }
        assertThat(used).isGreaterThan(BLOCK_LENGTH * 9 / 10);
    }

    private List<byte[]> write(final Codec codec, final List<List<@Nullable Object>> values) {
        final RowType type = ScalarRows.type();
        final List<GenericRow> rows =
                values.stream().map(row -> ScalarRows.toOurs(type, row)).toList();
        return write(pool, type, codec, BLOCK_LENGTH, rows).stream()
                .map(Written::bytes)
                .toList();
    }

    /** A finished batch. */
    record Written(int rows, byte[] bytes) {}

    /** Writes rows as a writer does: into batches that are planned by what came before. */
    static List<Written> write(
            final OffHeapPool pool,
            final RowType type,
            final Codec codec,
            final int blockLength,
            final List<GenericRow> rows) {
        final ArrowBatchLayout layout = new ArrowBatchLayout(type, 1, codec.id);
        if (type.fieldCount() % 2 == 0) {
            // As it does after many rows.
            layout.unroll();
        }
        final ArrowBatchLayout.Sizing sizing = layout.newSizing();
        final List<Written> batches = new ArrayList<>();
        final BufferCompressor compressor = codec.compressor();
        int next = 0;
        while (next < rows.size()) {
            final ArrowBatchLayout.Plan plan = sizing.planFor(rows.get(next), blockLength);
            final Block block = acquire(pool, plan.blockLength());
            // What a block held before must not show.
            block.buffer().setMemory(0, block.length(), (byte) 0xA5);
            final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, plan, block);
            assertThat(builder.tryAppend(rows.get(next++))).isTrue();
            while (next < rows.size() && builder.tryAppend(rows.get(next))) {
                next++;
            }
            builder.finish(compressor);
            builder.seal(-1, -1);
            assertThat(builder.length()).isLessThanOrEqualTo(plan.batchLength());
            batches.add(new Written(builder.rowCount(), bytes(builder)));
            sizing.observe(builder);
            block.release();
        }
        if (compressor != null) {
            compressor.close();
        }
        return batches;
    }

    private static ArrowBatch read(final RowType type, final byte[] bytes) {
        final ByteBuffer memory = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        final LogBatchReader reader = new LogBatchReader().wrap(memory, 0, bytes.length);
        assertThat(reader.next()).isTrue();
        reader.checkCrc();
        final int[] all = java.util.stream.IntStream.range(0, type.fieldCount()).toArray();
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(type, all));
        batch.wrap(reader, true);
        return batch;
    }

    private static void assertMisfit(final ArrowBatchBuilder builder, final GenericRow row, final String... told) {
        final int before = builder.rowCount();
        assertThatThrownBy(() -> builder.tryAppend(row))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContainingAll(told);
        assertThat(builder.rowCount()).isEqualTo(before);
    }

    private ArrowBatchBuilder builder(final RowType type, final Block block) {
        final ArrowBatchLayout layout = new ArrowBatchLayout(type, 1, ArrowMessageLayout.NO_COMPRESSION);
        return new ArrowBatchBuilder(layout, layout.newSizing().plan(block.length()), block);
    }

    private static GenericRow row(final @Nullable Object... values) {
        final GenericRow row = new GenericRow(values.length);
        for (int i = 0; i < values.length; i++) {
            final Object value = values[i];
            row.setField(
                    i,
                    value instanceof BigDecimal decimal
                            ? dev.millrace.row.Decimal.of(decimal, decimal.precision(), decimal.scale())
                            : value);
        }
        return row;
    }

    private static RowType row(final dev.millrace.types.DataType... types) {
        final List<DataField> fields = new ArrayList<>();
        for (final var type : types) {
            fields.add(new DataField("c" + fields.size(), type));
        }
        return new RowType(false, fields);
    }

    private Block acquire(final int length) {
        return acquire(pool, length);
    }

    private static Block acquire(final OffHeapPool pool, final int length) {
        final Block block = pool.tryAcquire(length);
        assertThat(block).isNotNull();
        return block;
    }

    static byte[] bytes(final ArrowBatchBuilder builder) {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (final ByteBuffer part : builder.parts()) {
            final byte[] copy = new byte[part.remaining()];
            part.duplicate().get(copy);
            bytes.writeBytes(copy);
        }
        assertThat(bytes.size()).isEqualTo(builder.length());
        return bytes.toByteArray();
    }
}
