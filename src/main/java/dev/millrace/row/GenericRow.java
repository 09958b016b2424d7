package dev.millrace.row;

import dev.millrace.error.RowConversionException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A row to be filled field by field, and filled again: writers copy it during the call.
 *
 * <p>The typed setters keep primitives as such. A row that is reused allocates nothing, neither in setting nor in reading
 * them. {@link #setField} and {@link #fromData} take any supported object instead, for code where comfort counts. A field
 * knows what was put into it, and a getter of another type throws {@link RowConversionException}; all fields are null at
 * the start. Objects given to a setter are kept as they are, not copied; text and bytes can also be copied in from a
 * buffer, which takes no object.
 *
 * <p>Not safe for threads, except that any number may read while none writes. Two rows are equal if their fields are,
 * including what they were set as.
 */
public final class GenericRow implements InternalRow {
    private static final byte NULL = 0;
    private static final byte BOOLEAN = 1;
    private static final byte BYTE = 2;
    private static final byte SHORT = 3;
    private static final byte INT = 4;
    private static final byte LONG = 5;
    private static final byte FLOAT = 6;
    private static final byte DOUBLE = 7;
    private static final byte UNSCALED_DECIMAL = 8;
    private static final byte DATE = 9;
    private static final byte TIME = 10;
    private static final byte TIMESTAMP = 11; // either of the next two: set by its numbers alone
    private static final byte TIMESTAMP_NTZ = 12;
    private static final byte TIMESTAMP_LTZ = 13;
    // From here on the value is in objects, before it in bits.
    private static final byte STRING = 14;
    private static final byte BYTES = 15;
    private static final byte DECIMAL = 16;
    private static final byte BIG_DECIMAL = 17;
    private static final byte ARRAY = 18;
    private static final byte MAP = 19;
    private static final byte ROW = 20;
    // From here on the value is in copies, and its length in bits.
    private static final byte UTF8 = 21;
    private static final byte COPIED_BYTES = 22;

    private static final byte FIRST_OBJECT = STRING;
    private static final String[] KIND_NAMES = {
        "null",
        "a boolean",
        "a byte",
        "a short",
        "an int",
        "a long",
        "a float",
        "a double",
        "an unscaled decimal",
        "a date",
        "a time",
        "a timestamp",
        "a TimestampNtz",
        "a TimestampLtz",
        "a String",
        "a byte[]",
        "a Decimal",
        "a BigDecimal",
        "an InternalArray",
        "an InternalMap",
        "an InternalRow",
        "UTF-8",
        "bytes"
    };

    private static final byte[] NO_BYTES = {};
    private static final int MIN_COPY_LENGTH = 16;
    private static final HexFormat HEX = HexFormat.of();

    private final byte[] kinds;
    private final long[] bits; // of primitives; for timestamps the milliseconds
    private final int[] nanosOfMillis; // of timestamps
    private final @Nullable Object[] objects;
    // Kept for the next value of the field; null until there is a first.
    private byte @Nullable [][] copies;

    /**
     * Creates a row of nulls.
     *
     * @param fieldCount the number of fields.
     * @throws IllegalArgumentException if it is negative.
     */
    public GenericRow(final int fieldCount) {
        if (fieldCount < 0) {
            throw new IllegalArgumentException("A row cannot have " + fieldCount + " fields");
        }
        kinds = new byte[fieldCount];
        bits = new long[fieldCount];
        nanosOfMillis = new int[fieldCount];
        objects = new @Nullable Object[fieldCount];
    }

    /**
     * Creates a row of the values given.
     *
     * @param values one a field, of the classes {@link #setField} takes.
     * @return a new row.
     * @throws IllegalArgumentException if a value is of another class.
     */
    public static GenericRow fromData(final @Nullable Object... values) {
        final GenericRow row = new GenericRow(values.length);
        for (int pos = 0; pos < values.length; pos++) {
            row.setField(pos, values[pos]);
        }
        return row;
    }

    @Override
    public int fieldCount() {
        return kinds.length;
    }

    // ---- setting ----

    /**
     * Sets a field to any supported value, as the typed setter for its class would.
     *
     * @param pos from 0.
     * @param value null, a boxed primitive, a {@code String}, {@code byte[]}, {@link Decimal}, {@link BigDecimal},
     *     {@link LocalDate}, {@link LocalTime}, {@link LocalDateTime} (TIMESTAMP), {@link Instant} (TIMESTAMP_LTZ),
     *     {@link TimestampNtz}, {@link TimestampLtz}, {@link InternalArray}, {@link InternalMap} or {@link InternalRow}.
     * @throws IllegalArgumentException if the value is of another class.
     */
    public void setField(final int pos, final @Nullable Object value) {
        switch (value) {
            case null -> setNull(pos);
            case Boolean v -> setBoolean(pos, v);
            case Byte v -> setByte(pos, v);
            case Short v -> setShort(pos, v);
            case Integer v -> setInt(pos, v);
            case Long v -> setLong(pos, v);
            case Float v -> setFloat(pos, v);
            case Double v -> setDouble(pos, v);
            case String v -> setString(pos, v);
            case byte[] v -> setBytes(pos, v);
            case Decimal v -> setDecimal(pos, v);
            case BigDecimal v -> setDecimal(pos, v);
            case LocalDate v -> setDate(pos, v);
            case LocalTime v -> setTime(pos, v);
            case LocalDateTime v -> setTimestampNtz(pos, TimestampNtz.of(v));
            case Instant v -> setTimestampLtz(pos, TimestampLtz.of(v));
            case TimestampNtz v -> setTimestampNtz(pos, v);
            case TimestampLtz v -> setTimestampLtz(pos, v);
            case InternalArray v -> setArray(pos, v);
            case InternalMap v -> setMap(pos, v);
            case InternalRow v -> setRow(pos, v);
            default ->
                throw new IllegalArgumentException(
                        "Field " + pos + " cannot hold a " + value.getClass().getName());
        }
    }

    /**
     * Sets a field to null.
     *
     * @param pos from 0.
     */
    public void setNull(final int pos) {
        setBits(pos, NULL, 0);
    }

    /**
     * Sets a field to a value of BOOLEAN.
     *
     * @param pos from 0.
     * @param value kept as a primitive.
     */
    public void setBoolean(final int pos, final boolean value) {
        setBits(pos, BOOLEAN, value ? 1 : 0);
    }

    /**
     * Sets a field to a value of TINYINT.
     *
     * @param pos from 0.
     * @param value kept as a primitive.
     */
    public void setByte(final int pos, final byte value) {
        setBits(pos, BYTE, value);
    }

    /**
     * Sets a field to a value of SMALLINT.
     *
     * @param pos from 0.
     * @param value kept as a primitive.
     */
    public void setShort(final int pos, final short value) {
        setBits(pos, SHORT, value);
    }

    /**
     * Sets a field to a value of INT. Also read as the days of a DATE or the milliseconds of a TIME.
     *
     * @param pos from 0.
     * @param value kept as a primitive.
     */
    public void setInt(final int pos, final int value) {
        setBits(pos, INT, value);
    }

    /**
     * Sets a field to a value of BIGINT.
     *
     * @param pos from 0.
     * @param value kept as a primitive.
     */
    public void setLong(final int pos, final long value) {
        setBits(pos, LONG, value);
    }

    /**
     * Sets a field to a value of FLOAT.
     *
     * @param pos from 0.
     * @param value kept as a primitive.
     */
    public void setFloat(final int pos, final float value) {
        setBits(pos, FLOAT, Float.floatToRawIntBits(value));
    }

    /**
     * Sets a field to a value of DOUBLE.
     *
     * @param pos from 0.
     * @param value kept as a primitive.
     */
    public void setDouble(final int pos, final double value) {
        setBits(pos, DOUBLE, Double.doubleToRawLongBits(value));
    }

    /**
     * Sets a field to a value of CHAR or STRING.
     *
     * @param pos from 0.
     * @param value kept; null sets the field to null.
     */
    public void setString(final int pos, final @Nullable String value) {
        setObject(pos, STRING, value);
    }

    /**
     * Sets a field to a value of CHAR or STRING that is UTF-8 already, without an object: the row copies it into memory
     * that it keeps for this field.
     *
     * @param pos from 0.
     * @param source where it lies, for the time of this call.
     * @param offset of the first byte.
     * @param length in bytes. That they are UTF-8 is not checked.
     * @throws IndexOutOfBoundsException they do not lie in the source.
     */
    public void setUtf8(final int pos, final DirectBuffer source, final int offset, final int length) {
        setCopy(pos, UTF8, source, offset, length);
    }

    /**
     * Sets a field to a value of BINARY or BYTES, without an object: the row copies it into memory that it keeps for this
     * field.
     *
     * @param pos from 0.
     * @param source where it lies, for the time of this call.
     * @param offset of the first byte.
     * @param length in bytes.
     * @throws IndexOutOfBoundsException they do not lie in the source.
     */
    public void setBytes(final int pos, final DirectBuffer source, final int offset, final int length) {
        setCopy(pos, COPIED_BYTES, source, offset, length);
    }

    private void setCopy(
            final int pos, final byte kind, final DirectBuffer source, final int offset, final int length) {
        source.boundsCheck(offset, length);
        if (copies == null) {
            copies = new byte[kinds.length][];
            Arrays.fill(copies, NO_BYTES);
        }
        if (copies[pos].length < length) {
            // Twice the highest bit is negative for the longest.
            copies[pos] = new byte[Math.max(Math.max(MIN_COPY_LENGTH, length), Integer.highestOneBit(length) * 2)];
        }
        source.getBytes(offset, copies[pos], 0, length);
        setBits(pos, kind, length);
    }

    /**
     * Sets a field to a value of BINARY or BYTES.
     *
     * @param pos from 0.
     * @param value kept, not copied; null sets the field to null.
     */
    public void setBytes(final int pos, final byte @Nullable [] value) {
        setObject(pos, BYTES, value);
    }

    /**
     * Sets a field to a value of DECIMAL.
     *
     * @param pos from 0.
     * @param value read with another scale than its own it must fit without rounding; null sets the field to null.
     */
    public void setDecimal(final int pos, final @Nullable Decimal value) {
        setObject(pos, DECIMAL, value);
    }

    /**
     * Sets a field to a value of DECIMAL.
     *
     * @param pos from 0.
     * @param value read with another scale than its own it must fit without rounding; null sets the field to null.
     */
    public void setDecimal(final int pos, final @Nullable BigDecimal value) {
        setObject(pos, BIG_DECIMAL, value);
    }

    /**
     * Sets a field to a value of DECIMAL with a precision of at most 18.
     *
     * @param pos from 0.
     * @param unscaled the number times ten to the power of the column's scale; kept as a primitive.
     */
    public void setDecimalUnscaled(final int pos, final long unscaled) {
        setBits(pos, UNSCALED_DECIMAL, unscaled);
    }

    /**
     * Sets a field to a value of DATE.
     *
     * @param pos from 0.
     * @param value kept as a number; null sets the field to null.
     * @throws ArithmeticException if the day lies more than 5.8 million years from 1970.
     */
    public void setDate(final int pos, final @Nullable LocalDate value) {
        if (value == null) {
            setNull(pos);
        } else {
            setEpochDay(pos, Math.toIntExact(value.toEpochDay()));
        }
    }

    /**
     * Sets a field to a value of DATE.
     *
     * @param pos from 0.
     * @param epochDay days since 1970-01-01.
     */
    public void setEpochDay(final int pos, final int epochDay) {
        setBits(pos, DATE, epochDay);
    }

    /**
     * Sets a field to a value of TIME.
     *
     * @param pos from 0.
     * @param value kept as a number of milliseconds, what is finer is cut; null sets the field to null.
     */
    public void setTime(final int pos, final @Nullable LocalTime value) {
        if (value == null) {
            setNull(pos);
        } else {
            setMillisOfDay(pos, (int) (value.toNanoOfDay() / EpochTime.NANOS_PER_MILLI));
        }
    }

    /**
     * Sets a field to a value of TIME.
     *
     * @param pos from 0.
     * @param millisOfDay milliseconds since midnight.
     */
    public void setMillisOfDay(final int pos, final int millisOfDay) {
        setBits(pos, TIME, millisOfDay);
    }

    /**
     * Sets a field to a value of TIMESTAMP.
     *
     * @param pos from 0.
     * @param value kept as numbers; null sets the field to null.
     */
    public void setTimestampNtz(final int pos, final @Nullable TimestampNtz value) {
        if (value == null) {
            setNull(pos);
        } else {
            setTimestamp(pos, TIMESTAMP_NTZ, value.epochMillis(), value.nanoOfMillis());
        }
    }

    /**
     * Sets a field to a value of TIMESTAMP_LTZ.
     *
     * @param pos from 0.
     * @param value kept as numbers; null sets the field to null.
     */
    public void setTimestampLtz(final int pos, final @Nullable TimestampLtz value) {
        if (value == null) {
            setNull(pos);
        } else {
            setTimestamp(pos, TIMESTAMP_LTZ, value.epochMillis(), value.nanoOfMillis());
        }
    }

    /**
     * Sets a field to a value of TIMESTAMP or TIMESTAMP_LTZ.
     *
     * @param pos from 0.
     * @param epochMillis milliseconds since 1970-01-01 00:00, in UTC for TIMESTAMP_LTZ.
     */
    public void setEpochMillis(final int pos, final long epochMillis) {
        setTimestamp(pos, TIMESTAMP, epochMillis, 0);
    }

    /**
     * Sets a field to a value of TIMESTAMP or TIMESTAMP_LTZ.
     *
     * @param pos from 0.
     * @param epochMillis milliseconds since 1970-01-01 00:00, in UTC for TIMESTAMP_LTZ.
     * @param nanoOfMillis nanoseconds of the millisecond, 0 to 999,999.
     * @throws IllegalArgumentException if the nanoseconds are out of range.
     */
    public void setTimestamp(final int pos, final long epochMillis, final int nanoOfMillis) {
        EpochTime.checkNanoOfMillis(nanoOfMillis);
        setTimestamp(pos, TIMESTAMP, epochMillis, nanoOfMillis);
    }

    /**
     * Sets a field to a value of ARRAY.
     *
     * @param pos from 0.
     * @param value kept, not copied; null sets the field to null.
     */
    public void setArray(final int pos, final @Nullable InternalArray value) {
        setObject(pos, ARRAY, value);
    }

    /**
     * Sets a field to a value of MAP.
     *
     * @param pos from 0.
     * @param value kept, not copied; null sets the field to null.
     */
    public void setMap(final int pos, final @Nullable InternalMap value) {
        setObject(pos, MAP, value);
    }

    /**
     * Sets a field to a value of ROW.
     *
     * @param pos from 0.
     * @param value kept, not copied; null sets the field to null.
     */
    public void setRow(final int pos, final @Nullable InternalRow value) {
        setObject(pos, ROW, value);
    }

    private void setTimestamp(final int pos, final byte kind, final long epochMillis, final int nanoOfMillis) {
        setBits(pos, kind, epochMillis);
        nanosOfMillis[pos] = nanoOfMillis;
    }

    private void setBits(final int pos, final byte kind, final long value) {
        if (kinds[pos] >= FIRST_OBJECT) {
            objects[pos] = null;
        }
        kinds[pos] = kind;
        bits[pos] = value;
    }

    private void setObject(final int pos, final byte kind, final @Nullable Object value) {
        if (value == null) {
            setNull(pos);
        } else {
            kinds[pos] = kind;
            objects[pos] = value;
        }
    }

    // ---- reading ----

    @Override
    public boolean isNullAt(final int pos) {
        return kinds[pos] == NULL;
    }

    @Override
    public boolean getBoolean(final int pos) {
        return bitsAs(BOOLEAN, pos) != 0;
    }

    @Override
    public byte getByte(final int pos) {
        return (byte) bitsAs(BYTE, pos);
    }

    @Override
    public short getShort(final int pos) {
        return (short) bitsAs(SHORT, pos);
    }

    @Override
    public int getInt(final int pos) {
        return (int) bitsAs(INT, pos);
    }

    @Override
    public long getLong(final int pos) {
        return bitsAs(LONG, pos);
    }

    @Override
    public float getFloat(final int pos) {
        return Float.intBitsToFloat((int) bitsAs(FLOAT, pos));
    }

    @Override
    public double getDouble(final int pos) {
        return Double.longBitsToDouble(bitsAs(DOUBLE, pos));
    }

    @Override
    public String getString(final int pos) {
        return kinds[pos] == UTF8
                ? new String(copyAt(pos), 0, (int) bits[pos], StandardCharsets.UTF_8)
                : (String) objectAs(STRING, pos);
    }

    @Override
    public void wrapString(final int pos, final DirectBuffer view) {
        if (kinds[pos] == UTF8) {
            view.wrap(copyAt(pos), 0, (int) bits[pos]);
        } else {
            InternalRow.super.wrapString(pos, view);
        }
    }

    @Override
    public int copyString(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        return kinds[pos] == UTF8
                ? copyTo(pos, target, offset, maxLength)
                : Utf8.encode((String) objectAs(STRING, pos), target, offset, maxLength);
    }

    @Override
    public byte[] getBytes(final int pos) {
        return kinds[pos] == COPIED_BYTES ? Arrays.copyOf(copyAt(pos), (int) bits[pos]) : (byte[]) objectAs(BYTES, pos);
    }

    @Override
    public void wrapBytes(final int pos, final DirectBuffer view) {
        if (kinds[pos] == COPIED_BYTES) {
            view.wrap(copyAt(pos), 0, (int) bits[pos]);
        } else {
            InternalRow.super.wrapBytes(pos, view);
        }
    }

    @Override
    public int copyBytes(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        return kinds[pos] == COPIED_BYTES
                ? copyTo(pos, target, offset, maxLength)
                : InternalRow.super.copyBytes(pos, target, offset, maxLength);
    }

    private int copyTo(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int length = (int) bits[pos];
        if (length <= maxLength) {
            target.putBytes(offset, copyAt(pos), 0, length);
        }
        return length;
    }

    private byte[] copyAt(final int pos) {
        if (copies == null) {
            throw new IllegalStateException("no bytes in field " + pos);
        }
        return copies[pos];
    }

    @Override
    public Decimal getDecimal(final int pos, final int precision, final int scale) {
        return switch (kinds[pos]) {
            case UNSCALED_DECIMAL -> Decimal.ofUnscaled(bits[pos], precision, scale);
            case BIG_DECIMAL -> Decimal.of((BigDecimal) objectAs(BIG_DECIMAL, pos), precision, scale);
            default -> ((Decimal) objectAs(DECIMAL, pos)).rescale(precision, scale);
        };
    }

    @Override
    public long getDecimalUnscaled(final int pos, final int precision, final int scale) {
        return kinds[pos] == UNSCALED_DECIMAL
                ? Decimal.checkUnscaled(bits[pos], precision, scale)
                : getDecimal(pos, precision, scale).unscaledLong();
    }

    @Override
    public int getEpochDay(final int pos) {
        return (int) (kinds[pos] == INT ? bits[pos] : bitsAs(DATE, pos));
    }

    @Override
    public int getMillisOfDay(final int pos) {
        return (int) (kinds[pos] == INT ? bits[pos] : bitsAs(TIME, pos));
    }

    @Override
    public TimestampNtz getTimestampNtz(final int pos, final int precision) {
        checkTimestamp(TIMESTAMP_NTZ, pos);
        return new TimestampNtz(bits[pos], nanosOfMillis[pos]);
    }

    @Override
    public TimestampLtz getTimestampLtz(final int pos, final int precision) {
        checkTimestamp(TIMESTAMP_LTZ, pos);
        return new TimestampLtz(bits[pos], nanosOfMillis[pos]);
    }

    @Override
    public long getEpochMillis(final int pos, final int precision) {
        checkAnyTimestamp(pos);
        return bits[pos];
    }

    @Override
    public int getNanoOfMillis(final int pos, final int precision) {
        checkAnyTimestamp(pos);
        return nanosOfMillis[pos];
    }

    @Override
    public InternalArray getArray(final int pos) {
        return (InternalArray) objectAs(ARRAY, pos);
    }

    @Override
    public InternalMap getMap(final int pos) {
        return (InternalMap) objectAs(MAP, pos);
    }

    @Override
    public InternalRow getRow(final int pos, final int fieldCount) {
        return (InternalRow) objectAs(ROW, pos);
    }

    /**
     * Reads a field as an object, whatever it holds.
     *
     * @param pos from 0.
     * @return null, the object that was set, or the boxed form of what was set as a number: a {@link LocalDate},
     *     {@link LocalTime}, {@link TimestampNtz} or {@link TimestampLtz} for those types, a {@code Long} for an unscaled
     *     decimal, and a {@link TimestampNtz} for a timestamp of which only the numbers were set.
     */
    public @Nullable Object getField(final int pos) {
        return switch (kinds[pos]) {
            case NULL -> null;
            case BOOLEAN -> getBoolean(pos);
            case BYTE -> getByte(pos);
            case SHORT -> getShort(pos);
            case INT -> getInt(pos);
            case LONG, UNSCALED_DECIMAL -> bits[pos];
            case FLOAT -> getFloat(pos);
            case DOUBLE -> getDouble(pos);
            case DATE -> getDate(pos);
            case TIME -> getTime(pos);
            case TIMESTAMP, TIMESTAMP_NTZ -> new TimestampNtz(bits[pos], nanosOfMillis[pos]);
            case TIMESTAMP_LTZ -> new TimestampLtz(bits[pos], nanosOfMillis[pos]);
            case UTF8 -> getString(pos);
            case COPIED_BYTES -> getBytes(pos);
            default -> objects[pos];
        };
    }

    private long bitsAs(final byte kind, final int pos) {
        if (kinds[pos] != kind) {
            throw wrongKind(kind, pos);
        }
        return bits[pos];
    }

    private Object objectAs(final byte kind, final int pos) {
        final Object value = objects[pos];
        if (kinds[pos] != kind || value == null) {
            throw wrongKind(kind, pos);
        }
        return value;
    }

    private void checkTimestamp(final byte kind, final int pos) {
        if (kinds[pos] != kind && kinds[pos] != TIMESTAMP) {
            throw wrongKind(kind, pos);
        }
    }

    private void checkAnyTimestamp(final int pos) {
        if (!isTimestamp(pos)) {
            throw wrongKind(TIMESTAMP, pos);
        }
    }

    private RowConversionException wrongKind(final byte wanted, final int pos) {
        return new RowConversionException(
                "Field " + pos + " was read as " + KIND_NAMES[wanted] + " but holds " + describe(pos));
    }

    private String describe(final int pos) {
        final Object value = getField(pos);
        return value == null
                ? "null"
                : KIND_NAMES[kinds[pos]] + " (" + value.getClass().getName() + ")";
    }

    // ---- the row as a value ----

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof GenericRow that && Arrays.equals(kinds, that.kinds) && fieldsEqual(that);
    }

    private boolean fieldsEqual(final GenericRow that) {
        for (int pos = 0; pos < kinds.length; pos++) {
            // Not the arrays as a whole: what a former value left behind in the other array does not count.
            final boolean equal = kinds[pos] >= FIRST_OBJECT
                    ? objectsEqual(getField(pos), that.getField(pos))
                    : bits[pos] == that.bits[pos]
                            && (!isTimestamp(pos) || nanosOfMillis[pos] == that.nanosOfMillis[pos]);
            if (!equal) {
                return false;
            }
        }
        return true;
    }

    private static boolean objectsEqual(final @Nullable Object left, final @Nullable Object right) {
        return left instanceof byte[] leftBytes && right instanceof byte[] rightBytes
                ? Arrays.equals(leftBytes, rightBytes)
                : left != null && left.equals(right);
    }

    private boolean isTimestamp(final int pos) {
        return kinds[pos] >= TIMESTAMP && kinds[pos] <= TIMESTAMP_LTZ;
    }

    @Override
    public int hashCode() {
        int hash = Arrays.hashCode(kinds);
        for (int pos = 0; pos < kinds.length; pos++) {
            final Object value = kinds[pos] < FIRST_OBJECT ? null : getField(pos);
            final int fieldHash = kinds[pos] < FIRST_OBJECT
                    ? Long.hashCode(bits[pos])
                    : value instanceof byte[] bytes ? Arrays.hashCode(bytes) : Objects.hashCode(value);
            hash = 31 * hash + fieldHash;
        }
        return hash;
    }

    /**
     * The values in parentheses.
     *
     * @return for example {@code (42, EURUSD, null, 0x0aff)}.
     */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("(");
        for (int pos = 0; pos < kinds.length; pos++) {
            if (pos > 0) {
                text.append(", ");
            }
            text.append(text(getField(pos)));
        }
        return text.append(')').toString();
    }

    /** A value as it appears in text: bytes in hexadecimal, all else as it prints itself. */
    static String text(final @Nullable Object value) {
        return value instanceof byte[] bytes ? "0x" + HEX.formatHex(bytes) : String.valueOf(value);
    }
}
