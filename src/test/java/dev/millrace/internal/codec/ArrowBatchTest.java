package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Lease;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.interop.OfficialLog;
import dev.millrace.interop.ScalarRows;
import dev.millrace.row.InternalRow;
import dev.millrace.support.Cases;
import dev.millrace.types.DataField;
import dev.millrace.types.IntType;
import dev.millrace.types.RowType;
import dev.millrace.types.StringType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.compression.ArrowCompressionInfo;
import org.apache.fluss.record.ChangeType;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataTypes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ArrowBatchTest {
    private static final long SEED = 20261123;
    private static final int MAX_DECOMPRESSED = 1 << 24;

    private static final RowType PAIR =
            new RowType(true, List.of(new DataField("a", new IntType(true)), new DataField("b", new StringType(true))));
    private static final org.apache.fluss.types.RowType OFFICIAL_PAIR = org.apache.fluss.types.RowType.of(
            new org.apache.fluss.types.DataType[] {DataTypes.INT(), DataTypes.STRING()}, new String[] {"a", "b"});

    static Stream<ArrowCompressionInfo> codecs() {
        return Stream.of(OfficialLog.NONE, OfficialLog.ZSTD, OfficialLog.LZ4);
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldReadWhatTheOfficialEncoderWrites(final ArrowCompressionInfo codec) {
        for (final int rows : new int[] {1, 2, 7, 8, 9, 500, 5_000}) {
            final List<List<@Nullable Object>> values = ScalarRows.random(new Random(SEED + rows), rows);
            final byte[] batch = OfficialLog.batch(ScalarRows.officialType(), codec, officialRows(values));

            assertThat(readAll(batch, ScalarRows.type()))
                    .as("seed %d", SEED + rows)
                    .isEqualTo(values);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldReadColumnsOfNothingButNulls(final ArrowCompressionInfo codec) {
        final RowType type = ScalarRows.type();
        final List<List<@Nullable Object>> values = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            values.add(new ArrayList<>(Collections.nCopies(type.fieldCount(), null)));
        }

        assertThat(readAll(OfficialLog.batch(ScalarRows.officialType(), codec, officialRows(values)), type))
                .isEqualTo(values);
    }

    @Test
    void shouldGiveTheColumnsInTheOrderAskedFor() {
        final List<List<@Nullable Object>> values = ScalarRows.random(new Random(SEED), 50);
        final int[] order = {8, 0, 26, 13};
        final ArrowLayout layout = ArrowLayout.of(ScalarRows.type(), order);
        final ArrowBatch batch = new ArrowBatch(layout);
        wrap(batch, OfficialLog.batch(ScalarRows.officialType(), OfficialLog.NONE, officialRows(values)), true);

        assertThat(layout.rowType().fields().stream().map(DataField::name)).containsExactly("c8", "c0", "c26", "c13");
        for (int row = 0; row < 50; row++) {
            final List<@Nullable Object> expected = new ArrayList<>();
            for (final int column : order) {
                expected.add(values.get(row).get(column));
            }
            assertThat(ScalarRows.read(layout.rowType(), row(batch, row))).isEqualTo(expected);
        }
    }

    @Test
    void shouldReadChangeTypes() {
        final List<ChangeType> types =
                List.of(ChangeType.INSERT, ChangeType.UPDATE_BEFORE, ChangeType.UPDATE_AFTER, ChangeType.DELETE);
        final List<GenericRow> rows =
                IntStream.range(0, 4).mapToObj(i -> pair(i, "x")).toList();
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(PAIR, 0, 1));
        wrap(batch, OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.ZSTD, rows, types), true);

        assertThat(IntStream.range(0, 4).map(batch::changeType)).containsExactly(1, 2, 3, 4);
        assertThat(batch.columns()[0].getInt(3)).isEqualTo(3);
    }

    @Test
    void shouldReadTheSameBytesByEveryGetter() {
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(PAIR, 0, 1));
        wrap(batch, OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.NONE, List.of(pair(1, "abc"), pair(2, ""))), true);
        final ArrowColumn text = batch.columns()[1];
        final UnsafeBuffer view = OffHeap.flyweight();
        final UnsafeBuffer copy = OffHeap.wrap(new byte[5]);

        text.wrapString(0, view);
        assertThat(view.getStringWithoutLengthAscii(0, view.capacity())).isEqualTo("abc");
        assertThat(text.copyString(0, copy, 1, 4)).isEqualTo(3);
        assertThat(copy.getStringWithoutLengthAscii(1, 3)).isEqualTo("abc");
        assertThat(text.copyString(0, copy, 0, 2)).isEqualTo(3);
        text.wrapString(1, view);
        assertThat(view.capacity()).isZero();
    }

    @Test
    void shouldNameColumnAndTypeWhenReadByTheWrongGetter() {
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(PAIR, 0, 1));
        wrap(batch, OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.NONE, List.of(pair(1, "abc"))), true);

        assertThatThrownBy(() -> batch.columns()[1].getLong(0))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("'b'")
                .hasMessageContaining("STRING")
                .hasMessageContaining("getLong");
    }

    @Test
    void shouldReadAColumnThatABatchDoesNotHaveAsNull() {
        final RowType later = new RowType(
                true, List.of(PAIR.fields().get(0), PAIR.fields().get(1), new DataField("c", new StringType(true))));
        final byte[] bytes = OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.NONE, List.of(pair(1, "abc")));
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(later, 0, 1, 2));

        wrap(batch, bytes, false);
        assertThat(batch.columns()[1].getString(0)).isEqualTo("abc");
        assertThat(batch.hasColumn(2)).isFalse();
        assertThat(batch.columns()[2].isNull(0)).isTrue();
        assertThatThrownBy(() -> wrap(batch, bytes, true)).isInstanceOf(CorruptDataException.class);
    }

    /** The compressed buffers of the longer batch are not those of the shorter one. */
    @ParameterizedTest
    @MethodSource("codecs")
    void shouldReadABatchWithFewerColumnsAfterALongerOne(final ArrowCompressionInfo codec) {
        final org.apache.fluss.types.RowType officialEarlier = org.apache.fluss.types.RowType.of(
                new org.apache.fluss.types.DataType[] {DataTypes.INT()}, new String[] {"a"});
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(PAIR, 0, 1));
        wrap(batch, OfficialLog.batch(OFFICIAL_PAIR, codec, somePairs(2_000)), true);
        assertThat(batch.columns()[1].getString(1_999)).isEqualTo("text 1");

        wrap(batch, OfficialLog.batch(officialEarlier, codec, List.of(GenericRow.of(7))), false);

        assertThat(batch.columns()[0].getInt(0)).isEqualTo(7);
        assertThat(batch.columns()[1].isNull(0)).isTrue();
    }

    @Test
    void shouldReadNothingAfterItLetGo() {
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(PAIR, 0, 1));
        wrap(batch, OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.NONE, somePairs(2)), true);
        batch.unwrap();

        assertThat(batch.rowCount()).isZero();
        assertThat(batch.columns()[0].isNull(0)).isTrue();
        assertThatThrownBy(() -> batch.columns()[0].getInt(0)).isInstanceOf(RowConversionException.class);
        assertThatThrownBy(() -> batch.columns()[1].getString(0)).isInstanceOf(RowConversionException.class);
    }

    @Test
    void shouldLeaveOutAColumnThatWasAddedLater() {
        final RowType earlier = new RowType(true, List.of(PAIR.fields().get(0)));
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(earlier, 0));

        wrap(batch, OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.ZSTD, List.of(pair(7, "abc"))), false);

        assertThat(batch.columns()[0].getInt(0)).isEqualTo(7);
    }

    @Test
    void shouldStopAtAnIncompleteBatch() {
        final byte[] one = OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.NONE, List.of(pair(1, "abc")));
        final LogBatchReader reader = new LogBatchReader();
        for (int cut = 0; cut < one.length; cut++) {
            final ByteBuffer memory = direct(one, one);
            reader.wrap(memory, 0, one.length + cut);
            assertThat(reader.next()).isTrue();
            reader.checkCrc();
            assertThat(reader.next()).as("cut at %d", cut).isFalse();
            assertThat(reader.position()).isEqualTo(one.length);
        }
    }

    @Test
    void shouldCountTheOffsetOfAnEmptyBatch() {
        final byte[] empty = OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.NONE, List.of());
        final LogBatchReader reader = new LogBatchReader().wrap(direct(empty), 0, empty.length);

        assertThat(reader.next()).isTrue();
        assertThat(reader.recordCount()).isZero();
        assertThat(reader.nextOffset()).isEqualTo(1);
    }

    @Test
    void shouldFindAnyDamageUnderTheChecksum() {
        final byte[] batch = OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.ZSTD, somePairs(30));
        for (int at = LogBatchLayout.CRC_OFFSET; at < batch.length; at++) {
            final byte[] damaged = batch.clone();
            damaged[at] ^= 0x40;
            final LogBatchReader reader = new LogBatchReader().wrap(direct(damaged), 0, damaged.length);
            assertThatThrownBy(() -> {
                        reader.next();
                        reader.checkCrc();
                    })
                    .as("byte %d", at)
                    .isInstanceOf(CorruptDataException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldSurviveDamageAtEveryByteWithoutChecksum(final ArrowCompressionInfo codec) {
        final List<List<@Nullable Object>> values = ScalarRows.random(new Random(SEED), 30);
        final byte[] batch = OfficialLog.batch(ScalarRows.officialType(), codec, officialRows(values));
        final byte[] masks = {1, 2, 4, 8, 16, 32, 64, (byte) 128, (byte) 255};
        // Neighbours are damaged in different ways in the normal build, all in each way under stress.
        final int step = Cases.COUNT > 10_000 ? 1 : 3;
        for (int at = 0; at < batch.length; at++) {
            for (int i = at % step; i < masks.length; i += step) {
                final byte[] damaged = batch.clone();
                damaged[at] ^= masks[i];
                readDamaged(damaged, "byte " + at + " xor " + masks[i]);
            }
        }
    }

    @Test
    void shouldSurviveRandomDamage() {
        final List<List<@Nullable Object>> values = ScalarRows.random(new Random(SEED), 100);
        final byte[] batch = OfficialLog.batch(ScalarRows.officialType(), OfficialLog.NONE, officialRows(values));
        for (int round = 0; round < 5_000; round++) {
            final Random random = new Random(SEED + round);
            final byte[] damaged = batch.clone();
            for (int hits = random.nextInt(8); hits >= 0; hits--) {
                damaged[random.nextInt(random.nextBoolean() ? 2_048 : damaged.length)] = (byte) random.nextInt();
            }
            readDamaged(damaged, "seed " + (SEED + round));
        }
    }

    @Test
    void shouldRefuseLengthsThatPointOutside() {
        final byte[] batch = OfficialLog.batch(OFFICIAL_PAIR, OfficialLog.NONE, somePairs(4));
        final UnsafeBuffer view = OffHeap.wrap(batch);
        view.putInt(LogBatchLayout.LENGTH_OFFSET, 5, ByteOrder.LITTLE_ENDIAN);

        assertThatThrownBy(() -> new LogBatchReader()
                        .wrap(direct(batch), 0, batch.length)
                        .next())
                .isInstanceOf(CorruptDataException.class)
                .hasMessageContaining("length 5");
    }

    /** Damaged bytes may read as other values or fail with the one exception; nothing else may happen. */
    private static void readDamaged(final byte[] bytes, final String how) {
        final LogBatchReader reader = new LogBatchReader().wrap(direct(bytes), 0, bytes.length);
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(ScalarRows.type(), all(ScalarRows.type())));
        try (BufferDecompressor decompressor = new BufferDecompressor()) {
            while (reader.next()) {
                batch.wrap(reader, true);
                if (batch.decompressedLength() > MAX_DECOMPRESSED) {
                    return;
                }
                batch.decompress(decompressor, target(batch.decompressedLength()));
                readColumns(batch);
                batch.checkOffsets();
            }
        } catch (CorruptDataException expected) {
            assertThat(expected).hasMessageContaining("damaged");
        } catch (RuntimeException | Error e) {
            throw new AssertionError("after damage: " + how, e);
        }
    }

    private static void readColumns(final ArrowBatch batch) {
        for (int row = 0; row < batch.rowCount(); row++) {
            batch.changeType(row);
            ScalarRows.read(batch.layout().rowType(), row(batch, row));
        }
    }

    private static List<List<@Nullable Object>> readAll(final byte[] bytes, final RowType type) {
        final ArrowBatch batch = new ArrowBatch(ArrowLayout.of(type, all(type)));
        wrap(batch, bytes, true);
        batch.checkOffsets();
        return IntStream.range(0, batch.rowCount())
                .mapToObj(row -> ScalarRows.read(type, row(batch, row)))
                .toList();
    }

    private static InternalRow row(final ArrowBatch batch, final int index) {
        final LogRow row = batch.layout().newRow(new Lease(null, "closed"));
        row.moveTo(batch, index);
        return row;
    }

    private static int[] all(final RowType type) {
        return IntStream.range(0, type.fieldCount()).toArray();
    }

    private static void wrap(final ArrowBatch batch, final byte[] bytes, final boolean exact) {
        // Shifted by one: batches begin at any byte.
        final ByteBuffer memory = direct(new byte[1], bytes);
        final LogBatchReader reader = new LogBatchReader().wrap(memory, 1, bytes.length);
        assertThat(reader.next()).isTrue();
        reader.checkCrc();
        batch.wrap(reader, exact);
        try (BufferDecompressor decompressor = new BufferDecompressor()) {
            batch.decompress(decompressor, target(batch.decompressedLength()));
        }
    }

    private static UnsafeBuffer target(final int length) {
        return OffHeap.wrap(ByteBuffer.allocateDirect(length), 0, length);
    }

    private static ByteBuffer direct(final byte[]... parts) {
        final ByteBuffer memory = ByteBuffer.allocateDirect(
                Stream.of(parts).mapToInt(part -> part.length).sum());
        for (final byte[] part : parts) {
            memory.put(part);
        }
        return memory.clear();
    }

    private static List<GenericRow> officialRows(final List<List<@Nullable Object>> values) {
        return values.stream()
                .map(row -> ScalarRows.toOfficial(ScalarRows.type(), row))
                .toList();
    }

    private static List<GenericRow> somePairs(final int count) {
        return IntStream.range(0, count).mapToObj(i -> pair(i, "text " + i % 3)).toList();
    }

    private static GenericRow pair(final int a, final String b) {
        return GenericRow.of(a, BinaryString.fromString(b));
    }
}
