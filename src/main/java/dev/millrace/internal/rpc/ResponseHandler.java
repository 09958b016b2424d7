package dev.millrace.internal.rpc;

import dev.millrace.error.FlussException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Waits for the answer to one request. Exactly one of {@link #onResponse} and {@link #onFailure} is called, once, unless
 * the request was abandoned before.
 *
 * <p>All methods run on the connection's reader thread, which reads nothing for anybody meanwhile: they must not block,
 * take long or call user code, and an exception of theirs breaks the connection. ({@link #onFailure} may also run on the
 * thread that closes or breaks the connection.)
 */
public interface ResponseHandler {
    /** Returns what was asked, for messages. */
    default String what(final Api api) {
        return api.toString();
    }

    /**
     * Gives the memory for the body of a successful response, before any of it is read. The reader fills it from index
     * 0, so its capacity must be at least {@code length}. The buffer is the handler's and is lent to the reader until
     * one of the other methods is called.
     *
     * @param length the length of the body, which may be 0. It was checked against the limit of a frame, and no further.
     * @return null if there is no memory for it: the body is then read and dropped, and {@link #onFailure} is called
     *     with a {@link dev.millrace.error.BufferExhaustedException}.
     */
    @Nullable ByteBuffer bodyBuffer(int length);

    /**
     * The response has arrived.
     *
     * @param body what {@link #bodyBuffer} gave, filled: position 0, limit at the end of the body.
     */
    void onResponse(ByteBuffer body);

    /**
     * There is no response: the server answered with an error, the connection broke, or there was no memory for the
     * body. A buffer that was lent is the handler's again.
     *
     * @param cause a {@link dev.millrace.error.FlussApiException} for an error of the server, an
     *     {@link dev.millrace.error.RpcException} for a broken connection.
     */
    void onFailure(FlussException cause);
}
