package dev.millrace.types;

/**
 * BOOLEAN: true or false; in memory a {@code boolean}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record BooleanType(boolean isNullable) implements DataType {
    @Override
    public BooleanType copy(final boolean nullable) {
        return new BooleanType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("BOOLEAN", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
