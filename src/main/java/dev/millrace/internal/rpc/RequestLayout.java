package dev.millrace.internal.rpc;

import static java.nio.ByteOrder.BIG_ENDIAN;

import org.agrona.BitUtil;
import org.agrona.MutableDirectBuffer;

/**
 * Header of a request frame, big-endian; the body follows it.
 *
 * <pre>
 *   0        4         6             8            12
 *   +--------+---------+-------------+------------+--------+
 *   | length | api key | api version | request id | body...|
 *   +--------+---------+-------------+------------+--------+
 *    length counts the bytes behind itself
 * </pre>
 */
final class RequestLayout {
    static final int LENGTH_OFFSET = 0;
    static final int API_KEY_OFFSET = LENGTH_OFFSET + BitUtil.SIZE_OF_INT;
    static final int API_VERSION_OFFSET = API_KEY_OFFSET + BitUtil.SIZE_OF_SHORT;
    static final int REQUEST_ID_OFFSET = API_VERSION_OFFSET + BitUtil.SIZE_OF_SHORT;
    static final int HEADER_LENGTH = REQUEST_ID_OFFSET + BitUtil.SIZE_OF_INT;

    /** The longest body whose frame length still fits its field. */
    static final int MAX_BODY_LENGTH = Integer.MAX_VALUE - (HEADER_LENGTH - API_KEY_OFFSET);

    private RequestLayout() {}

    static void putHeader(
            final MutableDirectBuffer buffer,
            final int offset,
            final int bodyLength,
            final int apiKey,
            final int apiVersion,
            final int requestId) {
        buffer.putInt(offset + LENGTH_OFFSET, HEADER_LENGTH - API_KEY_OFFSET + bodyLength, BIG_ENDIAN);
        buffer.putShort(offset + API_KEY_OFFSET, (short) apiKey, BIG_ENDIAN);
        buffer.putShort(offset + API_VERSION_OFFSET, (short) apiVersion, BIG_ENDIAN);
        buffer.putInt(offset + REQUEST_ID_OFFSET, requestId, BIG_ENDIAN);
    }
}
