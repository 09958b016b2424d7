package dev.millrace.internal.rpc;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;

/**
 * What a server cannot do. Among threads of the library, whose failures are all {@link FlussException}s, that is the error
 * UNSUPPORTED_VERSION, whether the server said so or the handshake with it; for users it is an {@link
 * UnsupportedOperationException} with that error as its cause.
 */
public final class UnsupportedApi {
    private UnsupportedApi() {}

    /** Returns what is to be thrown to a user: the failure itself, unless it is about something a server cannot do. */
    public static RuntimeException thrown(final FlussException failure) {
        return failure instanceof final FlussApiException refused && refused.error() == FlussError.UNSUPPORTED_VERSION
                ? new UnsupportedOperationException(refused.getMessage(), refused)
                : failure;
    }

    /** The way back, for threads of the library that call what users call. */
    public static FlussException failure(final UnsupportedOperationException thrown) {
        return thrown.getCause() instanceof final FlussApiException refused
                ? refused
                : new FlussApiException(FlussError.UNSUPPORTED_VERSION, String.valueOf(thrown.getMessage()));
    }
}
