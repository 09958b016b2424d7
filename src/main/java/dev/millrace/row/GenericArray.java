package dev.millrace.row;

import dev.millrace.error.RowConversionException;
import java.lang.reflect.Array;
import java.util.List;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A value of ARRAY made of objects, or of a Java array of primitives, which is kept as it is and boxes nothing.
 *
 * <p>Not changed by anyone but who holds the array it was made of. Two arrays are equal if their elements are, including
 * what they were given as. Safe for any number of threads while nobody changes that array.
 */
public final class GenericArray implements InternalArray {
    private final int size;
    private final @Nullable Object primitives; // an array of primitives, or null
    private final GenericRow objects; // the elements as fields; empty if there are primitives

    private GenericArray(final int size, final @Nullable Object primitives, final GenericRow objects) {
        this.size = size;
        this.primitives = primitives;
        this.objects = objects;
    }

    private static GenericArray ofPrimitives(final Object primitives) {
        return new GenericArray(Array.getLength(primitives), primitives, new GenericRow(0));
    }

    /**
     * An array of any elements.
     *
     * @param elements null, or of the classes {@link GenericRow#setField} takes.
     * @return a new array.
     * @throws IllegalArgumentException if an element is of another class.
     */
    public static GenericArray of(final @Nullable Object... elements) {
        return new GenericArray(elements.length, null, GenericRow.fromData(elements));
    }

    /**
     * An array of any elements.
     *
     * @param elements null, or of the classes {@link GenericRow#setField} takes; copied.
     * @return a new array.
     * @throws IllegalArgumentException if an element is of another class.
     */
    public static GenericArray of(final List<? extends @Nullable Object> elements) {
        return of(elements.toArray());
    }

    /**
     * An array of BOOLEAN.
     *
     * @param elements kept, not copied.
     * @return a new array.
     */
    public static GenericArray ofBooleans(final boolean... elements) {
        return ofPrimitives(elements);
    }

    /**
     * An array of TINYINT.
     *
     * @param elements kept, not copied.
     * @return a new array.
     */
    public static GenericArray ofBytes(final byte... elements) {
        return ofPrimitives(elements);
    }

    /**
     * An array of SMALLINT.
     *
     * @param elements kept, not copied.
     * @return a new array.
     */
    public static GenericArray ofShorts(final short... elements) {
        return ofPrimitives(elements);
    }

    /**
     * An array of INT, of DATE as days since 1970-01-01, or of TIME as milliseconds of the day.
     *
     * @param elements kept, not copied.
     * @return a new array.
     */
    public static GenericArray ofInts(final int... elements) {
        return ofPrimitives(elements);
    }

    /**
     * An array of BIGINT.
     *
     * @param elements kept, not copied.
     * @return a new array.
     */
    public static GenericArray ofLongs(final long... elements) {
        return ofPrimitives(elements);
    }

    /**
     * An array of FLOAT.
     *
     * @param elements kept, not copied.
     * @return a new array.
     */
    public static GenericArray ofFloats(final float... elements) {
        return ofPrimitives(elements);
    }

    /**
     * An array of DOUBLE.
     *
     * @param elements kept, not copied.
     * @return a new array.
     */
    public static GenericArray ofDoubles(final double... elements) {
        return ofPrimitives(elements);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean isNullAt(final int pos) {
        Objects.checkIndex(pos, size);
        return primitives == null && objects.isNullAt(pos);
    }

    @Override
    public boolean getBoolean(final int pos) {
        return primitives instanceof boolean[] elements
                ? elements[pos]
                : checked(pos).getBoolean(pos);
    }

    @Override
    public byte getByte(final int pos) {
        return primitives instanceof byte[] elements
                ? elements[pos]
                : checked(pos).getByte(pos);
    }

    @Override
    public short getShort(final int pos) {
        return primitives instanceof short[] elements
                ? elements[pos]
                : checked(pos).getShort(pos);
    }

    @Override
    public int getInt(final int pos) {
        return primitives instanceof int[] elements
                ? elements[pos]
                : checked(pos).getInt(pos);
    }

    @Override
    public long getLong(final int pos) {
        return primitives instanceof long[] elements
                ? elements[pos]
                : checked(pos).getLong(pos);
    }

    @Override
    public float getFloat(final int pos) {
        return primitives instanceof float[] elements
                ? elements[pos]
                : checked(pos).getFloat(pos);
    }

    @Override
    public double getDouble(final int pos) {
        return primitives instanceof double[] elements
                ? elements[pos]
                : checked(pos).getDouble(pos);
    }

    @Override
    public String getString(final int pos) {
        return checked(pos).getString(pos);
    }

    @Override
    public void wrapString(final int pos, final DirectBuffer view) {
        checked(pos).wrapString(pos, view);
    }

    @Override
    public int copyString(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        return checked(pos).copyString(pos, target, offset, maxLength);
    }

    @Override
    public byte[] getBytes(final int pos) {
        return checked(pos).getBytes(pos);
    }

    @Override
    public Decimal getDecimal(final int pos, final int precision, final int scale) {
        return checked(pos).getDecimal(pos, precision, scale);
    }

    @Override
    public long getDecimalUnscaled(final int pos, final int precision, final int scale) {
        return checked(pos).getDecimalUnscaled(pos, precision, scale);
    }

    @Override
    public int getEpochDay(final int pos) {
        return primitives instanceof int[] elements
                ? elements[pos]
                : checked(pos).getEpochDay(pos);
    }

    @Override
    public int getMillisOfDay(final int pos) {
        return primitives instanceof int[] elements
                ? elements[pos]
                : checked(pos).getMillisOfDay(pos);
    }

    @Override
    public TimestampNtz getTimestampNtz(final int pos, final int precision) {
        return checked(pos).getTimestampNtz(pos, precision);
    }

    @Override
    public TimestampLtz getTimestampLtz(final int pos, final int precision) {
        return checked(pos).getTimestampLtz(pos, precision);
    }

    @Override
    public long getEpochMillis(final int pos, final int precision) {
        return checked(pos).getEpochMillis(pos, precision);
    }

    @Override
    public int getNanoOfMillis(final int pos, final int precision) {
        return checked(pos).getNanoOfMillis(pos, precision);
    }

    @Override
    public InternalArray getArray(final int pos) {
        return checked(pos).getArray(pos);
    }

    @Override
    public InternalMap getMap(final int pos) {
        return checked(pos).getMap(pos);
    }

    @Override
    public InternalRow getRow(final int pos, final int fieldCount) {
        return checked(pos).getRow(pos, fieldCount);
    }

    /**
     * Reads an element as an object, whatever it is.
     *
     * @param pos from 0.
     * @return as {@link GenericRow#getField} gives it; a boxed primitive if the array has primitives.
     */
    public @Nullable Object get(final int pos) {
        Objects.checkIndex(pos, size);
        return primitives == null ? objects.getField(pos) : Array.get(primitives, pos);
    }

    /** The elements, if they are objects. */
    private GenericRow checked(final int pos) {
        Objects.checkIndex(pos, size);
        if (primitives != null) {
            throw new RowConversionException("Element " + pos + " of an array of "
                    + primitives.getClass().componentType() + " was read as another type");
        }
        return objects;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof GenericArray that
                && Objects.deepEquals(primitives, that.primitives)
                && objects.equals(that.objects);
    }

    @Override
    public int hashCode() {
        int hash = objects.hashCode();
        for (int pos = 0; primitives != null && pos < size; pos++) {
            hash = 31 * hash + Array.get(primitives, pos).hashCode();
        }
        return hash;
    }

    /**
     * The elements in brackets.
     *
     * @return for example {@code [1, null, 3]}.
     */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder("[");
        for (int pos = 0; pos < size; pos++) {
            text.append(pos == 0 ? "" : ", ").append(GenericRow.text(get(pos)));
        }
        return text.append(']').toString();
    }
}
