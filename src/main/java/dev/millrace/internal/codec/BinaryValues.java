package dev.millrace.internal.codec;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.Decimal;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TimestampLtz;
import dev.millrace.row.TimestampNtz;
import dev.millrace.row.TypedValues;
import java.nio.charset.StandardCharsets;
import java.time.LocalTime;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Values read in place, of a row or an array: each getter asks the subclass where the value lies, or for its number, and
 * turns that into what the caller wants. Text and bytes can be read without a copy; a nested value is a small object of
 * its own that borrows the same memory.
 *
 * <p>A flyweight: it borrows the memory it is wrapped around until it is wrapped anew. Wrapping is for one thread;
 * reading is for any number, after a happens-before edge. A value read as another type than its own, or one that is null,
 * is a {@link RowConversionException}.
 */
public abstract sealed class BinaryValues implements TypedValues permits RowView, ArrayView {
    private static final UnsafeBuffer NOTHING = OffHeap.flyweight();
    private static final int MILLIS_PER_DAY = 86_400_000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    final RowFormat format;
    UnsafeBuffer memory = NOTHING;

    BinaryValues(final RowFormat format) {
        this.format = format;
    }

    /** The number that a value of this kind is: raw bits of floating point, milliseconds of a timestamp. */
    abstract long number(byte kind, int pos, String getter);

    /** Nanoseconds of the millisecond, of a timestamp that has some. */
    abstract int nanos(int pos);

    /** The kind of what a position holds; {@link ValueKind#NULL} if nothing. */
    abstract byte kindAt(int pos);

    /** Where the bytes of a value of variable length begin, after a check that as many as {@link #lengthAt} are there. */
    abstract int startOf(int pos);

    abstract int lengthAt(int pos);

    abstract ValueType typeAt(int pos);

    /** Names a position in what went wrong there. */
    abstract String describe(int pos);

    final RowConversionException mismatch(final int pos, final String getter) {
        return new RowConversionException(
                kindAt(pos) == ValueKind.NULL
                        ? describe(pos) + ": null was read by " + getter
                        : describe(pos) + " was read by " + getter);
    }

    final CorruptDataException damaged(final int pos, final String what) {
        return new CorruptDataException("damaged value: " + describe(pos) + ": " + what);
    }

    static void checkRange(final UnsafeBuffer memory, final int offset, final int length) {
        if (offset < 0 || length < 0 || length > memory.capacity() - offset) {
            throw new IndexOutOfBoundsException(
                    "offset=" + offset + ", length=" + length + ", capacity=" + memory.capacity());
        }
    }

    private void require(final boolean readable, final int pos, final String getter) {
        if (!readable) {
            throw mismatch(pos, getter);
        }
    }

    @Override
    public boolean isNullAt(final int pos) {
        return kindAt(pos) == ValueKind.NULL;
    }

    @Override
    public boolean getBoolean(final int pos) {
        return number(ValueKind.BOOLEAN, pos, "getBoolean") != 0;
    }

    @Override
    public byte getByte(final int pos) {
        return (byte) number(ValueKind.BYTE, pos, "getByte");
    }

    @Override
    public short getShort(final int pos) {
        return (short) number(ValueKind.SHORT, pos, "getShort");
    }

    @Override
    public int getInt(final int pos) {
        return (int) number(ValueKind.INT, pos, "getInt");
    }

    @Override
    public long getLong(final int pos) {
        return number(ValueKind.LONG, pos, "getLong");
    }

    @Override
    public float getFloat(final int pos) {
        return Float.intBitsToFloat((int) number(ValueKind.FLOAT, pos, "getFloat"));
    }

    @Override
    public double getDouble(final int pos) {
        return Double.longBitsToDouble(number(ValueKind.DOUBLE, pos, "getDouble"));
    }

    @Override
    public int getEpochDay(final int pos) {
        return (int) number(ValueKind.DATE, pos, "getEpochDay");
    }

    @Override
    public int getMillisOfDay(final int pos) {
        return (int) number(ValueKind.TIME, pos, "getMillisOfDay");
    }

    @Override
    public LocalTime getTime(final int pos) {
        final int millis = getMillisOfDay(pos);
        if (millis < 0 || millis >= MILLIS_PER_DAY) {
            throw damaged(pos, millis + " milliseconds of the day");
        }
        return LocalTime.ofNanoOfDay(millis * NANOS_PER_MILLI);
    }

    @Override
    public long getEpochMillis(final int pos, final int precision) {
        return kindAt(pos) == ValueKind.TIMESTAMP
                ? number(ValueKind.TIMESTAMP, pos, "getEpochMillis")
                : number(ValueKind.COMPACT_TIMESTAMP, pos, "getEpochMillis");
    }

    @Override
    public int getNanoOfMillis(final int pos, final int precision) {
        final byte kind = kindAt(pos);
        require(ValueKind.isTimestamp(kind), pos, "getNanoOfMillis");
        return kind == ValueKind.TIMESTAMP ? nanos(pos) : 0;
    }

    @Override
    public TimestampNtz getTimestampNtz(final int pos, final int precision) {
        return new TimestampNtz(getEpochMillis(pos, precision), getNanoOfMillis(pos, precision));
    }

    @Override
    public TimestampLtz getTimestampLtz(final int pos, final int precision) {
        return new TimestampLtz(getEpochMillis(pos, precision), getNanoOfMillis(pos, precision));
    }

    @Override
    public String getString(final int pos) {
        require(ValueKind.isText(kindAt(pos)), pos, "getString");
        return new String(bytesAt(pos), StandardCharsets.UTF_8);
    }

    @Override
    public void wrapString(final int pos, final DirectBuffer view) {
        require(ValueKind.isText(kindAt(pos)), pos, "wrapString");
        view.wrap(memory, startOf(pos), lengthAt(pos));
    }

    @Override
    public int copyString(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        require(ValueKind.isText(kindAt(pos)), pos, "copyString");
        return copy(pos, target, offset, maxLength);
    }

    @Override
    public byte[] getBytes(final int pos) {
        require(ValueKind.isBytes(kindAt(pos)), pos, "getBytes");
        return bytesAt(pos);
    }

    @Override
    public void wrapBytes(final int pos, final DirectBuffer view) {
        require(ValueKind.isBytes(kindAt(pos)), pos, "wrapBytes");
        view.wrap(memory, startOf(pos), lengthAt(pos));
    }

    @Override
    public int copyBytes(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        require(ValueKind.isBytes(kindAt(pos)), pos, "copyBytes");
        return copy(pos, target, offset, maxLength);
    }

    private int copy(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        // The start first: to find it is to check the length.
        final int start = startOf(pos);
        final int length = lengthAt(pos);
        if (length <= maxLength) {
            target.putBytes(offset, memory, start, length);
        }
        return length;
    }

    private byte[] bytesAt(final int pos) {
        final int start = startOf(pos);
        final byte[] bytes = new byte[lengthAt(pos)];
        memory.getBytes(start, bytes);
        return bytes;
    }

    @Override
    public long getDecimalUnscaled(final int pos, final int precision, final int scale) {
        final ValueType type = typeAt(pos);
        return scale == type.scale
                ? number(ValueKind.COMPACT_DECIMAL, pos, "getDecimalUnscaled")
                : getDecimal(pos, precision, scale).unscaledLong();
    }

    @Override
    public Decimal getDecimal(final int pos, final int precision, final int scale) {
        final byte kind = kindAt(pos);
        require(kind == ValueKind.COMPACT_DECIMAL || kind == ValueKind.DECIMAL, pos, "getDecimal");
        return decimal(pos, kind, typeAt(pos)).rescale(precision, scale);
    }

    private Decimal decimal(final int pos, final byte kind, final ValueType type) {
        try {
            if (kind == ValueKind.COMPACT_DECIMAL) {
                return Decimal.ofUnscaled(number(kind, pos, "getDecimal"), type.precision, type.scale);
            }
            final int length = lengthAt(pos);
            if (length == 0 || length > DecimalBytes.MAX_LENGTH) {
                throw damaged(pos, "a decimal of " + length + " bytes");
            }
            return Decimal.ofUnscaledBytes(bytesAt(pos), type.precision, type.scale);
        } catch (RowConversionException e) {
            throw new CorruptDataException("damaged value: " + describe(pos) + ": " + e.getMessage(), e);
        }
    }

    @Override
    public InternalArray getArray(final int pos) {
        require(kindAt(pos) == ValueKind.ARRAY, pos, "getArray");
        final ArrayView view = new ArrayView(NestedEncoder.elementOf(typeAt(pos)), format);
        view.wrap(memory, startOf(pos), lengthAt(pos));
        return view;
    }

    @Override
    public InternalMap getMap(final int pos) {
        require(kindAt(pos) == ValueKind.MAP, pos, "getMap");
        final MapView view = new MapView(typeAt(pos), format);
        view.wrap(memory, startOf(pos), lengthAt(pos));
        return view;
    }

    @Override
    public InternalRow getRow(final int pos, final int fieldCount) {
        require(kindAt(pos) == ValueKind.ROW, pos, "getRow");
        final RowFields fields = NestedEncoder.fieldsOf(typeAt(pos));
        final RowView view = format == RowFormat.COMPACTED ? new CompactedRowView(fields) : new IndexedRowView(fields);
        view.wrap(memory, startOf(pos), lengthAt(pos));
        return view;
    }
}
