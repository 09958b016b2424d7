package dev.millrace.row;

import dev.millrace.error.RowConversionException;
import dev.millrace.types.DecimalType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A value of DECIMAL(precision, scale). Immutable. Up to 18 digits it is one {@code long}, the unscaled value; beyond
 * that a {@link BigInteger}. Two are equal if value, precision and scale are; the order is that of the values.
 */
public final class Decimal implements Comparable<Decimal> {
    private static final long[] POWERS_OF_TEN = powersOfTen();

    private final int precision;
    private final int scale;
    private final long unscaledLong; // used if the precision is compact
    private final @Nullable BigInteger unscaled; // null if the precision is compact

    private Decimal(
            final int precision, final int scale, final long unscaledLong, final @Nullable BigInteger unscaled) {
        this.precision = precision;
        this.scale = scale;
        this.unscaledLong = unscaledLong;
        this.unscaled = unscaled;
    }

    private static long[] powersOfTen() {
        final long[] powers = new long[DecimalType.MAX_COMPACT_PRECISION + 1];
        powers[0] = 1;
        for (int exponent = 1; exponent < powers.length; exponent++) {
            powers[exponent] = powers[exponent - 1] * 10;
        }
        return powers;
    }

    /**
     * The decimal for a number.
     *
     * @param value must fit precision and scale without rounding.
     * @param precision the number of digits, 1 to 38.
     * @param scale the number of digits after the point, 0 to the precision.
     * @return the decimal.
     * @throws RowConversionException if the value has more digits before or after the point.
     * @throws IllegalArgumentException if precision or scale is out of range.
     */
    public static Decimal of(final BigDecimal value, final int precision, final int scale) {
        checkRange(precision, scale);
        final BigDecimal scaled;
        try {
            scaled = value.setScale(scale);
        } catch (final ArithmeticException e) {
            throw new RowConversionException(
                    value.toPlainString() + " has more than " + scale + " digits after the point and does not fit "
                            + sqlForm(precision, scale),
                    e);
        }
        return ofUnscaled(scaled.unscaledValue(), precision, scale);
    }

    /**
     * The decimal for an unscaled value that fits a {@code long}.
     *
     * @param unscaled the number times ten to the power of the scale.
     * @param precision the number of digits, 1 to 38.
     * @param scale the number of digits after the point, 0 to the precision.
     * @return the decimal.
     * @throws RowConversionException if the value has more digits than the precision.
     * @throws IllegalArgumentException if precision or scale is out of range.
     */
    public static Decimal ofUnscaled(final long unscaled, final int precision, final int scale) {
        checkRange(precision, scale);
        if (precision > DecimalType.MAX_COMPACT_PRECISION) {
            return ofUnscaled(BigInteger.valueOf(unscaled), precision, scale);
        }
        return new Decimal(precision, scale, checkUnscaled(unscaled, precision, scale), null);
    }

    /** Checks an unscaled value against a compact precision, and gives it back. */
    static long checkUnscaled(final long unscaled, final int precision, final int scale) {
        final long bound = POWERS_OF_TEN[precision];
        if (unscaled >= bound || unscaled <= -bound) {
            throw tooManyDigits(BigInteger.valueOf(unscaled), precision, scale);
        }
        return unscaled;
    }

    /**
     * The decimal for an unscaled value.
     *
     * @param unscaled the number times ten to the power of the scale.
     * @param precision the number of digits, 1 to 38.
     * @param scale the number of digits after the point, 0 to the precision.
     * @return the decimal.
     * @throws RowConversionException if the value has more digits than the precision.
     * @throws IllegalArgumentException if precision or scale is out of range.
     */
    public static Decimal ofUnscaled(final BigInteger unscaled, final int precision, final int scale) {
        checkRange(precision, scale);
        if (unscaled.abs().compareTo(BigInteger.TEN.pow(precision)) >= 0) {
            throw tooManyDigits(unscaled, precision, scale);
        }
        return precision <= DecimalType.MAX_COMPACT_PRECISION
                ? new Decimal(precision, scale, unscaled.longValueExact(), null)
                : new Decimal(precision, scale, 0, unscaled);
    }

    /**
     * The decimal for an unscaled value as bytes.
     *
     * @param unscaled two's complement, big-endian, as {@link BigInteger#toByteArray()} gives it; at least one byte.
     * @param precision the number of digits, 1 to 38.
     * @param scale the number of digits after the point, 0 to the precision.
     * @return the decimal.
     * @throws RowConversionException if the value has more digits than the precision.
     * @throws IllegalArgumentException if precision or scale is out of range.
     */
    public static Decimal ofUnscaledBytes(final byte[] unscaled, final int precision, final int scale) {
        return ofUnscaled(new BigInteger(unscaled), precision, scale);
    }

    private static void checkRange(final int precision, final int scale) {
        if (precision < DecimalType.MIN_PRECISION
                || precision > DecimalType.MAX_PRECISION
                || scale < 0
                || scale > precision) {
            throw new IllegalArgumentException("There is no " + sqlForm(precision, scale)
                    + ": the precision is 1 to 38, the scale 0 to the precision");
        }
    }

    private static RowConversionException tooManyDigits(
            final BigInteger unscaled, final int precision, final int scale) {
        return new RowConversionException(new BigDecimal(unscaled, scale).toPlainString()
                + " has too many digits before the point and does not fit " + sqlForm(precision, scale));
    }

    private static String sqlForm(final int precision, final int scale) {
        return "DECIMAL(" + precision + ", " + scale + ")";
    }

    /**
     * The number of digits of the type.
     *
     * @return 1 to 38.
     */
    public int precision() {
        return precision;
    }

    /**
     * The number of digits after the point.
     *
     * @return 0 to the precision.
     */
    public int scale() {
        return scale;
    }

    /**
     * Tells whether {@link #unscaledLong()} may be called.
     *
     * @return true for a precision of at most 18.
     */
    public boolean isCompact() {
        return unscaled == null;
    }

    /**
     * The unscaled value of a compact decimal.
     *
     * @return the number times ten to the power of the scale.
     * @throws IllegalStateException if the precision is above 18.
     */
    public long unscaledLong() {
        if (unscaled != null) {
            throw new IllegalStateException(
                    sqlForm(precision, scale) + " does not fit a long: read unscaledValue() instead");
        }
        return unscaledLong;
    }

    /**
     * The unscaled value.
     *
     * @return the number times ten to the power of the scale.
     */
    public BigInteger unscaledValue() {
        return unscaled != null ? unscaled : BigInteger.valueOf(unscaledLong);
    }

    /**
     * The unscaled value as bytes.
     *
     * @return a new array: two's complement, big-endian, as short as possible.
     */
    public byte[] toUnscaledBytes() {
        return unscaledValue().toByteArray();
    }

    /**
     * This number for calculating.
     *
     * @return the same value with the same scale.
     */
    public BigDecimal toBigDecimal() {
        return unscaled != null ? new BigDecimal(unscaled, scale) : BigDecimal.valueOf(unscaledLong, scale);
    }

    /**
     * The same number for another DECIMAL type.
     *
     * @param newPrecision the number of digits, 1 to 38.
     * @param newScale the number of digits after the point, 0 to the precision.
     * @return this if nothing changes.
     * @throws RowConversionException if the value does not fit without rounding.
     * @throws IllegalArgumentException if precision or scale is out of range.
     */
    public Decimal rescale(final int newPrecision, final int newScale) {
        return newPrecision == precision && newScale == scale ? this : of(toBigDecimal(), newPrecision, newScale);
    }

    @Override
    public int compareTo(final Decimal other) {
        if (unscaled == null && other.unscaled == null && scale == other.scale) {
            return Long.compare(unscaledLong, other.unscaledLong);
        }
        return toBigDecimal().compareTo(other.toBigDecimal());
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof Decimal that
                && precision == that.precision
                && scale == that.scale
                && unscaledLong == that.unscaledLong
                && Objects.equals(unscaled, that.unscaled);
    }

    @Override
    public int hashCode() {
        return Objects.hash(precision, scale, unscaledLong, unscaled);
    }

    @Override
    public String toString() {
        return toBigDecimal().toPlainString();
    }
}
