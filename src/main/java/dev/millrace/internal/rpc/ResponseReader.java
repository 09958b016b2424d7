package dev.millrace.internal.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.proto.ErrorResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Reads the responses of one connection and hands each to the handler that waits for it; those that nobody waits for any
 * more are dropped. Owned by the connection's reader thread, which runs {@link #readUntilBroken}; the counters may be
 * asked by any thread.
 */
final class ResponseReader {
    private static final int MAX_ERROR_LENGTH = 1 << 20;

    private final String peer;
    private final PendingResponses pending;
    private final FrameReader frames;

    // Written by the reader thread only.
    private volatile long received;

    // Used by the reader thread only: whom the response that is being read was promised to.
    private @Nullable Pending current;

    ResponseReader(
            final String peer,
            final ReadableByteChannel source,
            final int maxResponseLength,
            final PendingResponses pending) {
        this.peer = peer;
        this.pending = pending;
        frames = new FrameReader(source, maxResponseLength);
    }

    /** Returns how many responses came in. */
    long received() {
        return received;
    }

    /** Returns when a byte came in last, on the clock of {@link System#nanoTime()}. */
    long lastReadNs() {
        return frames.lastReadNs();
    }

    /**
     * Reads until the connection is of no more use. The handler whose response was cut off has been told; those that
     * still wait have not.
     *
     * @return why.
     */
    RpcException readUntilBroken() {
        final RpcException cause = read();
        final Pending cutOff = current;
        current = null;
        if (cutOff != null) {
            cutOff.fail(cause);
        }
        return cause;
    }

    private RpcException read() {
        try (frames) {
            while (frames.next()) {
                dispatch();
                received = received + 1; // no lost update: one writer
            }
            return new RpcException(peer + " closed the connection");
        } catch (final IOException e) {
            return Connection.lost(peer, e);
        } catch (final CorruptDataException e) {
            return new RpcException(peer + " sent what is no response, connection closed: " + e.getMessage(), e);
        } catch (final ServerFailure e) {
            return new RpcException(peer + " gave up the connection: " + e.error.getMessage(), e.error);
        } catch (final RuntimeException e) {
            return new RpcException("connection to " + peer + " closed, a response handler failed: " + e, e);
        }
    }

    private void dispatch() throws IOException {
        if (frames.type() == ResponseLayout.SERVER_FAILURE) {
            throw new ServerFailure(readError(null));
        }
        final Pending request = pending.take(frames.requestId());
        current = request;
        if (request == null) {
            frames.skipBody();
        } else if (frames.type() == ResponseLayout.ERROR) {
            fail(request, readError(request));
        } else {
            succeed(request);
        }
    }

    private void succeed(final Pending request) throws IOException {
        final int length = frames.bodyLength();
        final ByteBuffer body = request.handler().bodyBuffer(length);
        if (body == null) {
            frames.skipBody();
            fail(
                    request,
                    new BufferExhaustedException(
                            "no memory for the response of " + length + " bytes to " + request.api() + " by " + peer));
        } else {
            frames.readBody(body);
            current = null;
            request.succeed(body);
        }
    }

    private void fail(final Pending request, final FlussException cause) {
        current = null;
        request.refuse(cause, frames.bodyLength());
    }

    /** @param request what was refused; null if it is about the connection. */
    private FlussApiException readError(final @Nullable Pending request) throws IOException {
        final int length = frames.bodyLength();
        if (length > MAX_ERROR_LENGTH) {
            throw new CorruptDataException("error response of " + length + " bytes, limit " + MAX_ERROR_LENGTH);
        }
        final ByteBuffer body = ByteBuffer.allocate(length);
        frames.readBody(body);
        try {
            final ErrorResponse error = ErrorResponse.parseFrom(body);
            final FlussError known = FlussError.forCode(error.getErrorCode());
            final String text = error.hasErrorMessage() ? error.getErrorMessage() : known.name();
            if (request != null && known == FlussError.AUTHENTICATE_EXCEPTION) {
                return LoginRefusal.of(request.api(), peer, text);
            }
            final String what =
                    request == null ? "server failure" : request.handler().what(request.api());
            return new FlussApiException(known, error.getErrorCode(), what + " on " + peer + ": " + text);
        } catch (final InvalidProtocolBufferException e) {
            throw new CorruptDataException("error response that is no ErrorResponse: " + e.getMessage(), e);
        }
    }

    /** An error of the server that is about the connection. Tells it apart from one that a handler might throw. */
    private static final class ServerFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private final FlussApiException error;

        ServerFailure(final FlussApiException error) {
            super(error);
            this.error = error;
        }
    }
}
