package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import org.agrona.DirectBuffer;

/**
 * Reads the metadata of an encapsulated Arrow RecordBatch message in place: a flatbuffer whose every offset and length
 * is checked before it is followed, so that damaged bytes end in a {@link CorruptDataException} and never in a read
 * outside the message. What a message of our own looks like is drawn at {@link ArrowMessageLayout}; this one takes any
 * that the format allows.
 *
 * <p>A flyweight for one thread; it borrows the buffer until the next {@code wrap}.
 */
final class ArrowMessageReader {
    private static final int STRUCT_LENGTH = 16;
    private static final int HEADER_RECORD_BATCH = 3;

    // Field ids of the tables Message, RecordBatch and BodyCompression.
    private static final int MESSAGE_HEADER_TYPE = 1;
    private static final int MESSAGE_HEADER = 2;
    private static final int MESSAGE_BODY_LENGTH = 3;
    private static final int BATCH_LENGTH = 0;
    private static final int BATCH_NODES = 1;
    private static final int BATCH_BUFFERS = 2;
    private static final int BATCH_COMPRESSION = 3;
    private static final int COMPRESSION_CODEC = 0;
    private static final int COMPRESSION_METHOD = 1;

    private DirectBuffer buffer = OffHeap.flyweight();
    private int message;
    private int metadata;
    private int end;

    private int rowCount;
    private int nodes;
    private int nodeCount;
    private int buffers;
    private int bufferCount;
    private int codec;
    private int bodyOffset;
    private int bodyLength;

    /**
     * Reads and checks everything but the single nodes and buffers, which their accessors check.
     *
     * @throws CorruptDataException the bytes are no record batch message.
     */
    void wrap(final DirectBuffer source, final int offset, final int length) {
        buffer = source;
        message = offset;
        metadata = offset;
        end = offset + length;
        if (length < ArrowMessageLayout.PREFIX_LENGTH) {
            throw damaged(offset, length + " bytes, too few for the prefix");
        }
        if (source.getInt(offset, LITTLE_ENDIAN) != ArrowMessageLayout.CONTINUATION) {
            throw damaged(offset, "no continuation marker");
        }
        final int metadataLength = source.getInt(offset + 4, LITTLE_ENDIAN);
        if (metadataLength < 0 || metadataLength > length - ArrowMessageLayout.PREFIX_LENGTH) {
            throw damaged(offset + 4, "metadata length " + metadataLength + " in " + length + " bytes");
        }
        metadata = offset + ArrowMessageLayout.PREFIX_LENGTH;
        end = metadata + metadataLength;
        bodyOffset = end;
        readMessage(length - ArrowMessageLayout.PREFIX_LENGTH - metadataLength);
    }

    int rowCount() {
        return rowCount;
    }

    int nodeCount() {
        return nodeCount;
    }

    int bufferCount() {
        return bufferCount;
    }

    /** The Arrow codec id, or {@link ArrowMessageLayout#NO_COMPRESSION}. */
    int codec() {
        return codec;
    }

    int bodyOffset() {
        return bodyOffset;
    }

    int bodyLength() {
        return bodyLength;
    }

    /** Values of a node. */
    int nodeLength(final int node) {
        final int at = nodes + node * STRUCT_LENGTH;
        return count(at, Integer.MAX_VALUE, "length of node", node);
    }

    int nullCount(final int node) {
        final int at = nodes + node * STRUCT_LENGTH;
        return count(at + 8, nodeLength(node), "null count of node", node);
    }

    /** Where a buffer's bytes begin in the wrapped memory; {@link #bufferLength} of them lie inside the body. */
    int bufferOffset(final int index) {
        return bodyOffset + count(buffers + index * STRUCT_LENGTH, bodyLength, "offset of buffer", index);
    }

    int bufferLength(final int index) {
        final int at = buffers + index * STRUCT_LENGTH;
        final int offset = count(at, bodyLength, "offset of buffer", index);
        return count(at + 8, bodyLength - offset, "length of buffer", index);
    }

    CorruptDataException damaged(final int at, final String what) {
        return new CorruptDataException("damaged Arrow message: " + what + " at byte " + (at - message));
    }

    private void readMessage(final int available) {
        final int root = follow(metadata);
        final int headerType = field(root, MESSAGE_HEADER_TYPE, 1);
        if (headerType == 0 || buffer.getByte(headerType) != HEADER_RECORD_BATCH) {
            throw damaged(root, "no record batch");
        }
        final int bodyLengthField = field(root, MESSAGE_BODY_LENGTH, 8);
        bodyLength = bodyLengthField == 0 ? 0 : countAt(bodyLengthField, available, "body length");
        readBatch(follow(required(root, MESSAGE_HEADER, "header")));
    }

    private void readBatch(final int batch) {
        final int length = field(batch, BATCH_LENGTH, 8);
        rowCount = length == 0 ? 0 : countAt(length, Integer.MAX_VALUE, "row count");
        final int nodeVector = vector(required(batch, BATCH_NODES, "nodes"));
        nodes = nodeVector + 4;
        nodeCount = buffer.getInt(nodeVector, LITTLE_ENDIAN);
        final int bufferVector = vector(required(batch, BATCH_BUFFERS, "buffers"));
        buffers = bufferVector + 4;
        bufferCount = buffer.getInt(bufferVector, LITTLE_ENDIAN);
        final int compression = field(batch, BATCH_COMPRESSION, 4);
        codec = compression == 0 ? ArrowMessageLayout.NO_COMPRESSION : readCodec(follow(compression));
    }

    private int readCodec(final int compression) {
        final int codecField = field(compression, COMPRESSION_CODEC, 1);
        final int methodField = field(compression, COMPRESSION_METHOD, 1);
        final int method = methodField == 0 ? 0 : buffer.getByte(methodField);
        final int id = codecField == 0 ? ArrowMessageLayout.LZ4_FRAME : buffer.getByte(codecField);
        if (method != 0 || (id != ArrowMessageLayout.LZ4_FRAME && id != ArrowMessageLayout.ZSTD)) {
            throw damaged(compression, "compression codec " + id + " with method " + method);
        }
        return id;
    }

    /** Follows the relative offset at {@code at} to a table or vector with at least its first four bytes inside. */
    private int follow(final int at) {
        if (at > end - 4) {
            throw damaged(at, "an offset beyond the metadata");
        }
        final int relative = buffer.getInt(at, LITTLE_ENDIAN);
        if (relative < 4 || relative > end - 4 - at) {
            throw damaged(at, "offset " + relative);
        }
        return at + relative;
    }

    private int required(final int table, final int id, final String name) {
        final int at = field(table, id, 4);
        if (at == 0) {
            throw damaged(table, "no " + name);
        }
        return at;
    }

    /** Finds a field of {@code width} bytes in a table through its vtable; 0 if the table does not have it. */
    private int field(final int table, final int id, final int width) {
        final int relative = buffer.getInt(table, LITTLE_ENDIAN);
        final long vtable = (long) table - relative;
        if (vtable < metadata || vtable > end - 4) {
            throw damaged(table, "vtable offset " + relative);
        }
        final int at = (int) vtable;
        final int vtableLength = unsignedShort(at);
        if (vtableLength < 4 || vtableLength > end - at) {
            throw damaged(at, "vtable length " + vtableLength);
        }
        final int slot = 4 + 2 * id;
        if (slot + 2 > vtableLength) {
            return 0;
        }
        final int offset = unsignedShort(at + slot);
        if (offset == 0) {
            return 0;
        }
        if (offset < 4 || offset + width > unsignedShort(at + 2) || offset + width > end - table) {
            throw damaged(at + slot, "field offset " + offset);
        }
        return table + offset;
    }

    private int vector(final int field) {
        final int at = follow(field);
        final int count = buffer.getInt(at, LITTLE_ENDIAN);
        if (count < 0 || count > (end - at - 4) / STRUCT_LENGTH) {
            throw damaged(at, "a vector of " + count);
        }
        return at;
    }

    private int unsignedShort(final int at) {
        return buffer.getShort(at, LITTLE_ENDIAN) & 0xFFFF;
    }

    private int countAt(final int at, final int max, final String what) {
        final long value = buffer.getLong(at, LITTLE_ENDIAN);
        if (value < 0 || value > max) {
            throw damaged(at, what + " " + value);
        }
        return (int) value;
    }

    private int count(final int at, final int max, final String what, final int index) {
        final long value = buffer.getLong(at, LITTLE_ENDIAN);
        if (value < 0 || value > max) {
            throw damaged(at, what + " " + index + " is " + value);
        }
        return (int) value;
    }
}
