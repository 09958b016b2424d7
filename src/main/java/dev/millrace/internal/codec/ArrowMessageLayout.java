package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.MutableDirectBuffer;

/**
 * The encapsulated Arrow IPC message that is the body of an Arrow log batch: prefix, flatbuffer metadata, buffers.
 *
 * <p>The metadata of all batches of a table differ in a few numbers only, so it is laid at fixed places, without a
 * builder. Offsets count from the start of the metadata, which is 8-aligned relative to the message.
 *
 * <pre>
 *    0  root offset -> 16
 *    4  vtable of Message: 12, 20, version +16, header type +18, header +4, body length +8
 *   16  Message: vtable -12 | header -> 56 | body length:8 | version:2 = V5 | header type:1 = RecordBatch
 *   40  vtable of RecordBatch: 12, 24, length +8, nodes +4, buffers +16, compression +20 (0 without)
 *   56  RecordBatch: vtable -16 | nodes -> | length:8 | buffers -> | compression ->
 *   80  with compression only: vtable of BodyCompression: 8, 6, codec +4, method +5
 *   88  BodyCompression: vtable -8 | codec:1 | method:1 = BUFFER
 *    E  pad:4 | node count:4 | (length:8, null count:8)*
 *       pad:4 | buffer count:4 | (offset:8, length:8)*
 * </pre>
 *
 * <p>Source: the Arrow columnar format, Message.fbs and Schema.fbs, and the flatbuffers wire format.
 */
final class ArrowMessageLayout {
    static final int CONTINUATION = 0xFFFF_FFFF;

    /** Continuation and metadata length, before the metadata. */
    static final int PREFIX_LENGTH = 8;

    /** Buffers of the body start at multiples of this, from the body's start. */
    static final int ALIGNMENT = 8;

    static final int NO_COMPRESSION = -1;
    static final int LZ4_FRAME = 0;
    static final int ZSTD = 1;

    /** A compressed buffer begins with its uncompressed length; this value says that it is stored as it is. */
    static final long STORED_RAW = -1;

    /** The length of that prefix. */
    static final int COMPRESSION_PREFIX_LENGTH = 8;

    private static final int STRUCT_LENGTH = 16;
    private static final int MESSAGE = 16;
    private static final int RECORD_BATCH = 56;
    private static final int COMPRESSION = 88;
    private static final int PLAIN_END = 80;
    private static final int COMPRESSED_END = 96;
    private static final short METADATA_V5 = 4;
    private static final byte HEADER_RECORD_BATCH = 3;

    private final int codec;
    private final int nodeCount;
    private final int bufferCount;
    private final int nodes;
    private final int buffers;

    ArrowMessageLayout(final int codec, final int nodeCount, final int bufferCount) {
        this.codec = codec;
        this.nodeCount = nodeCount;
        this.bufferCount = bufferCount;
        this.nodes = (codec == NO_COMPRESSION ? PLAIN_END : COMPRESSED_END) + 8;
        this.buffers = nodes + nodeCount * STRUCT_LENGTH + 8;
    }

    /** Prefix and metadata together, a multiple of 8. */
    int length() {
        return PREFIX_LENGTH + buffers + bufferCount * STRUCT_LENGTH;
    }

    /** Writes prefix and metadata but for the numbers that change, all bytes of it. */
    void put(final MutableDirectBuffer target, final int message) {
        target.setMemory(message, length(), (byte) 0);
        target.putInt(message, CONTINUATION, LITTLE_ENDIAN);
        target.putInt(message + 4, length() - PREFIX_LENGTH, LITTLE_ENDIAN);
        final int start = message + PREFIX_LENGTH;

        putInt(target, start, MESSAGE);
        putShorts(target, start + 4, 12, 20, 16, 18, 4, 8);
        putInt(target, start + MESSAGE, MESSAGE - 4);
        putReference(target, start, MESSAGE + 4, RECORD_BATCH);
        target.putShort(start + MESSAGE + 16, METADATA_V5, LITTLE_ENDIAN);
        target.putByte(start + MESSAGE + 18, HEADER_RECORD_BATCH);

        final boolean compressed = codec != NO_COMPRESSION;
        putShorts(target, start + 40, 12, 24, 8, 4, 16, compressed ? 20 : 0);
        putInt(target, start + RECORD_BATCH, RECORD_BATCH - 40);
        putReference(target, start, RECORD_BATCH + 4, nodes - 4);
        putReference(target, start, RECORD_BATCH + 16, buffers - 4);
        if (compressed) {
            putReference(target, start, RECORD_BATCH + 20, COMPRESSION);
            putShorts(target, start + 80, 8, 6, 4, 5);
            putInt(target, start + COMPRESSION, COMPRESSION - 80);
            target.putByte(start + COMPRESSION + 4, (byte) codec);
        }
        putInt(target, start + nodes - 4, nodeCount);
        putInt(target, start + buffers - 4, bufferCount);
    }

    void putLengths(final MutableDirectBuffer target, final int message, final int rowCount, final long bodyLength) {
        final int start = message + PREFIX_LENGTH;
        target.putLong(start + MESSAGE + 8, bodyLength, LITTLE_ENDIAN);
        target.putLong(start + RECORD_BATCH + 8, rowCount, LITTLE_ENDIAN);
    }

    void putNode(
            final MutableDirectBuffer target,
            final int message,
            final int node,
            final int rowCount,
            final int nullCount) {
        final int at = message + PREFIX_LENGTH + nodes + node * STRUCT_LENGTH;
        target.putLong(at, rowCount, LITTLE_ENDIAN);
        target.putLong(at + 8, nullCount, LITTLE_ENDIAN);
    }

    /** @param offset from the start of the body, {@code length} without the padding. */
    void putBuffer(
            final MutableDirectBuffer target, final int message, final int buffer, final int offset, final int length) {
        final int at = message + PREFIX_LENGTH + buffers + buffer * STRUCT_LENGTH;
        target.putLong(at, offset, LITTLE_ENDIAN);
        target.putLong(at + 8, length, LITTLE_ENDIAN);
    }

    static int padded(final int length) {
        return Math.addExact(length, ALIGNMENT - 1) & -ALIGNMENT;
    }

    private static void putReference(final MutableDirectBuffer target, final int start, final int from, final int to) {
        putInt(target, start + from, to - from);
    }

    private static void putInt(final MutableDirectBuffer target, final int at, final int value) {
        target.putInt(at, value, LITTLE_ENDIAN);
    }

    private static void putShorts(final MutableDirectBuffer target, final int at, final int... values) {
        for (int i = 0; i < values.length; i++) {
            target.putShort(at + 2 * i, (short) values[i], LITTLE_ENDIAN);
        }
    }
}
