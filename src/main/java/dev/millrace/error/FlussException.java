package dev.millrace.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of all that this library throws of its own. Unchecked and sealed: a {@code switch} over it is complete.
 *
 * <p>Wrong arguments and calls at the wrong time are reported with the JDK's {@link IllegalArgumentException},
 * {@link IllegalStateException} and {@link UnsupportedOperationException} instead.
 */
public abstract sealed class FlussException extends RuntimeException
        permits FlussApiException,
                RpcException,
                RowConversionException,
                CorruptDataException,
                RemoteStorageException,
                DeliveryTimeoutException,
                BufferExhaustedException,
                FlussInterruptedException {
    private static final long serialVersionUID = 1L;

    FlussException(final String message, final @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * Tells whether the same call, repeated unchanged, may succeed and cannot do harm by having been done before.
     *
     * @return true if repeating is reasonable; false if the call, its data or the cluster must change first.
     */
    public abstract boolean isRetriable();

    /**
     * Makes an exception of the same kind whose cause is this one. For a failure that is told of in another place: an
     * exception that is thrown twice collects what is suppressed and the stack of somebody else.
     *
     * @param message the text of the new one.
     * @return a new exception, to be thrown by the caller.
     */
    public abstract FlussException again(String message);

    /**
     * As {@link #again(String)}, with the same text.
     *
     * @return a new exception, to be thrown by the caller.
     */
    public final FlussException again() {
        return again(String.valueOf(getMessage()));
    }
}
