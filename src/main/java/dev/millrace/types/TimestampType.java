package dev.millrace.types;

/**
 * TIMESTAMP(p): date and time without a zone; in memory milliseconds and nanoseconds of the millisecond. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param precision digits of the fraction of a second, 0 to 9.
 */
public record TimestampType(boolean isNullable, int precision) implements DataType {
    /** Whole seconds. */
    public static final int MIN_PRECISION = 0;

    /** Nanoseconds. */
    public static final int MAX_PRECISION = 9;

    /** The precision where none is given. */
    public static final int DEFAULT_PRECISION = 6;

    /** Checks the precision. */
    public TimestampType {
        if (precision < MIN_PRECISION || precision > MAX_PRECISION) {
            throw new IllegalArgumentException("TIMESTAMP precision must be between " + MIN_PRECISION + " and "
                    + MAX_PRECISION + ", not " + precision);
        }
    }

    /**
     * Tells whether milliseconds hold every value, so that encodings need no second number.
     *
     * @return true for a precision of at most 3.
     */
    public boolean isCompact() {
        return precision <= 3;
    }

    @Override
    public TimestampType copy(final boolean nullable) {
        return new TimestampType(nullable, precision);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("TIMESTAMP(" + precision + ")", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
