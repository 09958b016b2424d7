package dev.millrace.internal.codec;

/** A value that its type cannot hold, told by what it is; whoever knows the column turns it into a RowConversionException. */
final class Misfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Misfit(final String value) {
        super(value, null, false, false);
    }
}
