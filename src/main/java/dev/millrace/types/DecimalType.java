package dev.millrace.types;

/**
 * DECIMAL(p, s): a decimal number of {@code p} digits, {@code s} of them after the point. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param precision the number of digits, 1 to 38.
 * @param scale the number of digits after the point, 0 to the precision.
 */
public record DecimalType(boolean isNullable, int precision, int scale) implements DataType {
    /** The smallest precision. */
    public static final int MIN_PRECISION = 1;

    /** The largest precision. */
    public static final int MAX_PRECISION = 38;

    /** The largest precision of which every unscaled value fits a {@code long}. */
    public static final int MAX_COMPACT_PRECISION = 18;

    /** Checks precision and scale. */
    public DecimalType {
        if (precision < MIN_PRECISION || precision > MAX_PRECISION) {
            throw new IllegalArgumentException("DECIMAL precision must be between " + MIN_PRECISION + " and "
                    + MAX_PRECISION + ", not " + precision);
        }
        if (scale < 0 || scale > precision) {
            throw new IllegalArgumentException(
                    "DECIMAL scale must be between 0 and the precision " + precision + ", not " + scale);
        }
    }

    /**
     * Tells whether a {@code long} holds every unscaled value.
     *
     * @return true for a precision of at most 18.
     */
    public boolean isCompact() {
        return precision <= MAX_COMPACT_PRECISION;
    }

    @Override
    public DecimalType copy(final boolean nullable) {
        return new DecimalType(nullable, precision, scale);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("DECIMAL(" + precision + ", " + scale + ")", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
