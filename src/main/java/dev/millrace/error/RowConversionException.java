package dev.millrace.error;

/**
 * A value does not fit its column, or a field was read as something it does not hold. The message names the column or
 * position, the type wanted and the class of the value found.
 */
public final class RowConversionException extends FlussException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, and with which values.
     */
    public RowConversionException(final String message) {
        super(message, null);
    }

    /**
     * Creates the exception with the failure beneath it.
     *
     * @param message what happened, where, and with which values.
     * @param cause the failure this one reports.
     */
    public RowConversionException(final String message, final Throwable cause) {
        super(message, cause);
    }

    /**
     * The row must change first.
     *
     * @return always false.
     */
    @Override
    public boolean isRetriable() {
        return false;
    }

    @Override
    public RowConversionException again(final String message) {
        return new RowConversionException(message, this);
    }
}
