package dev.millrace.error;

/**
 * The storage that holds a table's older log segments or snapshots could not be read.
 */
public final class RemoteStorageException extends FlussException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, and with which values.
     */
    public RemoteStorageException(final String message) {
        super(message, null);
    }

    /**
     * Creates the exception with the failure beneath it.
     *
     * @param message what happened, where, and with which values.
     * @param cause the failure this one reports.
     */
    public RemoteStorageException(final String message, final Throwable cause) {
        super(message, cause);
    }

    /**
     * Storage is often away for a moment only, and reading does not change it.
     *
     * @return always true.
     */
    @Override
    public boolean isRetriable() {
        return true;
    }

    @Override
    public RemoteStorageException again(final String message) {
        return new RemoteStorageException(message, this);
    }
}
