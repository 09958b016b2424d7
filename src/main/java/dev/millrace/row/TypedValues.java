package dev.millrace.row;

import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalTime;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Values by position, each read by its type: what rows and arrays have in common.
 *
 * <p>One getter a data type. Where a type has several, one gives an object and the others avoid it: the {@code wrap}
 * forms point a buffer of the caller at the bytes, the {@code copy} forms write them to a buffer of the caller, and the
 * primitive forms of dates, times, timestamps and decimals give the number the wire carries. Every getter has a default,
 * made of another or refusing the call, so that an implementation writes only those its types need.
 *
 * <p>Reading a value that is null, or by another type than its own, is an error of the caller; what happens then is up to
 * the implementation. Positions count from 0. Unless an implementation says otherwise, an object may be read by several
 * threads as long as none changes it.
 */
public interface TypedValues {
    /**
     * Tells whether a value is null. Always false by default.
     *
     * @param pos from 0.
     * @return true if there is no value at the position.
     */
    default boolean isNullAt(final int pos) {
        return false;
    }

    /**
     * Reads a value of BOOLEAN.
     *
     * @param pos from 0.
     * @return the value.
     * @throws UnsupportedOperationException if this object has no BOOLEAN values.
     */
    default boolean getBoolean(final int pos) {
        throw Unsupported.getter("getBoolean", pos, this);
    }

    /**
     * Reads a value of TINYINT.
     *
     * @param pos from 0.
     * @return the value.
     * @throws UnsupportedOperationException if this object has no TINYINT values.
     */
    default byte getByte(final int pos) {
        throw Unsupported.getter("getByte", pos, this);
    }

    /**
     * Reads a value of SMALLINT.
     *
     * @param pos from 0.
     * @return the value.
     * @throws UnsupportedOperationException if this object has no SMALLINT values.
     */
    default short getShort(final int pos) {
        throw Unsupported.getter("getShort", pos, this);
    }

    /**
     * Reads a value of INT.
     *
     * @param pos from 0.
     * @return the value.
     * @throws UnsupportedOperationException if this object has no INT values.
     */
    default int getInt(final int pos) {
        throw Unsupported.getter("getInt", pos, this);
    }

    /**
     * Reads a value of BIGINT.
     *
     * @param pos from 0.
     * @return the value.
     * @throws UnsupportedOperationException if this object has no BIGINT values.
     */
    default long getLong(final int pos) {
        throw Unsupported.getter("getLong", pos, this);
    }

    /**
     * Reads a value of FLOAT.
     *
     * @param pos from 0.
     * @return the value.
     * @throws UnsupportedOperationException if this object has no FLOAT values.
     */
    default float getFloat(final int pos) {
        throw Unsupported.getter("getFloat", pos, this);
    }

    /**
     * Reads a value of DOUBLE.
     *
     * @param pos from 0.
     * @return the value.
     * @throws UnsupportedOperationException if this object has no DOUBLE values.
     */
    default double getDouble(final int pos) {
        throw Unsupported.getter("getDouble", pos, this);
    }

    /**
     * Reads a value of STRING.
     *
     * @param pos from 0.
     * @return the text.
     * @throws UnsupportedOperationException if this object has no text.
     */
    default String getString(final int pos) {
        throw Unsupported.getter("getString", pos, this);
    }

    /**
     * Reads a value of CHAR. The same as {@link #getString} by default.
     *
     * @param pos from 0.
     * @param length the declared length of the type.
     * @return the text, not padded.
     * @throws UnsupportedOperationException if this object has no text.
     */
    default String getChar(final int pos, final int length) {
        return getString(pos);
    }

    /**
     * Points a buffer at the UTF-8 bytes of a CHAR or STRING value without copying them. The default allocates: it makes
     * the bytes from {@link #getString}.
     *
     * @param pos from 0.
     * @param view wrapped around the bytes; they stay valid as long as this object says its values do, and must not be
     *     changed.
     * @throws UnsupportedOperationException if this object has no text.
     */
    default void wrapString(final int pos, final DirectBuffer view) {
        view.wrap(getString(pos).getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes the UTF-8 bytes of a CHAR or STRING value to a buffer. The default encodes {@link #getString} on the way and
     * allocates nothing; a surrogate without its partner becomes a question mark.
     *
     * @param pos from 0.
     * @param target must be able to take {@code maxLength} bytes at {@code offset}.
     * @param offset of the first byte in the target.
     * @param maxLength how many bytes there is room for.
     * @return the length of the value in bytes. If it is larger than {@code maxLength}, the value was not written and what
     *     lies in the room given is unspecified. Nothing outside it is touched.
     * @throws UnsupportedOperationException if this object has no text.
     */
    default int copyString(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        return Utf8.encode(getString(pos), target, offset, maxLength);
    }

    /**
     * Reads a value of BYTES.
     *
     * @param pos from 0.
     * @return the bytes; whether they are a copy is up to the implementation, so leave them as they are.
     * @throws UnsupportedOperationException if this object has no bytes.
     */
    default byte[] getBytes(final int pos) {
        throw Unsupported.getter("getBytes", pos, this);
    }

    /**
     * Reads a value of BINARY. The same as {@link #getBytes} by default.
     *
     * @param pos from 0.
     * @param length the declared length of the type.
     * @return the bytes, not padded.
     * @throws UnsupportedOperationException if this object has no bytes.
     */
    default byte[] getBinary(final int pos, final int length) {
        return getBytes(pos);
    }

    /**
     * Points a buffer at a BINARY or BYTES value without copying it.
     *
     * @param pos from 0.
     * @param view wrapped around the bytes; they stay valid as long as this object says its values do, and must not be
     *     changed.
     * @throws UnsupportedOperationException if this object has no bytes.
     */
    default void wrapBytes(final int pos, final DirectBuffer view) {
        view.wrap(getBytes(pos));
    }

    /**
     * Writes a BINARY or BYTES value to a buffer.
     *
     * @param pos from 0.
     * @param target must be able to take {@code maxLength} bytes at {@code offset}.
     * @param offset of the first byte in the target.
     * @param maxLength how many bytes there is room for.
     * @return the length of the value. If it is larger than {@code maxLength}, the value was not written and what lies in
     *     the room given is unspecified. Nothing outside it is touched.
     * @throws UnsupportedOperationException if this object has no bytes.
     */
    default int copyBytes(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final byte[] value = getBytes(pos);
        if (value.length <= maxLength) {
            target.putBytes(offset, value);
        }
        return value.length;
    }

    /**
     * Reads a value of DECIMAL.
     *
     * @param pos from 0.
     * @param precision of the type.
     * @param scale of the type.
     * @return the number.
     * @throws UnsupportedOperationException if this object has no decimals.
     */
    default Decimal getDecimal(final int pos, final int precision, final int scale) {
        throw Unsupported.getter("getDecimal", pos, this);
    }

    /**
     * Reads a value of DECIMAL as its unscaled number, for a precision of at most 18. By default taken from
     * {@link #getDecimal}.
     *
     * @param pos from 0.
     * @param precision of the type, at most 18.
     * @param scale of the type.
     * @return the number times ten to the power of the scale.
     * @throws UnsupportedOperationException if this object has no decimals.
     */
    default long getDecimalUnscaled(final int pos, final int precision, final int scale) {
        return getDecimal(pos, precision, scale).rescale(precision, scale).unscaledLong();
    }

    /**
     * Reads a value of DATE. By default made of {@link #getEpochDay}.
     *
     * @param pos from 0.
     * @return the day.
     * @throws UnsupportedOperationException if this object has no dates.
     */
    default LocalDate getDate(final int pos) {
        return LocalDate.ofEpochDay(getEpochDay(pos));
    }

    /**
     * Reads a value of DATE as a number. The same as {@link #getInt} by default.
     *
     * @param pos from 0.
     * @return days since 1970-01-01.
     * @throws UnsupportedOperationException if this object has no dates.
     */
    default int getEpochDay(final int pos) {
        return getInt(pos);
    }

    /**
     * Reads a value of TIME. By default made of {@link #getMillisOfDay}.
     *
     * @param pos from 0.
     * @return the time of the day, to the millisecond.
     * @throws UnsupportedOperationException if this object has no times.
     */
    default LocalTime getTime(final int pos) {
        return LocalTime.ofNanoOfDay(getMillisOfDay(pos) * (long) EpochTime.NANOS_PER_MILLI);
    }

    /**
     * Reads a value of TIME as a number. The same as {@link #getInt} by default.
     *
     * @param pos from 0.
     * @return milliseconds since midnight.
     * @throws UnsupportedOperationException if this object has no times.
     */
    default int getMillisOfDay(final int pos) {
        return getInt(pos);
    }

    /**
     * Reads a value of TIMESTAMP. By default made of {@link #getEpochMillis} and {@link #getNanoOfMillis}.
     *
     * @param pos from 0.
     * @param precision of the type.
     * @return date and time without a zone.
     * @throws UnsupportedOperationException if this object has no timestamps.
     */
    default TimestampNtz getTimestampNtz(final int pos, final int precision) {
        return new TimestampNtz(getEpochMillis(pos, precision), getNanoOfMillis(pos, precision));
    }

    /**
     * Reads a value of TIMESTAMP_LTZ. By default made of {@link #getEpochMillis} and {@link #getNanoOfMillis}.
     *
     * @param pos from 0.
     * @param precision of the type.
     * @return the instant.
     * @throws UnsupportedOperationException if this object has no timestamps.
     */
    default TimestampLtz getTimestampLtz(final int pos, final int precision) {
        return new TimestampLtz(getEpochMillis(pos, precision), getNanoOfMillis(pos, precision));
    }

    /**
     * Reads the milliseconds of a value of TIMESTAMP or TIMESTAMP_LTZ.
     *
     * @param pos from 0.
     * @param precision of the type.
     * @return milliseconds since 1970-01-01 00:00, in UTC for TIMESTAMP_LTZ.
     * @throws UnsupportedOperationException if this object has no timestamps.
     */
    default long getEpochMillis(final int pos, final int precision) {
        throw Unsupported.getter("getEpochMillis", pos, this);
    }

    /**
     * Reads what a value of TIMESTAMP or TIMESTAMP_LTZ has beyond its milliseconds. Always 0 by default.
     *
     * @param pos from 0.
     * @param precision of the type.
     * @return nanoseconds of the millisecond, 0 to 999,999.
     */
    default int getNanoOfMillis(final int pos, final int precision) {
        return 0;
    }

    /**
     * Reads a value of ARRAY.
     *
     * @param pos from 0.
     * @return the elements.
     * @throws UnsupportedOperationException if this object has no arrays.
     */
    default InternalArray getArray(final int pos) {
        throw Unsupported.getter("getArray", pos, this);
    }

    /**
     * Reads a value of MAP.
     *
     * @param pos from 0.
     * @return the entries.
     * @throws UnsupportedOperationException if this object has no maps.
     */
    default InternalMap getMap(final int pos) {
        throw Unsupported.getter("getMap", pos, this);
    }

    /**
     * Reads a value of ROW.
     *
     * @param pos from 0.
     * @param fieldCount the number of fields of the type.
     * @return the nested row.
     * @throws UnsupportedOperationException if this object has no rows.
     */
    default InternalRow getRow(final int pos, final int fieldCount) {
        throw Unsupported.getter("getRow", pos, this);
    }
}
