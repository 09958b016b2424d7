package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.Decimal;
import dev.millrace.row.GenericArray;
import dev.millrace.row.GenericMap;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TimestampLtz;
import dev.millrace.row.TimestampNtz;
import dev.millrace.support.Cases;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryRow;
import org.apache.fluss.row.encode.RowEncoder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowFormatTest {
    private static final int ROWS_A_SCHEMA = 10;

    /** What codecs become after many rows is tried with every so manieth schema. */
    private static final int UNROLLED_EACH = 8;

    private static final int OFFSET = 3;

    @ParameterizedTest
    @EnumSource
    void shouldAgreeWithTheOfficialCodecOnRandomRows(final RowFormat format) {
        final UnsafeBuffer target = RowCases.usedMemory(1 << 20);
        for (int schema = 0; schema * ROWS_A_SCHEMA < Cases.COUNT; schema++) {
            final long seed = Cases.SEED + schema;
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(seed % 50 == 0 ? 70 : 12, 3);
            try {
                final dev.millrace.internal.codec.RowEncoder encoder = format.newEncoder(type);
                final RowView view = format.newView(type);
                if (schema % UNROLLED_EACH == 0) {
                    RowCases.unrolled(encoder);
                    RowCases.unrolled(view);
                }
                for (int i = 0; i < ROWS_A_SCHEMA; i++) {
                    final List<@Nullable Object> values = cases.row(type);
                    final byte[] expected = official(format, type, values);
                    final int length =
                            encoder.encode(RowCases.toOurs(type, values), target, OFFSET, target.capacity() - OFFSET);
                    assertThat(RowCases.bytes(target, OFFSET, length))
                            .as("seed %d, row %d of %s: %s", seed, i, type, values)
                            .isEqualTo(expected);
                    view.wrap(target, OFFSET, length);
                    assertThat(RowCases.fromOurs(type, view))
                            .as("seed %d, row %d of %s", seed, i, type)
                            .isEqualTo(values);
                    assertThat(view.toString()).isNotEmpty();
                }
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", " + type, e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldWriteARowAgainFromItsView(final RowFormat format) {
        final UnsafeBuffer first = RowCases.usedMemory(1 << 20);
        final UnsafeBuffer second = RowCases.usedMemory(1 << 20);
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT; seed++) {
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(10, 2);
            final RowView view = format.newView(type);
            final int length =
                    format.newEncoder(type).encode(RowCases.toOurs(type, cases.row(type)), first, 0, first.capacity());
            view.wrap(first, 0, length);
            assertThat(format.newEncoder(type).encode(view, second, 0, second.capacity()))
                    .as("seed %d, %s", seed, type)
                    .isEqualTo(length);
            assertThat(RowCases.bytes(second, 0, length))
                    .as("seed %d, %s", seed, type)
                    .isEqualTo(RowCases.bytes(first, 0, length));
        }
    }

    /** Room for the bound is always enough; less never makes more than a clean refusal. */
    @ParameterizedTest
    @EnumSource
    void shouldNeedNoMoreThanItsBoundAndTouchNothingBeyondItsRoom(final RowFormat format) {
        // Each row in some twenty rooms.
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT / 20; seed++) {
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(10, 2);
            final InternalRow row = RowCases.toOurs(type, cases.row(type));
            final dev.millrace.internal.codec.RowEncoder encoder = format.newEncoder(type);
            if (seed % UNROLLED_EACH == 0) {
                RowCases.unrolled(encoder);
            }
            final int bound = (int) encoder.lengthBound(row);
            // Bounds checks are on: a write outside fails.
            final UnsafeBuffer exact = RowCases.usedMemory(bound);
            final int length = encoder.encode(row, exact, 0, bound);
            assertThat(length).as("seed %d, %s of %s", seed, row, type).isBetween(0, bound);
            final byte[] expected = RowCases.bytes(exact, 0, length);
            for (int room = 0; room < bound; room += 1 + bound / 40) {
                final UnsafeBuffer less = RowCases.usedMemory(room);
                final int result = encoder.encode(row, less, 0, room);
                assertThat(result).as("seed %d", seed).isIn(dev.millrace.internal.codec.RowEncoder.NO_ROOM, length);
                if (result == length) {
                    assertThat(RowCases.bytes(less, 0, length))
                            .as("seed %d", seed)
                            .isEqualTo(expected);
                }
            }
        }
    }

    /**
     * The bytes of a row by the official encoder, but with zeros in the slots of null elements: it leaves there what an
     * earlier array of the same column held.
     */
    static byte[] official(final RowFormat format, final RowType type, final List<@Nullable Object> values) {
        final BinaryRow row = officialRow(format, type, values);
        final byte[] bytes = new byte[row.getSizeInBytes()];
        row.copyTo(bytes, 0);
        final RowView view = format.newView(type);
        view.wrap(OffHeap.wrap(bytes), 0, bytes.length);
        for (int i = 0; i < type.fieldCount(); i++) {
            clearNullSlots(view, i);
        }
        return bytes;
    }

    static BinaryRow officialRow(final RowFormat format, final RowType type, final List<@Nullable Object> values) {
        final org.apache.fluss.types.DataType[] types =
                RowCases.official(type).getChildren().toArray(org.apache.fluss.types.DataType[]::new);
        final RowEncoder encoder = format == RowFormat.COMPACTED
                ? new org.apache.fluss.row.encode.CompactedRowEncoder(types)
                : new org.apache.fluss.row.encode.IndexedRowEncoder(types);
        encoder.startNewRow();
        for (int i = 0; i < values.size(); i++) {
            encoder.encodeField(i, RowCases.theirs(type.typeAt(i), values.get(i)));
        }
        return encoder.finishRow();
    }

    private static void clearNullSlots(final BinaryValues values, final int pos) {
        switch (values.kindAt(pos)) {
            case ValueKind.ARRAY -> clearNullSlots((ArrayView) values.getArray(pos));
            case ValueKind.MAP -> {
                clearNullSlots((ArrayView) values.getMap(pos).keys());
                clearNullSlots((ArrayView) values.getMap(pos).values());
            }
            case ValueKind.ROW -> {
                final RowView row = (RowView) values.getRow(pos, 0);
                for (int i = 0; i < row.fieldCount(); i++) {
                    clearNullSlots(row, i);
                }
            }
            default -> {
                // No slots.
            }
        }
    }

    private static void clearNullSlots(final ArrayView array) {
        for (int i = 0; i < array.size(); i++) {
            if (array.isNullAt(i)) {
                array.memory.setMemory(array.slotOf(i), array.typeAt(i).slotLength(), (byte) 0);
            } else {
                clearNullSlots(array, i);
            }
        }
    }

    // ---- worked examples of the protocol pages ----

    private static final RowType MANY = row(
            DataTypes.BOOLEAN(),
            DataTypes.TINYINT(),
            DataTypes.SMALLINT(),
            DataTypes.INT(),
            DataTypes.BIGINT(),
            DataTypes.FLOAT(),
            DataTypes.DOUBLE(),
            DataTypes.CHAR(5),
            DataTypes.STRING(),
            DataTypes.BINARY(3),
            DataTypes.BYTES());
    private static final GenericRow ALL = GenericRow.fromData(
            true, (byte) -2, (short) 258, 300, -1L, 1.5f, -2.25, "ab", "h\u00e9llo", new byte[] {1, 2, 3}, new byte[] {9
            });
    private static final GenericRow SOME =
            GenericRow.fromData(null, (byte) -2, null, 300, null, null, -2.25, null, "x", null, null);

    @Test
    void shouldWriteTheWorkedCompactedRows() {
        assertBytes(
                RowFormat.COMPACTED,
                MANY,
                ALL,
                "0000 01 fe 0201 ac02 ffffffffffffffffff01 0000c03f 00000000000002c0 026162 0668c3a96c6c6f 03010203 0109");
        assertBytes(RowFormat.COMPACTED, MANY, SOME, "b506 fe ac02 00000000000002c0 0178");
        assertBytes(
                RowFormat.COMPACTED,
                row(
                        DataTypes.DECIMAL(10, 2),
                        DataTypes.DECIMAL(20, 3),
                        DataTypes.DATE(),
                        DataTypes.TIME(),
                        DataTypes.TIMESTAMP(3),
                        DataTypes.TIMESTAMP(6),
                        DataTypes.TIMESTAMP_LTZ(3),
                        DataTypes.TIMESTAMP_LTZ(9)),
                GenericRow.fromData(
                        new BigDecimal("-12.34"),
                        Decimal.of(new BigDecimal("12345678901234567.891"), 20, 3),
                        1,
                        1000,
                        new TimestampNtz(1, 0),
                        new TimestampNtz(2, 345_000),
                        new TimestampLtz(-1, 0),
                        new TimestampLtz(-1, 999_999)),
                "00 aef6ffffffffffffff01 0900ab54a98ceb1f0ad3 01 e807 01 02a88715 ffffffffffffffffff01"
                        + " ffffffffffffffffff01bf843d");
    }

    @Test
    void shouldWriteTheWorkedIndexedRows() {
        assertBytes(
                RowFormat.INDEXED,
                MANY,
                ALL,
                "0000 06000000 01000000 01 fe 0201 2c010000 ffffffffffffffff 0000c03f 00000000000002c0 6162000000"
                        + " 68c3a96c6c6f 010203 09");
        assertBytes(RowFormat.INDEXED, MANY, SOME, "b506 01000000 00000000 fe 2c010000 00000000000002c0 78");
    }

    @Test
    void shouldWriteTheWorkedNestedValues() {
        assertBytes(
                RowFormat.COMPACTED,
                row(DataTypes.ARRAY(DataTypes.INT())),
                GenericRow.fromData(GenericArray.of(1, null, 3)),
                "00 18 0300000002000000 01000000 00000000 03000000 00000000");
        assertBytes(
                RowFormat.COMPACTED,
                row(DataTypes.MAP(DataTypes.STRING(), DataTypes.INT())),
                GenericRow.fromData(GenericMap.of(Map.of("k", 7))),
                "00 24 10000000 01000000000000006b00000000000081 01000000000000000700000000000000");
        assertBytes(
                RowFormat.COMPACTED,
                row(DataTypes.ROW(DataTypes.FIELD("a", DataTypes.INT()), DataTypes.FIELD("b", DataTypes.STRING()))),
                GenericRow.fromData(GenericRow.fromData(5, "hi")),
                "00 05 0005026869");
        assertBytes(
                RowFormat.COMPACTED,
                row(DataTypes.ARRAY(DataTypes.STRING())),
                GenericRow.fromData(GenericArray.of("abc", null, "abcdefgh")),
                "00 28 03000000 02000000 6162630000000083 0000000000000000 0800000020000000 6162636465666768");
        assertBytes(
                RowFormat.COMPACTED,
                row(DataTypes.ARRAY(DataTypes.DECIMAL(20, 3))),
                GenericRow.fromData(GenericArray.of(Decimal.of(new BigDecimal("12345678901234567.891"), 20, 3), null)),
                "00 28 02000000 02000000 0900000018000000 0000000000000000 00ab54a98ceb1f0ad3 00000000000000");
        assertBytes(
                RowFormat.COMPACTED,
                row(DataTypes.ARRAY(DataTypes.TIMESTAMP(6))),
                GenericRow.fromData(GenericArray.of(new TimestampNtz(2, 345_000), null)),
                "00 20 02000000 02000000 a843050018000000 0000000000000000 0200000000000000");
    }

    private static void assertBytes(
            final RowFormat format, final RowType type, final GenericRow row, final String expected) {
        final UnsafeBuffer target = RowCases.usedMemory(1024);
        final int length = format.newEncoder(type).encode(row, target, 0, target.capacity());
        assertThat(HexFormat.of().formatHex(RowCases.bytes(target, 0, length))).isEqualTo(expected.replace(" ", ""));
    }

    @ParameterizedTest
    @EnumSource
    void shouldGoOnAsBeforeAfterManyRows(final RowFormat format) {
        final dev.millrace.internal.codec.RowEncoder encoder = format.newEncoder(MANY);
        final RowView view = format.newView(MANY);
        final UnsafeBuffer target = RowCases.usedMemory(1024);
        for (int i = 0; i < 20_000; i++) {
            final GenericRow row = i % 3 == 0 ? SOME : ALL;
            view.wrap(target, 7, encoder.encode(row, target, 7, target.capacity() - 7));
            if (i % 100 == 0) {
                assertThat(view.toString()).as("row %d", i).isEqualTo(row.toString());
            }
        }
    }

    // ---- what is refused, and how rows print ----

    @ParameterizedTest
    @EnumSource
    void shouldNameColumnTypeAndValueOfAMisfit(final RowFormat format) {
        assertMisfit(format, DataTypes.INT(), 5L, "column c0 of type INT", "java.lang.Long");
        assertMisfit(format, DataTypes.INT().copy(false), null, "column c0 of type INT NOT NULL cannot hold null");
        assertMisfit(format, DataTypes.CHAR(2), "abc", "column c0 of type CHAR(2) cannot hold a String of 3");
        assertMisfit(
                format, DataTypes.BINARY(2), new byte[3], "column c0 of type BINARY(2) cannot hold a value of 3 bytes");
        assertMisfit(format, DataTypes.DECIMAL(4, 2), new BigDecimal("123.45"), "DECIMAL(4, 2)", "123.45");
        assertMisfit(format, DataTypes.DECIMAL(20, 2), new BigDecimal("0.123"), "DECIMAL(20, 2)", "0.123");
        assertMisfit(format, DataTypes.TIME(), 86_400_000, "column c0 of type TIME(0) cannot hold 86400000");
        assertMisfit(
                format,
                DataTypes.ARRAY(DataTypes.INT().copy(false)),
                GenericArray.of(1, null),
                "column c0 of type ARRAY<INT NOT NULL>: element 1 of type INT NOT NULL cannot hold null");
        assertMisfit(
                format,
                DataTypes.ARRAY(DataTypes.ROW(DataTypes.FIELD("x", DataTypes.CHAR(1)))),
                GenericArray.of(GenericRow.fromData("ab")),
                "element 0",
                "column x of type CHAR(1) cannot hold a String of 2");
        assertThatThrownBy(() ->
                        format.newEncoder(MANY).encode(GenericRow.fromData(1), RowCases.usedMemory(1024), 0, 1024))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("the row has 1 fields, the table has 11 columns");
    }

    private static void assertMisfit(
            final RowFormat format, final DataType type, final @Nullable Object value, final String... told) {
        final UnsafeBuffer target = RowCases.usedMemory(1024);
        assertThatThrownBy(() ->
                        format.newEncoder(row(type)).encode(GenericRow.fromData(value), target, 0, target.capacity()))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContainingAll(told);
        assertThatThrownBy(() -> RowCases.unrolled(format.newEncoder(row(type)))
                        .encode(GenericRow.fromData(value), target, 0, target.capacity()))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContainingAll(told);
    }

    @Test
    void shouldRefuseCharactersThatTheIndexedFormatHasNoRoomFor() {
        assertMisfit(RowFormat.INDEXED, DataTypes.CHAR(2), "\u00e9\u00e9", "CHAR(2)", "4 bytes", "room for 2");
        assertBytes(RowFormat.COMPACTED, row(DataTypes.CHAR(2)), GenericRow.fromData("\u00e9\u00e9"), "00 04 c3a9c3a9");
    }

    @ParameterizedTest
    @EnumSource
    void shouldWriteOnlyTheTargetColumnsOfAPartialUpdate(final RowFormat format) {
        final RowType type = row(DataTypes.INT().copy(false), DataTypes.STRING(), DataTypes.BIGINT());
        final UnsafeBuffer target = RowCases.usedMemory(1024);
        final int length = format.newEncoder(type, new int[] {0, 2})
                .encode(GenericRow.fromData(1, 2.5, 3L), target, 0, target.capacity());
        final RowView view = format.newView(type);
        view.wrap(target, 0, length);
        assertThat(view.toString()).isEqualTo("(1, null, 3)");
    }

    @ParameterizedTest
    @EnumSource
    void shouldPrintLikeTheRowItWasMadeOf(final RowFormat format) {
        final RowType type = row(
                DataTypes.INT(),
                DataTypes.STRING(),
                DataTypes.BYTES(),
                DataTypes.DECIMAL(5, 2),
                DataTypes.DATE(),
                DataTypes.TIMESTAMP_LTZ(3),
                DataTypes.ARRAY(DataTypes.BYTES()),
                DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()),
                DataTypes.ROW(DataTypes.FIELD("x", DataTypes.BOOLEAN())));
        final GenericRow row = GenericRow.fromData(
                null,
                "EURUSD",
                new byte[] {10, -1},
                Decimal.ofUnscaled(1250, 5, 2),
                java.time.LocalDate.of(2024, 10, 4),
                new TimestampLtz(1_700_000_000_123L, 0),
                GenericArray.of(new byte[] {1}, null),
                GenericMap.of(Map.of("k", 7)),
                GenericRow.fromData(true));
        final UnsafeBuffer target = RowCases.usedMemory(1024);
        final RowView view = format.newView(type);
        view.wrap(target, 0, format.newEncoder(type).encode(row, target, 0, target.capacity()));
        assertThat(view.toString())
                .isEqualTo(row.toString())
                .isEqualTo("(null, EURUSD, 0x0aff, 12.50, 2024-10-04, 2023-11-14T22:13:20.123Z, [0x01, null], {k=7},"
                        + " (true))");
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseToReadAValueAsAnotherType(final RowFormat format) {
        final RowType type = row(DataTypes.INT(), DataTypes.STRING());
        final UnsafeBuffer target = RowCases.usedMemory(1024);
        final RowView view = format.newView(type);
        view.wrap(target, 0, format.newEncoder(type).encode(GenericRow.fromData(1, null), target, 0, 1024));
        assertThatThrownBy(() -> view.getLong(0))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("column c0 of type INT was read by getLong");
        assertThatThrownBy(() -> view.getString(1))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("column c1 of type STRING: null was read by getString");
    }

    static RowType row(final DataType... types) {
        final List<DataField> fields = new ArrayList<>();
        for (final DataType type : types) {
            fields.add(new DataField("c" + fields.size(), type));
        }
        return new RowType(false, fields);
    }
}
