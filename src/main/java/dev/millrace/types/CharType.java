package dev.millrace.types;

/**
 * CHAR(n): text of a declared length, UTF-8 on the wire. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param length the number of characters, at least 1.
 */
public record CharType(boolean isNullable, int length) implements DataType {

    /** Checks the length. */
    public CharType {
        if (length < 1) {
            throw new IllegalArgumentException("CHAR length must be at least 1, not " + length);
        }
    }

    @Override
    public CharType copy(final boolean nullable) {
        return new CharType(nullable, length);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("CHAR(" + length + ")", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
