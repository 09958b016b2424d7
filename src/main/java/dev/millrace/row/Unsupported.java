package dev.millrace.row;

/** The text of what the defaults of {@link TypedValues} throw. */
final class Unsupported {
    private Unsupported() {}

    static UnsupportedOperationException getter(final String getter, final int pos, final TypedValues values) {
        return new UnsupportedOperationException(
                values.getClass().getName() + " does not implement " + getter + ", called for position " + pos);
    }
}
