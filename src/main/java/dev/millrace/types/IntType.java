package dev.millrace.types;

/**
 * INT: a signed integer of 32 bits; in memory an {@code int}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record IntType(boolean isNullable) implements DataType {
    @Override
    public IntType copy(final boolean nullable) {
        return new IntType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("INT", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
