package dev.millrace.types;

/**
 * FLOAT: an IEEE 754 number of 32 bits; in memory a {@code float}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record FloatType(boolean isNullable) implements DataType {
    @Override
    public FloatType copy(final boolean nullable) {
        return new FloatType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("FLOAT", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
