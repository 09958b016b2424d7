package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Lease;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.Decimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
    private static final int NO_VALIDITY = -1;
    private static final UnsafeBuffer NOTHING = OffHeap.flyweight();
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
    // Set once, by the batch that this column belongs to.
    private ArrowColumn[] children = NO_CHILDREN;
    // Values that the buffers hold for sure.
    private int length;
    // Null where there are no values to read: an absent column, or nothing but nulls.
    private @Nullable ArrowKind kind;
    private boolean allNull;
    private UnsafeBuffer validityMemory = NOTHING;
    private int validity = NO_VALIDITY;
    private UnsafeBuffer offsetMemory = NOTHING;
    private int offsets;
    private UnsafeBuffer dataMemory = NOTHING;
    private int data;
    private int dataLength;

    ArrowColumn(final ArrowLayout.Field field) {
        this.field = field;
        this.type = field.valueType();
        this.width = field.width();
    }

    /** Of a LIST its elements, of a MAP its entries, of a STRUCT its fields. */
    void setChildren(final ArrowColumn[] columns) {
        children = columns;
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

    void wrapLength(final int values) {
        length = values;
    }

    void wrapNulls() {
        kind = null;
        allNull = true;
        validity = NO_VALIDITY;
    }

    void wrapValidity(final UnsafeBuffer memory, final int offset) {
        kind = field.kind();
        allNull = false;
        validityMemory = memory;
        validity = offset;
    }

    void wrapNoValidity() {
        kind = field.kind();
        allNull = false;
        validity = NO_VALIDITY;
    }

    void wrapOffsets(final UnsafeBuffer memory, final int offset) {
        offsetMemory = memory;
        offsets = offset;
    }

    void wrapData(final UnsafeBuffer memory, final int offset, final int length) {
        dataMemory = memory;
        data = offset;
        dataLength = length;
    }

    public boolean isNull(final int row) {
        return validity == NO_VALIDITY
                ? allNull
                : (validityMemory.getByte(validity + (row >> 3)) >> (row & 7) & 1) == 0;
    }

    public boolean getBoolean(final int row) {
        require(ArrowKind.BOOLEAN, "getBoolean");
        return (dataMemory.getByte(data + (row >> 3)) >> (row & 7) & 1) != 0;
    }

    public byte getByte(final int row) {
        require(ArrowKind.INT8, "getByte");
        return dataMemory.getByte(data + row);
    }

    public short getShort(final int row) {
        require(ArrowKind.INT16, "getShort");
        return dataMemory.getShort(data + (row << 1), LITTLE_ENDIAN);
    }

    public int getInt(final int row) {
        require(ArrowKind.INT32, "getInt");
        return dataMemory.getInt(data + (row << 2), LITTLE_ENDIAN);
    }

    public long getLong(final int row) {
        require(ArrowKind.INT64, "getLong");
        return longAt(row);
    }

    public float getFloat(final int row) {
        require(ArrowKind.FLOAT32, "getFloat");
        return dataMemory.getFloat(data + (row << 2), LITTLE_ENDIAN);
    }

    public double getDouble(final int row) {
        require(ArrowKind.FLOAT64, "getDouble");
        return dataMemory.getDouble(data + (row << 3), LITTLE_ENDIAN);
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
            final byte[] bytes = new byte[width];
            dataMemory.getBytes(data + row * width, bytes);
            return bytes;
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
            view.wrap(dataMemory, data + row * width, width);
        } else {
            require(ArrowKind.BINARY, "wrapBytes");
            wrapVariable(row, view);
        }
    }

    public int copyBytes(final int row, final MutableDirectBuffer target, final int offset, final int maxLength) {
        if (kind == ArrowKind.FIXED_BINARY) {
            if (width <= maxLength) {
                target.putBytes(offset, dataMemory, data + row * width, width);
            }
            return width;
        }
        require(ArrowKind.BINARY, "copyBytes");
        return copyVariable(row, target, offset, maxLength);
    }

    public Decimal getDecimal(final int row, final int precision, final int scale) {
        require(ArrowKind.DECIMAL128, "getDecimal");
        final byte[] bytes = new byte[DECIMAL_LENGTH];
        final int at = data + row * DECIMAL_LENGTH;
        for (int i = 0; i < DECIMAL_LENGTH; i++) {
            bytes[i] = dataMemory.getByte(at + DECIMAL_LENGTH - 1 - i);
        }
        final Decimal value;
        try {
            value = Decimal.ofUnscaledBytes(bytes, type.precision, type.scale);
        } catch (RowConversionException e) {
            throw new CorruptDataException(
                    "damaged Arrow message: " + this + ", row " + row + ": " + e.getMessage(), e);
        }
        return value.rescale(precision, scale);
    }

    /** The unscaled number of a decimal of at most 18 digits, which its low half holds. */
    public long getDecimalUnscaled(final int row, final int precision, final int scale) {
        require(ArrowKind.DECIMAL128, "getDecimalUnscaled");
        final int at = data + row * DECIMAL_LENGTH;
        final long low = dataMemory.getLong(at, LITTLE_ENDIAN);
        if (scale != type.scale || dataMemory.getLong(at + 8, LITTLE_ENDIAN) != low >> 63) {
            return getDecimal(row, precision, scale).unscaledLong();
        }
        return low;
    }

    public int getEpochDay(final int row) {
        require(ArrowKind.DATE, "getEpochDay");
        return dataMemory.getInt(data + (row << 2), LITTLE_ENDIAN);
    }

    public int getMillisOfDay(final int row) {
        if (kind == ArrowKind.TIME_MILLI) {
            return dataMemory.getInt(data + (row << 2), LITTLE_ENDIAN);
        } else if (kind == ArrowKind.TIME_SECOND) {
            return dataMemory.getInt(data + (row << 2), LITTLE_ENDIAN) * SECONDS_TO_MILLIS;
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
            throw new CorruptDataException("damaged Arrow message: " + this + ", row " + row + ": second " + seconds);
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
        return offsetMemory.getInt(offsets + (row << 2), LITTLE_ENDIAN);
    }

    private int listLength(final int row, final int from, final ArrowColumn child) {
        final int to = listOffset(row + 1);
        if (from < 0 || from > to || to > child.length) {
            throw new CorruptDataException("damaged Arrow message: " + this + ", row " + row + ": elements " + from
                    + " to " + to + " of " + child.length);
        }
        return to - from;
    }

    private long longAt(final int row) {
        return dataMemory.getLong(data + (row << 3), LITTLE_ENDIAN);
    }

    private void wrapVariable(final int row, final DirectBuffer view) {
        final int from = offsetMemory.getInt(offsets + (row << 2), LITTLE_ENDIAN);
        final int to = offsetMemory.getInt(offsets + (row << 2) + 4, LITTLE_ENDIAN);
        checkOffsets(row, from, to);
        view.wrap(dataMemory, data + from, to - from);
    }

    private int copyVariable(final int row, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int from = offsetMemory.getInt(offsets + (row << 2), LITTLE_ENDIAN);
        final int to = offsetMemory.getInt(offsets + (row << 2) + 4, LITTLE_ENDIAN);
        checkOffsets(row, from, to);
        final int length = to - from;
        if (length <= maxLength) {
            target.putBytes(offset, dataMemory, data + from, length);
        }
        return length;
    }

    private byte[] bytesAt(final int row) {
        final int from = offsetMemory.getInt(offsets + (row << 2), LITTLE_ENDIAN);
        final int to = offsetMemory.getInt(offsets + (row << 2) + 4, LITTLE_ENDIAN);
        checkOffsets(row, from, to);
        final byte[] bytes = new byte[to - from];
        dataMemory.getBytes(data + from, bytes);
        return bytes;
    }

    private void checkOffsets(final int row, final int from, final int to) {
        if (from < 0 || from > to || to > dataLength) {
            throw new CorruptDataException("damaged Arrow message: " + this + ", row " + row + ": bytes " + from
                    + " to " + to + " of " + dataLength);
        }
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
