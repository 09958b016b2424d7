package dev.millrace.types;

/**
 * BYTES: bytes of any number. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record BytesType(boolean isNullable) implements DataType {
    @Override
    public BytesType copy(final boolean nullable) {
        return new BytesType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("BYTES", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
