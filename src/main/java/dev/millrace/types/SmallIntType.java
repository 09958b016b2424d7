package dev.millrace.types;

/**
 * SMALLINT: a signed integer of 16 bits; in memory a {@code short}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record SmallIntType(boolean isNullable) implements DataType {
    @Override
    public SmallIntType copy(final boolean nullable) {
        return new SmallIntType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("SMALLINT", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
