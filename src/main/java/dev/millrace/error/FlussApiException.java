package dev.millrace.error;

/**
 * A server understood the request and refused it. The number the server sent is kept even if this library does not
 * know it.
 */
public sealed class FlussApiException extends FlussException
        permits AuthenticationException, OffsetOutOfRangeException {
    private static final long serialVersionUID = 1L;

    /** What the code stands for. */
    private final FlussError error;
    /** As the server sent it. */
    private final int code;

    /**
     * Creates the exception for a server's error.
     *
     * @param error what the code means; {@link FlussError#UNKNOWN_SERVER_ERROR} for a code that is not known here.
     * @param code the number as the server sent it.
     * @param message what was asked of which server, and the server's own text.
     */
    public FlussApiException(final FlussError error, final int code, final String message) {
        super(describe(error, code, message), null);
        this.error = error;
        this.code = code;
    }

    /**
     * Creates the exception for an error that has no number of its own beyond that of its constant.
     *
     * @param error what went wrong.
     * @param message what was asked of which server, and the server's own text.
     */
    public FlussApiException(final FlussError error, final String message) {
        this(error, error.code(), message);
    }

    private static String describe(final FlussError error, final int code, final String message) {
        final String name = error.code() == code ? error.name() : "UNKNOWN_ERROR_CODE";
        return name + " (" + code + "): " + message;
    }

    /**
     * What the server's code means.
     *
     * @return the constant; {@link FlussError#UNKNOWN_SERVER_ERROR} if the code is not known to this version.
     */
    public FlussError error() {
        return error;
    }

    /**
     * The number the server sent.
     *
     * @return the error code of the protocol, also when {@link #error()} does not know it.
     */
    public int code() {
        return code;
    }

    @Override
    public boolean isRetriable() {
        return error.isRetriable();
    }

    /** Another one of the same error, caused by the first. */
    FlussApiException(final String message, final FlussApiException first) {
        super(message, first);
        this.error = first.error;
        this.code = first.code;
    }

    @Override
    public FlussApiException again(final String message) {
        return new FlussApiException(message, this);
    }
}
