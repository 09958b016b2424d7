package dev.millrace.error;

/**
 * The network failed, or an answer did not come in time: no connection, a connection lost, a deadline passed. Whether the
 * server acted on the request is not known.
 */
public final class RpcException extends FlussException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what happened, where, and with which values.
     */
    public RpcException(final String message) {
        super(message, null);
    }

    /**
     * Creates the exception with the failure beneath it.
     *
     * @param message what happened, where, and with which values.
     * @param cause the failure this one reports.
     */
    public RpcException(final String message, final Throwable cause) {
        super(message, cause);
    }

    /**
     * Another attempt, perhaps at another server, may get through.
     *
     * @return always true.
     */
    @Override
    public boolean isRetriable() {
        return true;
    }

    @Override
    public RpcException again(final String message) {
        return new RpcException(message, this);
    }
}
