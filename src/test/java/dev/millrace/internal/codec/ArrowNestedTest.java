package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Lease;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.interop.OfficialLog;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.support.Cases;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.compression.ArrowCompressionInfo;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rows of any types, nested ones too, that the official encoder has written, read in place. */
class ArrowNestedTest {
    private static final int ROWS_A_BATCH = 25;
    private static final UnsafeBuffer SCRATCH = RowCases.usedMemory(1 << 22);

    private static final RowType NESTED = new RowType(
            false,
            List.of(
                    new DataField("id", DataTypes.INT()),
                    new DataField("list", DataTypes.ARRAY(DataTypes.STRING())),
                    new DataField("map", DataTypes.MAP(DataTypes.STRING(), DataTypes.ARRAY(DataTypes.INT()))),
                    new DataField(
                            "row",
                            DataTypes.ROW(
                                    new DataField("x", DataTypes.INT()),
                                    new DataField("y", DataTypes.ROW(new DataField("z", DataTypes.BYTES())))))));

    static List<ArrowCompressionInfo> codecs() {
        return List.of(OfficialLog.NONE, OfficialLog.ZSTD, OfficialLog.LZ4);
    }

    @Test
    void shouldReadRandomRowsOfTheOfficialEncoder() {
        for (int done = 0; done < Cases.COUNT; done += ROWS_A_BATCH) {
            final long seed = Cases.SEED + done;
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(10, 3);
            try {
                readBack(type, ArrowCases.rows(cases, type, ROWS_A_BATCH), codecs().get(done / ROWS_A_BATCH % 3));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed + ", " + type, e);
            }
        }
    }

    private static void readBack(
            final RowType type, final List<List<@Nullable Object>> rows, final ArrowCompressionInfo codec) {
        final ArrowBatch batch = ArrowCases.read(ArrowCases.layout(type), ArrowCases.batch(type, codec, rows), true);
        final LogRow row = ArrowCases.row(batch, ArrowCases.lease());
        assertThat(batch.rowCount()).isEqualTo(rows.size());
        batch.checkOffsets();
        for (int i = 0; i < rows.size(); i++) {
            row.moveTo(batch, i);
            assertThat(RowCases.fromOurs(type, row)).as("row %d", i).isEqualTo(rows.get(i));
            assertThat(row).hasToString(compacted(type, rows.get(i)).toString());
        }
    }

    /** The same row in another format. */
    private static RowView compacted(final RowType type, final List<@Nullable Object> values) {
        final RowView view = RowFormat.COMPACTED.newView(type);
        view.wrap(
                SCRATCH,
                0,
                RowFormat.COMPACTED
                        .newEncoder(type)
                        .encode(RowCases.toOurs(type, values), SCRATCH, 0, SCRATCH.capacity()));
        return view;
    }

    @Test
    void shouldWriteAgainWhatItReads() {
        final RowCases cases = new RowCases(Cases.SEED);
        for (int i = 0; i < 200; i++) {
            final RowType type = cases.schema(8, 3);
            final List<List<@Nullable Object>> rows = ArrowCases.rows(cases, type, 3);
            final ArrowBatch batch =
                    ArrowCases.read(ArrowCases.layout(type), ArrowCases.batch(type, OfficialLog.NONE, rows), true);
            final LogRow row = ArrowCases.row(batch, ArrowCases.lease());
            final RowView view = RowFormat.COMPACTED.newView(type);
            for (int r = 0; r < 3; r++) {
                row.moveTo(batch, r);
                final int length = RowFormat.COMPACTED.newEncoder(type).encode(row, SCRATCH, 0, SCRATCH.capacity());
                view.wrap(SCRATCH, 0, length);
                assertThat(RowCases.fromOurs(type, view)).isEqualTo(rows.get(r));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("codecs")
    void shouldReadColumnsOfNothingButNullsAndNothing(final ArrowCompressionInfo codec) {
        final List<@Nullable Object> nulls = Arrays.asList(null, null, null, null);
        final List<@Nullable Object> empty = Arrays.asList(1, List.of(), List.of(), Arrays.asList(null, null));
        final List<@Nullable Object> full = full();
        for (final var rows : List.of(List.of(nulls, nulls), List.of(empty), List.of(nulls, empty, full, nulls))) {
            readBack(NESTED, rows, codec);
        }
    }

    private static List<@Nullable Object> full() {
        return Arrays.asList(
                7,
                Arrays.asList("a", null, ""),
                List.of(Arrays.asList("k", null), Arrays.asList("l", Arrays.asList(1, null))),
                Arrays.asList(null, List.of("0aff")));
    }

    @Test
    void shouldPrintReadably() {
        final ArrowBatch batch = batch(full());
        final LogRow row = ArrowCases.row(batch, ArrowCases.lease());
        assertThat(row).hasToString("()");
        row.moveTo(batch, 0);
        assertThat(row).hasToString("(7, [a, null, ], {k=null, l=[1, null]}, (null, (0x0aff)))");
        assertThat(row.getMap(2)).hasToString("{k=null, l=[1, null]}");
        assertThat(row.getMap(2).keys()).hasToString("[k, l]");
    }

    @Test
    void shouldReadNothingAfterTheLeaseHasEnded() {
        final ArrowBatch batch = batch(full());
        final Lease lease = ArrowCases.lease();
        final LogRow row = ArrowCases.row(batch, lease);
        row.moveTo(batch, 0);
        final InternalArray list = row.getArray(1);
        final InternalMap map = row.getMap(2);
        final InternalArray inner = map.values().getArray(1);
        final InternalRow nested = row.getRow(3, 2).getRow(1, 1);
        assertThat(nested.getBytes(0)).containsExactly(0x0a, 0xff);

        assertThat(lease.end()).isTrue();
        assertThat(lease.end()).isFalse();
        batch.unwrap();
        final UnsafeBuffer view = OffHeap.flyweight();
        for (final ThrowingCallable late : List.<ThrowingCallable>of(
                () -> row.getInt(0),
                () -> row.isNullAt(0),
                () -> row.getArray(1),
                () -> row.getMap(2),
                () -> row.getRow(3, 2),
                row::toString,
                () -> list.getString(0),
                () -> list.isNullAt(1),
                () -> list.wrapString(0, view),
                list::toString,
                map::toString,
                () -> map.keys().getString(0),
                () -> map.values().getArray(1),
                () -> inner.getInt(0),
                () -> nested.getBytes(0),
                nested::toString)) {
            assertThatThrownBy(late).isInstanceOf(IllegalStateException.class).hasMessage("closed");
        }
        assertThat(list.size()).isEqualTo(3);
    }

    @Test
    void shouldRefuseWhatLiesOutsideAndWhatHasAnotherType() {
        final ArrowBatch batch = batch(full());
        final LogRow row = ArrowCases.row(batch, ArrowCases.lease());
        row.moveTo(batch, 0);
        final InternalArray list = row.getArray(1);
        for (final int pos : new int[] {-1, 3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThatThrownBy(() -> list.getString(pos))
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("element " + pos + " of an array of 3");
        }
        assertThatThrownBy(() -> row.getArray(4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> row.getRow(3, 2).getInt(2)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> row.getMap(1))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("column 'list' of type ARRAY<STRING> was read by getMap");
        assertThatThrownBy(() -> list.getLong(0))
                .isInstanceOf(RowConversionException.class)
                .hasMessage("column 'list.element' of type STRING was read by getLong");
        final ArrowBatch nulls = batch(Arrays.asList(null, null, null, null));
        row.moveTo(nulls, 0);
        assertThatThrownBy(() -> row.getRow(3, 2))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("'row'")
                .hasMessageContaining("null was read by getRow");
    }

    /** Overwrites every offset of every list with what points outside. */
    @Test
    void shouldRefuseListOffsetsThatPointOutside() {
        final List<List<@Nullable Object>> rows = List.of(full(), full(), full());
        final byte[] bytes = ArrowCases.batch(NESTED, OfficialLog.NONE, rows);
        final ArrowBatch batch = ArrowCases.read(ArrowCases.layout(NESTED), bytes, true);
        final List<Integer> offsets = new ArrayList<>();
        for (int field = 0; field < batch.layout().fields().size(); field++) {
            final ArrowKind kind = batch.layout().fields().get(field).kind();
            if (kind == ArrowKind.LIST || kind == ArrowKind.MAP || kind.isVariable()) {
                for (int i = 0; i <= batch.nodeLength(field); i++) {
                    offsets.add(batch.bufferOffset(batch.firstBuffer(field) + 1) + i * Integer.BYTES);
                }
            }
        }
        int refused = 0;
        for (final int at : offsets) {
            for (final int wrong : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 20}) {
                final int right = batch.received().getInt(at, ByteOrder.LITTLE_ENDIAN);
                batch.received().putInt(at, wrong, ByteOrder.LITTLE_ENDIAN);
                refused += isRefused(batch) ? 1 : 0;
                assertThatThrownBy(batch::checkOffsets).isInstanceOf(CorruptDataException.class);
                batch.received().putInt(at, right, ByteOrder.LITTLE_ENDIAN);
            }
        }
        assertThat(isRefused(batch)).isFalse();
        // The value of the very first key is null, so that nobody asks where it begins.
        assertThat(refused).isEqualTo(4 * (offsets.size() - 1));
    }

    private static boolean isRefused(final ArrowBatch batch) {
        final LogRow row = ArrowCases.row(batch, ArrowCases.lease());
        try {
            for (int i = 0; i < batch.rowCount(); i++) {
                row.moveTo(batch, i);
                RowCases.fromOurs(NESTED, row);
            }
            return false;
        } catch (CorruptDataException e) {
            assertThat(e).hasMessageStartingWith("damaged Arrow message: column '");
            return true;
        }
    }

    private static ArrowBatch batch(final List<@Nullable Object> row) {
        return ArrowCases.read(
                ArrowCases.layout(NESTED), ArrowCases.batch(NESTED, OfficialLog.NONE, List.of(row)), true);
    }
}
