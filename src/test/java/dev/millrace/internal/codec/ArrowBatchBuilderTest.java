package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.interop.OfficialLog;
import dev.millrace.interop.ScalarRows;
import dev.millrace.row.GenericRow;
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

    private static byte[] bytes(final ArrowBatchBuilder builder) {
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
