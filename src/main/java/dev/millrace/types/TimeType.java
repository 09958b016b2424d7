package dev.millrace.types;

/**
 * TIME(p): a time of the day; in memory the milliseconds of the day as an {@code int}, whatever the precision. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param precision digits of the fraction of a second, 0 to 9.
 */
public record TimeType(boolean isNullable, int precision) implements DataType {
    /** Whole seconds. */
    public static final int MIN_PRECISION = 0;

    /** Nanoseconds. */
    public static final int MAX_PRECISION = 9;

    /** The precision where none is given. */
    public static final int DEFAULT_PRECISION = 0;

    /** Checks the precision. */
    public TimeType {
        if (precision < MIN_PRECISION || precision > MAX_PRECISION) {
            throw new IllegalArgumentException(
                    "TIME precision must be between " + MIN_PRECISION + " and " + MAX_PRECISION + ", not " + precision);
        }
    }

    @Override
    public TimeType copy(final boolean nullable) {
        return new TimeType(nullable, precision);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("TIME(" + precision + ")", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
