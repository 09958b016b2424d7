package dev.millrace.internal.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A call whose response is a message on the heap. Bulk data does not come this way. */
final class MessageCall<R> extends Call {
    private static final int MAX_RESPONSE_LENGTH = 64 << 20;

    private final Parser<R> parser;

    // written by the reader thread, once
    private volatile @Nullable ByteBuffer response;

    MessageCall(final Connection connection, final Api api, final MessageLite request, final Parser<R> parser) {
        super(connection, api, request);
        this.parser = parser;
    }

    /**
     * Waits for the response. For the thread that made this object.
     *
     * @throws FlussApiException the server answered with an error.
     * @throws RpcException the connection broke, or the deadline has passed; a late response is dropped.
     * @throws FlussInterruptedException interrupted; the flag is set, a late response is dropped.
     * @throws CorruptDataException the response is damaged.
     */
    R await(final long deadlineNs) {
        awaitResponse(deadlineNs);
        final ByteBuffer body = response;
        try {
            return parser.parseFrom(body);
        } catch (final InvalidProtocolBufferException e) {
            throw new CorruptDataException("response to " + what() + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    boolean hasResponse() {
        return response != null;
    }

    @Override
    public @Nullable ByteBuffer bodyBuffer(final int length) {
        return length > MAX_RESPONSE_LENGTH ? null : ByteBuffer.allocate(length);
    }

    @Override
    public void onResponse(final ByteBuffer body) {
        response = body;
        wakeCaller();
    }
}
