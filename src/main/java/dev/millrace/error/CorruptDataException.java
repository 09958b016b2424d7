package dev.millrace.error;

/**
 * Bytes or text from a server fail their checks: a checksum, a length, a format. The message says what is wrong and where.
 */
public final class CorruptDataException extends FlussException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, and with which values.
     */
    public CorruptDataException(final String message) {
        super(message, null);
    }

    /**
     * Creates the exception with the failure beneath it.
     *
     * @param message what happened, where, and with which values.
     * @param cause the failure this one reports.
     */
    public CorruptDataException(final String message, final Throwable cause) {
        super(message, cause);
    }

    /**
     * The same bytes would fail again; what is stored or what is sent must change first.
     *
     * @return always false.
     */
    @Override
    public boolean isRetriable() {
        return false;
    }

    @Override
    public CorruptDataException again(final String message) {
        return new CorruptDataException(message, this);
    }
}
