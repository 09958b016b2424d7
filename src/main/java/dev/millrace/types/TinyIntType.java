package dev.millrace.types;

/**
 * TINYINT: a signed integer of 8 bits; in memory a {@code byte}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record TinyIntType(boolean isNullable) implements DataType {
    @Override
    public TinyIntType copy(final boolean nullable) {
        return new TinyIntType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("TINYINT", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
