package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.row.GenericRow;
import dev.millrace.support.Cases;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.memory.UnmanagedPagedOutputView;
import org.apache.fluss.metadata.KvFormat;
import org.apache.fluss.record.ChangeType;
import org.apache.fluss.record.DefaultKvRecordBatch;
import org.apache.fluss.record.DefaultValueRecordBatch;
import org.apache.fluss.record.KvRecordBatchBuilder;
import org.apache.fluss.record.MemoryLogRecords;
import org.apache.fluss.record.MemoryLogRecordsCompactedBuilder;
import org.apache.fluss.record.MemoryLogRecordsIndexedBuilder;
import org.apache.fluss.record.bytesview.BytesView;
import org.apache.fluss.row.BinaryRow;
import org.apache.fluss.row.compacted.CompactedRow;
import org.apache.fluss.row.encode.CompactedKeyEncoder;
import org.apache.fluss.row.encode.ValueEncoder;
import org.apache.fluss.row.indexed.IndexedRow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordBatchTest {
    private static final int BLOCK_LENGTH = 64 * 1024;
    private static final int SCHEMA_ID = 3;
    private static final RowType PAIR = RowFormatTest.row(DataTypes.INT(), DataTypes.STRING());
    private static final int[] FIRST_COLUMN = {0};

    private final OffHeapPool pool = new OffHeapPool("test pool", 16 << 20, 1 << 20);

    @AfterEach
    void closePool() {
        assertThat(pool.outstandingBytes()).isZero();
        pool.close();
    }

    // ---- log batches ----

    @ParameterizedTest
    @EnumSource
    void shouldWriteTheVeryLogBatchesOfTheOfficialBuilder(final RowFormat format) throws Exception {
        int rowsSoFar = 0;
        for (long seed = Cases.SEED; rowsSoFar < Cases.COUNT; seed++) {
            final RowCases cases = new RowCases(seed);
            final int count = (int) (seed % 12);
            rowsSoFar += count;
            final RowType type = cases.schema(8, 1);
            final List<List<@Nullable Object>> rows = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                rows.add(cases.row(type));
            }
            final Block block = acquire(BLOCK_LENGTH);
            final RowLogBatchBuilder builder = new RowLogBatchBuilder(format.newEncoder(type), SCHEMA_ID, block);
            rows.forEach(row ->
                    assertThat(builder.tryAppend(RowCases.toOurs(type, row))).isTrue());
            builder.finish(null);
            builder.seal(1, 2);
            builder.seal(7, 5);
            final List<ChangeType> appends =
                    rows.stream().map(row -> ChangeType.APPEND_ONLY).toList();
            final byte[] bytes = bytes(builder);
            final byte[] expected = officialLog(format, type, rows, appends, true);
            if (!hasNested(type)) {
                assertThat(bytes).as("seed %d, %s: %s", seed, type, rows).isEqualTo(expected);
            }
            assertThat(readLog(format, type, bytes)).as("seed %d", seed).isEqualTo(rows);
            block.release();
        }
    }

    /** Nested values may differ in the slots of null elements, see {@link RowFormatTest#official}. */
    private static boolean hasNested(final RowType type) {
        return type.fields().stream().anyMatch(field -> ValueKind.of(field.dataType()) >= ValueKind.ARRAY);
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadTheChangelogsOfTheOfficialBuilder(final RowFormat format) throws Exception {
        int rowsSoFar = 0;
        for (long seed = Cases.SEED; rowsSoFar < Cases.COUNT; seed++) {
            final RowCases cases = new RowCases(seed);
            final int count = (int) (seed % 12);
            rowsSoFar += count;
            final RowType type = cases.schema(8, 2);
            final List<List<@Nullable Object>> rows = new ArrayList<>();
            final List<ChangeType> changes = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                rows.add(cases.row(type));
                changes.add(ChangeType.values()[i % 5]);
            }
            final LogBatchReader reader = reader(officialLog(format, type, rows, changes, false));
            assertThat(reader.next()).as("seed %d", seed).isTrue();
            reader.checkCrc();
            final RowLogReader records = new RowLogReader(format.newView(type));
            records.wrap(reader);
            for (int i = 0; i < rows.size(); i++) {
                assertThat(records.next()).as("seed %d", seed).isTrue();
                assertThat(records.index()).isEqualTo(i);
                assertThat(records.changeType()).isEqualTo(changes.get(i).toByteValue());
                assertThat(RowCases.fromOurs(type, records.row()))
                        .as("seed %d", seed)
                        .isEqualTo(rows.get(i));
            }
            assertThat(records.next()).isFalse();
        }
    }

    @Test
    void shouldReadTheWorkedIndexedBatch() {
        final LogBatchReader reader = reader(HexFormat.of()
                .parseHex(("0a00000000000000 52000000 00 e803000000000000 cdc2963f 0100 00 02000000 0500000000000000"
                                + " 02000000 03000000 0b000000 01 00 01000000 01000000 61 0a000000 04 02 00000000 02000000"
                                + " 0d000000 03 00 03000000 03000000 636363")
                        .replace(" ", "")));
        assertThat(reader.next()).isTrue();
        reader.checkCrc();
        assertThat(reader.baseOffset()).isEqualTo(10);
        final RowLogReader records = new RowLogReader(RowFormat.INDEXED.newView(PAIR));
        records.wrap(reader);
        final List<String> read = new ArrayList<>();
        while (records.next()) {
            read.add(records.changeType() + records.row().toString());
        }
        assertThat(read).containsExactly("1(1, a)", "4(2, null)", "3(3, ccc)");
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeRowsUntilTheBlockIsFullAndLeaveTheBatchAsItWas(final RowFormat format) {
        final Block block = acquire(BLOCK_LENGTH);
        final BatchBuilder builder = new RowLogBatchBuilder(format.newEncoder(PAIR), SCHEMA_ID, block);
        final GenericRow row = new GenericRow(2);
        int rows = 0;
        while (true) {
            if (rows == 100) {
                assertThatThrownBy(() -> builder.tryAppend(GenericRow.fromData(1, 2.5)))
                        .isInstanceOf(RowConversionException.class)
                        .hasMessageContaining("column c1 of type STRING");
            }
            row.setInt(0, rows);
            row.setString(1, "text ".repeat(rows % 40));
            if (!builder.tryAppend(row)) {
                break;
            }
            rows++;
        }
        assertThat(builder.rowCount()).isEqualTo(rows).isGreaterThan(500);
        assertThat(builder.isFull()).isFalse();
        builder.finish(null);
        builder.seal(1, 2);
        assertThat(builder.length()).isGreaterThan(BLOCK_LENGTH - 300);
        final List<List<@Nullable Object>> read = readLog(format, PAIR, bytes(builder));
        assertThat(read).hasSize(rows);
        assertThat(read.get(rows - 1)).containsExactly(rows - 1, "text ".repeat((rows - 1) % 40));
        block.release();
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeARowLongerThanABlockInABlockOfItsOwn(final RowFormat format) {
        final RowEncoder encoder = format.newEncoder(PAIR);
        final RowEncoder key = KeyFormat.COMPACTED.newEncoder(PAIR, FIRST_COLUMN);
        final GenericRow row = GenericRow.fromData(1, "x".repeat(300_000));
        assertThat(RowLogBatchBuilder.blockLengthFor(encoder, GenericRow.fromData(1, "x"), BLOCK_LENGTH))
                .isEqualTo(BLOCK_LENGTH);
        final Block log = acquire(RowLogBatchBuilder.blockLengthFor(encoder, row, BLOCK_LENGTH));
        assertThat(new RowLogBatchBuilder(encoder, SCHEMA_ID, log).tryAppend(row))
                .isTrue();
        log.release();
        final Block kv = acquire(KvBatchBuilder.blockLengthFor(key, encoder, row, BLOCK_LENGTH));
        assertThat(new KvBatchBuilder(key, encoder, SCHEMA_ID, kv).tryAppend(row))
                .isTrue();
        kv.release();
    }

    private static byte[] officialLog(
            final RowFormat format,
            final RowType type,
            final List<List<@Nullable Object>> rows,
            final List<ChangeType> changes,
            final boolean appendOnly)
            throws Exception {
        final UnmanagedPagedOutputView output = new UnmanagedPagedOutputView(BLOCK_LENGTH);
        if (format == RowFormat.COMPACTED) {
            final var builder =
                    MemoryLogRecordsCompactedBuilder.builder(SCHEMA_ID, Integer.MAX_VALUE, output, appendOnly);
            for (int i = 0; i < rows.size(); i++) {
                builder.append(changes.get(i), (CompactedRow) RowFormatTest.officialRow(format, type, rows.get(i)));
            }
            builder.setWriterState(7, 5);
            builder.close();
            return bytes(builder.build());
        }
        final var builder = MemoryLogRecordsIndexedBuilder.builder(SCHEMA_ID, Integer.MAX_VALUE, output, appendOnly);
        for (int i = 0; i < rows.size(); i++) {
            builder.append(changes.get(i), (IndexedRow) RowFormatTest.officialRow(format, type, rows.get(i)));
        }
        builder.setWriterState(7, 5);
        builder.close();
        return bytes(builder.build());
    }

    private static List<List<@Nullable Object>> readLog(
            final RowFormat format, final RowType type, final byte[] bytes) {
        MemoryLogRecords.pointToBytes(bytes).batches().iterator().next().ensureValid();
        final LogBatchReader reader = reader(bytes);
        assertThat(reader.next()).isTrue();
        reader.checkCrc();
        assertThat(reader.schemaId()).isEqualTo(SCHEMA_ID);
        assertThat(reader.isAppendOnly()).isTrue();
        final RowLogReader records = new RowLogReader(format.newView(type));
        records.wrap(reader);
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        while (records.next()) {
            assertThat(records.changeType()).isZero();
            rows.add(RowCases.fromOurs(type, records.row()));
        }
        return rows;
    }

    static LogBatchReader reader(final byte[] bytes) {
        final ByteBuffer memory = ByteBuffer.allocateDirect(bytes.length).put(bytes);
        return new LogBatchReader().wrap(memory, 0, bytes.length);
    }

    // ---- kv batches ----

    @Test
    void shouldWriteTheWorkedKvBatch() {
        final Block block = acquire(BLOCK_LENGTH);
        final KvBatchBuilder builder = new KvBatchBuilder(
                KeyFormat.COMPACTED.newEncoder(PAIR, FIRST_COLUMN), RowFormat.COMPACTED.newEncoder(PAIR), 1, block);
        assertThat(builder.tryAppend(GenericRow.fromData(1, "a"))).isTrue();
        assertThat(builder.tryDelete(GenericRow.fromData(2, null))).isTrue();
        builder.finish(null);
        builder.seal(7, 3);
        assertThat(HexFormat.of().formatHex(bytes(builder)))
                .isEqualTo(("28000000 00 b5ac7e3a 0100 00 0700000000000000 03000000 02000000"
                                + "06000000 01 01 00010161 02000000 01 02")
                        .replace(" ", ""));
        block.release();
    }

    @ParameterizedTest
    @EnumSource
    void shouldWriteTheVeryKvBatchesOfTheOfficialBuilder(final RowFormat format) throws Exception {
        int rowsSoFar = 0;
        for (long seed = Cases.SEED; rowsSoFar < Cases.COUNT; seed++) {
            final RowCases cases = new RowCases(seed);
            final int count = (int) (seed % 12);
            rowsSoFar += count;
            final RowType type = withKey(cases.schema(8, 0));
            final RowType officialKey = type.project(0, 1);
            final Block block = acquire(BLOCK_LENGTH);
            final KvBatchBuilder builder = new KvBatchBuilder(
                    KeyFormat.COMPACTED.newEncoder(type, new int[] {0, 1}), format.newEncoder(type), SCHEMA_ID, block);
            final KvRecordBatchBuilder official = KvRecordBatchBuilder.builder(
                    SCHEMA_ID,
                    Integer.MAX_VALUE,
                    new UnmanagedPagedOutputView(BLOCK_LENGTH),
                    format == RowFormat.COMPACTED ? KvFormat.COMPACTED : KvFormat.INDEXED);
            final CompactedKeyEncoder keys = new CompactedKeyEncoder(RowCases.official(officialKey));
            for (int i = 0; i < count; i++) {
                final List<@Nullable Object> row = cases.row(type);
                final byte[] key = keys.encodeKey(RowCases.toOfficial(officialKey, row.subList(0, 2)));
                final boolean delete = i % 3 == 1;
                final GenericRow ours = RowCases.toOurs(type, row);
                assertThat(delete ? builder.tryDelete(ours) : builder.tryAppend(ours))
                        .isTrue();
                official.append(key, delete ? null : RowFormatTest.officialRow(format, type, row));
            }
            official.setWriterState(7, 5);
            official.close();
            builder.finish(null);
            builder.seal(7, 5);
            assertThat(bytes(builder)).as("seed %d, %s", seed, type).isEqualTo(bytes(official.build()));
            final DefaultKvRecordBatch read = DefaultKvRecordBatch.pointToBytes(bytes(builder));
            read.ensureValid();
            assertThat(read.getRecordCount()).isEqualTo(count);
            block.release();
        }
    }

    /** Two key columns first, one of which may be long. */
    private static RowType withKey(final RowType type) {
        final List<dev.millrace.types.DataField> fields = new ArrayList<>();
        fields.add(new dev.millrace.types.DataField("k0", DataTypes.STRING().copy(false)));
        fields.add(new dev.millrace.types.DataField("k1", DataTypes.BIGINT().copy(false)));
        fields.addAll(type.fields());
        return new RowType(false, fields);
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeUpsertsAndDeletesUntilTheBlockIsFull(final RowFormat format) {
        final Block block = acquire(BLOCK_LENGTH);
        final KvBatchBuilder builder = new KvBatchBuilder(
                KeyFormat.COMPACTED.newEncoder(PAIR, FIRST_COLUMN), format.newEncoder(PAIR), SCHEMA_ID, block);
        assertThat(builder.tryAppend(GenericRow.fromData(-1, "first"))).isTrue();
        assertThatThrownBy(() -> builder.tryDelete(GenericRow.fromData(null, "x")))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("null in a key");
        int rows = 1;
        while (rows % 2 == 0
                ? builder.tryAppend(GenericRow.fromData(rows, "value " + rows))
                : builder.tryDelete(GenericRow.fromData(rows, null))) {
            rows++;
        }
        assertThat(builder.rowCount()).isEqualTo(rows).isGreaterThan(1_500);
        builder.finish(null);
        builder.seal(-1, -1);
        final DefaultKvRecordBatch read = DefaultKvRecordBatch.pointToBytes(bytes(builder));
        read.ensureValid();
        assertThat(read.getRecordCount()).isEqualTo(rows);
        assertThat(read.sizeInBytes()).isEqualTo(builder.length());
        block.release();
    }

    // ---- values ----

    @Test
    void shouldReadTheWorkedValueBatch() {
        final UnsafeBuffer memory = RowCases.memoryOf(HexFormat.of()
                .parseHex("19000000 00 02000000 06000000 0100 00010161 06000000 0100 00010161".replace(" ", "")));
        final ValueBatchReader reader = new ValueBatchReader();
        reader.wrap(memory, 0, memory.capacity());
        assertThat(reader.count()).isEqualTo(2);
        final RowView row = RowFormat.COMPACTED.newView(PAIR);
        for (int i = 0; i < 2; i++) {
            assertThat(reader.next()).isTrue();
            assertThat(reader.schemaId()).isEqualTo(1);
            row.wrap(memory, reader.rowOffset(), reader.rowLength());
            assertThat(row.toString()).isEqualTo("(1, a)");
        }
        assertThat(reader.next()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadTheValuesOfTheOfficialEncoder(final RowFormat format) throws Exception {
        int rowsSoFar = 0;
        for (long seed = Cases.SEED; rowsSoFar < Cases.COUNT; seed++) {
            final RowCases cases = new RowCases(seed);
            final int count = (int) (seed % 12);
            rowsSoFar += count;
            final RowType type = cases.schema(8, 2);
            final DefaultValueRecordBatch.Builder official = DefaultValueRecordBatch.builder();
            final List<List<@Nullable Object>> rows = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                rows.add(cases.row(type));
                final BinaryRow row = RowFormatTest.officialRow(format, type, rows.get(i));
                official.append((short) i, row);
                final byte[] value = ValueEncoder.encodeValue((short) i, row);
                final UnsafeBuffer memory = RowCases.memoryOf(value);
                assertThat(KvValue.schemaId(memory, 0, value.length)).isEqualTo(i);
                final RowView view = format.newView(type);
                view.wrap(memory, KvValue.ROW_OFFSET, value.length - KvValue.ROW_OFFSET);
                assertThat(RowCases.fromOurs(type, view)).as("seed %d", seed).isEqualTo(rows.get(i));
            }
            final DefaultValueRecordBatch built = official.build();
            final byte[] bytes = new byte[built.sizeInBytes()];
            built.getSegment().get(built.getPosition(), bytes);
            final UnsafeBuffer memory = RowCases.memoryOf(bytes);
            final ValueBatchReader reader = new ValueBatchReader();
            reader.wrap(memory, 0, bytes.length);
            final RowView view = format.newView(type);
            for (int i = 0; i < rows.size(); i++) {
                assertThat(reader.next()).isTrue();
                assertThat(reader.schemaId()).isEqualTo(i);
                view.wrap(memory, reader.rowOffset(), reader.rowLength());
                assertThat(RowCases.fromOurs(type, view)).as("seed %d", seed).isEqualTo(rows.get(i));
            }
            assertThat(reader.next()).isFalse();
        }
        assertThatThrownBy(() -> KvValue.schemaId(RowCases.memoryOf(new byte[1]), 0, 1))
                .isInstanceOf(CorruptDataException.class);
    }

    private Block acquire(final int length) {
        final Block block = pool.tryAcquire(length);
        assertThat(block).isNotNull();
        block.buffer().setMemory(0, length, (byte) 0xA5);
        return block;
    }

    private static byte[] bytes(final BatchBuilder builder) {
        assertThat(builder.parts()).hasSize(1);
        final ByteBuffer part = builder.parts().get(0).duplicate();
        final byte[] bytes = new byte[part.remaining()];
        part.get(bytes);
        assertThat(bytes).hasSize(builder.length());
        return bytes;
    }

    private static byte[] bytes(final BytesView view) {
        final byte[] bytes = new byte[view.getBytesLength()];
        view.getByteBuf().readBytes(bytes);
        return bytes;
    }
}
