package dev.millrace.types;

/**
 * STRING: text of any length, UTF-8 on the wire. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record StringType(boolean isNullable) implements DataType {
    @Override
    public StringType copy(final boolean nullable) {
        return new StringType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("STRING", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
