package dev.millrace.internal.codec;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Lease;
import dev.millrace.internal.memory.RawMemory;
import dev.millrace.row.Decimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One column of an {@link ArrowBatch}, or a child of one: reads single values in place.
 *
 * <p>{@code ArrowBatch} has checked that the buffers hold {@link #length} values, so fixed-width values
 * are read without looking twice; the offsets of text, bytes, lists and maps are checked at each read, which is cheaper
 * than a walk over all of them. A nested value is a view of the child columns. The caller sees to it that {@code row} is one of these, and that the value is
 * not null: what a null value reads as is unspecified.
 */
public final class ArrowColumn {
    private static final long NOTHING = 0;
    private static final int DECIMAL_LENGTH = 16;
    private static final int SECONDS_TO_MILLIS = 1_000;
    private static final long MAX_SECONDS = Long.MAX_VALUE / SECONDS_TO_MILLIS;
    private static final int MICROS_PER_MILLI = 1_000;
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int NANOS_PER_MICRO = 1_000;

    private static final ArrowColumn[] NO_CHILDREN = {};

    private final ArrowLayout.Field field;
    private final ValueType type;
    private final int width;
    // Of a LIST its elements, of a MAP its entries, of a STRUCT its fields; set once.
    private ArrowColumn[] children = NO_CHILDREN;
    // Null where there are no values to read: an absent column, or nothing but nulls.
    private @Nullable ArrowKind kind;
    private boolean allNull = true;
    // Values that the buffers hold for sure.
    private int length;
    // Addresses; the validity is nothing where no value is null.
    private long validity = NOTHING;
    private long offsets = NOTHING;
    private long data = NOTHING;
    private int dataLength;

    ArrowColumn(final ArrowLayout.Field field) {
        this.field = field;
        this.type = field.valueType();
        this.width = field.width();
    }

    /** Columns for fields that follow each other as in a layout, children behind their parent. */
    static ArrowColumn[] of(final List<ArrowLayout.Field> fields) {
        final ArrowColumn[] columns = fields.stream().map(ArrowColumn::new).toArray(ArrowColumn[]::new);
        for (int field = 0; field < columns.length; field++) {
            columns[field].children = childrenOf(field, columns);
        }
        return columns;
    }

    private static ArrowColumn[] childrenOf(final int field, final ArrowColumn[] columns) {
        final List<ArrowColumn> children = new ArrayList<>();
        final int end = field + columns[field].field.span();
        for (int child = field + 1; child < end; child += columns[child].field.span()) {
            children.add(columns[child]);
        }
        return children.toArray(ArrowColumn[]::new);
    }

    ArrowLayout.Field field() {
        return field;
    }

    ValueType type() {
        return type;
    }

    int length() {
        return length;
    }

    ArrowColumn child(final int index) {
        return children[index];
    }

    /** The bytes that there are for the values. */
    int dataLength() {
        return dataLength;
    }

    /** The address of the bits, 0 where no value is null. */
    long validity() {
        return validity;
    }

    /** The address of the values, or of their bytes. */
    long data() {
        return data;
    }

    /** Where the bytes or elements of a value begin; one more than there are values, which is where the last one ends. */
    int offset(final int row) {
        return listOffset(row);
    }

    /** All values are null, whatever their number. */
    void wrapNulls(final int values) {
        kind = null;
        allNull = true;
        length = values;
        validity = NOTHING;
        offsets = NOTHING;
        data = NOTHING;
        dataLength = 0;
    }

    /**
     * Points the column at its buffers, by their addresses. That they hold so many values is checked already.
     *
     * @param validityAt 0 where no value is null.
     * @param offsetsAt 0 for a kind without.
     * @param dataAt 0 for a kind without.
     */
    void wrap(final int values, final long validityAt, final long offsetsAt, final long dataAt, final int dataBytes) {
        kind = field.kind();
        allNull = false;
        length = values;
        validity = validityAt;
        offsets = offsetsAt;
        data = dataAt;
        dataLength = dataBytes;
    }

    public boolean isNull(final int row) {
        return validity == NOTHING ? allNull : !bit(validity, row);
    }

    public boolean getBoolean(final int row) {
        require(ArrowKind.BOOLEAN, "getBoolean");
        return bit(data, row);
    }

    public byte getByte(final int row) {
        require(ArrowKind.INT8, "getByte");
        return RawMemory.getByte(at(row, 0));
    }

    public short getShort(final int row) {
        require(ArrowKind.INT16, "getShort");
        return RawMemory.getShort(at(row, 1));
    }

    public int getInt(final int row) {
        require(ArrowKind.INT32, "getInt");
        return intAt(row);
    }

    public long getLong(final int row) {
        require(ArrowKind.INT64, "getLong");
        return longAt(row);
    }

    public float getFloat(final int row) {
        require(ArrowKind.FLOAT32, "getFloat");
        return RawMemory.getFloat(at(row, 2));
    }

    public double getDouble(final int row) {
        require(ArrowKind.FLOAT64, "getDouble");
        return RawMemory.getDouble(at(row, 3));
    }

    public String getString(final int row) {
        require(ArrowKind.UTF8, "getString");
        return new String(bytesAt(row), StandardCharsets.UTF_8);
    }

    public void wrapString(final int row, final DirectBuffer view) {
        require(ArrowKind.UTF8, "wrapString");
        wrapVariable(row, view);
    }

    public int copyString(final int row, final MutableDirectBuffer target, final int offset, final int maxLength) {
        require(ArrowKind.UTF8, "copyString");
        return copyVariable(row, target, offset, maxLength);
    }

    public byte[] getBytes(final int row) {
        if (kind == ArrowKind.FIXED_BINARY) {
            return copyOf(fixedAt(row), width);
        }
        require(ArrowKind.BINARY, "getBytes");
        return bytesAt(row);
    }

    /** BINARY(n) without the zero bytes at its end, with which a writer may have filled it up. */
    public byte[] getBinary(final int row) {
        final byte[] bytes = getBytes(row);
        int length = bytes.length;
        while (kind == ArrowKind.FIXED_BINARY && length > 0 && bytes[length - 1] == 0) {
            length--;
        }
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    public void wrapBytes(final int row, final DirectBuffer view) {
        if (kind == ArrowKind.FIXED_BINARY) {
            view.wrap(fixedAt(row), width);
        } else {
            require(ArrowKind.BINARY, "wrapBytes");
            wrapVariable(row, view);
        }
    }

    public int copyBytes(final int row, final MutableDirectBuffer target, final int offset, final int maxLength) {
        if (kind == ArrowKind.FIXED_BINARY) {
            return copy(fixedAt(row), width, target, offset, maxLength);
        }
        require(ArrowKind.BINARY, "copyBytes");
        return copyVariable(row, target, offset, maxLength);
    }

    public Decimal getDecimal(final int row, final int precision, final int scale) {
        require(ArrowKind.DECIMAL128, "getDecimal");
        final long at = fixedAt(row);
        final byte[] bytes = new byte[DECIMAL_LENGTH];
        for (int i = 0; i < DECIMAL_LENGTH; i++) {
            bytes[i] = RawMemory.getByte(at + DECIMAL_LENGTH - 1 - i);
        }
        final Decimal value;
        try {
            value = Decimal.ofUnscaledBytes(bytes, type.precision, type.scale);
        } catch (RowConversionException e) {
            throw damaged(row, e.getMessage());
        }
        return value.rescale(precision, scale);
    }

    /** The unscaled number of a decimal of at most 18 digits, which its low half holds. */
    public long getDecimalUnscaled(final int row, final int precision, final int scale) {
        require(ArrowKind.DECIMAL128, "getDecimalUnscaled");
        final long at = fixedAt(row);
        final long low = RawMemory.getLong(at);
        if (scale != type.scale || RawMemory.getLong(at + Long.BYTES) != low >> 63) {
            return getDecimal(row, precision, scale).unscaledLong();
        }
        return low;
    }

    public int getEpochDay(final int row) {
        require(ArrowKind.DATE, "getEpochDay");
        return intAt(row);
    }

    public int getMillisOfDay(final int row) {
        if (kind == ArrowKind.TIME_MILLI) {
            return intAt(row);
        } else if (kind == ArrowKind.TIME_SECOND) {
            return intAt(row) * SECONDS_TO_MILLIS;
        } else if (kind == ArrowKind.TIME_MICRO) {
            return (int) (longAt(row) / MICROS_PER_MILLI);
        }
        require(ArrowKind.TIME_NANO, "getMillisOfDay");
        return (int) (longAt(row) / NANOS_PER_MILLI);
    }

    public long getEpochMillis(final int row) {
        if (kind == ArrowKind.TIMESTAMP_MILLI) {
            return longAt(row);
        } else if (kind == ArrowKind.TIMESTAMP_MICRO) {
            return Math.floorDiv(longAt(row), MICROS_PER_MILLI);
        } else if (kind == ArrowKind.TIMESTAMP_NANO) {
            return Math.floorDiv(longAt(row), NANOS_PER_MILLI);
        }
        require(ArrowKind.TIMESTAMP_SECOND, "getEpochMillis");
        final long seconds = longAt(row);
        if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS) {
            throw damaged(row, "second " + seconds);
        }
        return seconds * SECONDS_TO_MILLIS;
    }

    public int getNanoOfMillis(final int row) {
        if (kind == ArrowKind.TIMESTAMP_MICRO) {
            return Math.floorMod(longAt(row), MICROS_PER_MILLI) * NANOS_PER_MICRO;
        } else if (kind == ArrowKind.TIMESTAMP_NANO) {
            return Math.floorMod(longAt(row), NANOS_PER_MILLI);
        } else if (kind != ArrowKind.TIMESTAMP_SECOND) {
            require(ArrowKind.TIMESTAMP_MILLI, "getNanoOfMillis");
        }
        return 0;
    }

    /** The elements of a list. */
    ArrowArray getArray(final int row, final Lease lease) {
        require(ArrowKind.LIST, "getArray");
        final ArrowColumn elements = children[0];
        final int from = listOffset(row);
        return new ArrowArray(lease, elements, from, listLength(row, from, elements));
    }

    /** The entries of a map. */
    ArrowMap getMap(final int row, final Lease lease) {
        require(ArrowKind.MAP, "getMap");
        final ArrowColumn entries = children[0];
        final int from = listOffset(row);
        final int size = listLength(row, from, entries);
        return new ArrowMap(
                type,
                new ArrowArray(lease, entries.children[0], from, size),
                new ArrowArray(lease, entries.children[1], from, size));
    }

    /** The fields of a struct. */
    ArrowRow getRow(final int row, final Lease lease) {
        require(ArrowKind.STRUCT, "getRow");
        return new ArrowRow(lease, NestedEncoder.fieldsOf(type), children, row);
    }

    private int listOffset(final int row) {
        assert row == length || holds(row, 0);
        return RawMemory.getInt(offsets + ((long) row << 2));
    }

    private int listLength(final int row, final int from, final ArrowColumn child) {
        final int to = listOffset(row + 1);
        if (from < 0 || from > to || to > child.length) {
            throw damaged(row, "elements " + from + " to " + to + " of " + child.length);
        }
        return to - from;
    }

    // ---- memory: the callers see to the row, and the batch has seen to the buffers -------------------------------

    private long at(final int row, final int widthShift) {
        assert holds(row, 1 << widthShift);
        return data + ((long) row << widthShift);
    }

    private boolean bit(final long bits, final int row) {
        assert holds(row, 0);
        return (RawMemory.getByte(bits + (row >> 3)) >> (row & 7) & 1) != 0;
    }

    private boolean holds(final int row, final int bytes) {
        return row >= 0 && row < length && (row + 1L) * bytes <= dataLength;
    }

    private int intAt(final int row) {
        return RawMemory.getInt(at(row, 2));
    }

    private long longAt(final int row) {
        return RawMemory.getLong(at(row, 3));
    }

    private long fixedAt(final int row) {
        assert holds(row, width);
        return data + (long) row * width;
    }

    private void wrapVariable(final int row, final DirectBuffer view) {
        final int from = listOffset(row);
        final int to = listOffset(row + 1);
        checkOffsets(row, from, to);
        view.wrap(data + from, to - from);
    }

    private int copyVariable(final int row, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int from = listOffset(row);
        final int to = listOffset(row + 1);
        checkOffsets(row, from, to);
        return copy(data + from, to - from, target, offset, maxLength);
    }

    private byte[] bytesAt(final int row) {
        final int from = listOffset(row);
        final int to = listOffset(row + 1);
        checkOffsets(row, from, to);
        return copyOf(data + from, to - from);
    }

    private static int copy(
            final long from, final int bytes, final MutableDirectBuffer target, final int offset, final int maxLength) {
        if (bytes <= maxLength) {
            if (target instanceof final UnsafeBuffer buffer) {
                RawMemory.copyTo(from, buffer, offset, bytes);
            } else {
                target.putBytes(offset, copyOf(from, bytes));
            }
        }
        return bytes;
    }

    private static byte[] copyOf(final long from, final int bytes) {
        final byte[] copy = new byte[bytes];
        RawMemory.copyTo(from, copy, bytes);
        return copy;
    }

    private void checkOffsets(final int row, final int from, final int to) {
        // Negative as soon as one of them is: from >= 0, to >= 0, from <= to, to <= dataLength.
        if ((from | to | to - from | dataLength - to) < 0) {
            throw damaged(row, "bytes " + from + " to " + to + " of " + dataLength);
        }
    }

    private CorruptDataException damaged(final int row, final String what) {
        return new CorruptDataException("damaged Arrow message: " + this + ", row " + row + ": " + what);
    }

    private void require(final ArrowKind wanted, final String getter) {
        if (kind != wanted) {
            throw mismatch(getter);
        }
    }

    private RowConversionException mismatch(final String getter) {
        return new RowConversionException(
                kind == null ? this + ": null was read by " + getter : this + " was read by " + getter);
    }

    /** Name and type. */
    @Override
    public String toString() {
        return "column '" + field.name() + "' of type " + field.type().asSummaryString();
    }
}
