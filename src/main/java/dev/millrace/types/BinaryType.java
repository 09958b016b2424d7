package dev.millrace.types;

/**
 * BINARY(n): bytes of a declared number. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param length the number of bytes, at least 1.
 */
public record BinaryType(boolean isNullable, int length) implements DataType {

    /** Checks the length. */
    public BinaryType {
        if (length < 1) {
            throw new IllegalArgumentException("BINARY length must be at least 1, not " + length);
        }
    }

    @Override
    public BinaryType copy(final boolean nullable) {
        return new BinaryType(nullable, length);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("BINARY(" + length + ")", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
