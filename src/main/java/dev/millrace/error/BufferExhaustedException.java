package dev.millrace.error;

/**
 * No off-heap memory came free within the time allowed. Nothing of the call was done. Either work is accepted faster than
 * the cluster takes it, or results that hold memory are not closed.
 */
public final class BufferExhaustedException extends FlussException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, and with which values.
     */
    public BufferExhaustedException(final String message) {
        super(message, null);
    }

    /**
     * Nothing was done, and memory comes free as work completes.
     *
     * @return always true.
     */
    @Override
    public boolean isRetriable() {
        return true;
    }

    private BufferExhaustedException(final String message, final BufferExhaustedException first) {
        super(message, first);
    }

    @Override
    public BufferExhaustedException again(final String message) {
        return new BufferExhaustedException(message, this);
    }
}
