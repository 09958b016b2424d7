package dev.millrace.internal.rpc;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.BitUtil;
import org.agrona.DirectBuffer;

/**
 * Header of a response frame, big-endian; the body follows it. A server failure has no request id: it is about the
 * connection, which the server closes behind it.
 *
 * <pre>
 *   0        4      5            9
 *   +--------+------+------------+--------+
 *   | length | type | request id | body...|    type 0 success, 1 error
 *   +--------+------+------------+--------+
 *
 *   0        4      5
 *   +--------+------+--------+
 *   | length | type | body...|                 type 2 server failure
 *   +--------+------+--------+
 *    length counts the bytes behind itself
 * </pre>
 */
final class ResponseLayout {
    static final int LENGTH_OFFSET = 0;
    static final int TYPE_OFFSET = LENGTH_OFFSET + BitUtil.SIZE_OF_INT;
    static final int REQUEST_ID_OFFSET = TYPE_OFFSET + BitUtil.SIZE_OF_BYTE;
    static final int HEADER_LENGTH = REQUEST_ID_OFFSET + BitUtil.SIZE_OF_INT;
    static final int SERVER_FAILURE_HEADER_LENGTH = REQUEST_ID_OFFSET;

    static final int SUCCESS = 0;
    static final int ERROR = 1;
    static final int SERVER_FAILURE = 2;

    private ResponseLayout() {}

    static int length(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + LENGTH_OFFSET, BIG_ENDIAN);
    }

    static int type(final DirectBuffer buffer, final int offset) {
        return buffer.getByte(offset + TYPE_OFFSET);
    }

    static int requestId(final DirectBuffer buffer, final int offset) {
        return buffer.getInt(offset + REQUEST_ID_OFFSET, BIG_ENDIAN);
    }

    static int headerLength(final int type) {
        return type == SERVER_FAILURE ? SERVER_FAILURE_HEADER_LENGTH : HEADER_LENGTH;
    }
}
