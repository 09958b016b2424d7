package dev.millrace.error;

/**
 * The calling thread was interrupted while it waited. Its interrupt flag is set again when this is thrown. What had been
 * accepted before is not lost: it goes on without the caller.
 */
public final class FlussInterruptedException extends FlussException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, and with which values.
     */
    public FlussInterruptedException(final String message) {
        super(message, null);
    }

    /**
     * Whoever interrupted wanted the caller to stop.
     *
     * @return always false.
     */
    @Override
    public boolean isRetriable() {
        return false;
    }

    private FlussInterruptedException(final String message, final FlussInterruptedException first) {
        super(message, first);
    }

    @Override
    public FlussInterruptedException again(final String message) {
        return new FlussInterruptedException(message, this);
    }
}
