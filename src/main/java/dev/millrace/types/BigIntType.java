package dev.millrace.types;

/**
 * BIGINT: a signed integer of 64 bits; in memory a {@code long}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record BigIntType(boolean isNullable) implements DataType {
    @Override
    public BigIntType copy(final boolean nullable) {
        return new BigIntType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("BIGINT", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
