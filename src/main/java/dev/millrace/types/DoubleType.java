package dev.millrace.types;

/**
 * DOUBLE: an IEEE 754 number of 64 bits; in memory a {@code double}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record DoubleType(boolean isNullable) implements DataType {
    @Override
    public DoubleType copy(final boolean nullable) {
        return new DoubleType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("DOUBLE", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
