package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.agrona.BitUtil.SIZE_OF_BYTE;
import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_LONG;
import static org.agrona.BitUtil.SIZE_OF_SHORT;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The header of a log record batch of magic 0, the only one that Fluss 0.9.1 writes and reads. Little-endian.
 *
 * <pre>
 *   0               8       12 13              21      25   27 28      32              40      44      48
 *  +---------------+-------+--+---------------+-------+----+--+-------+---------------+-------+-------+----
 *  |  base offset  |length |m |   timestamp   |  crc  |sch.|at|last d.|   writer id   |  seq  | count | records
 *  +---------------+-------+--+---------------+-------+----+--+-------+---------------+-------+-------+----
 *                   counts the bytes after it          `--- covered by the CRC-32C, to the end of the batch
 * </pre>
 */
public final class LogBatchLayout {
    /** The magic of the format; a batch of another one is not readable. */
    public static final byte MAGIC = 0;

    public static final int BASE_OFFSET_OFFSET = 0;
    public static final int LENGTH_OFFSET = BASE_OFFSET_OFFSET + SIZE_OF_LONG;
    public static final int MAGIC_OFFSET = LENGTH_OFFSET + SIZE_OF_INT;
    public static final int TIMESTAMP_OFFSET = MAGIC_OFFSET + SIZE_OF_BYTE;
    public static final int CRC_OFFSET = TIMESTAMP_OFFSET + SIZE_OF_LONG;
    public static final int SCHEMA_ID_OFFSET = CRC_OFFSET + SIZE_OF_INT;
    public static final int ATTRIBUTES_OFFSET = SCHEMA_ID_OFFSET + SIZE_OF_SHORT;
    public static final int LAST_OFFSET_DELTA_OFFSET = ATTRIBUTES_OFFSET + SIZE_OF_BYTE;
    public static final int WRITER_ID_OFFSET = LAST_OFFSET_DELTA_OFFSET + SIZE_OF_INT;
    public static final int SEQUENCE_OFFSET = WRITER_ID_OFFSET + SIZE_OF_LONG;
    public static final int RECORD_COUNT_OFFSET = SEQUENCE_OFFSET + SIZE_OF_INT;
    public static final int HEADER_LENGTH = RECORD_COUNT_OFFSET + SIZE_OF_INT;

    /** The bytes that the length field does not count: those before it and its own. */
    public static final int LENGTH_OVERHEAD = LENGTH_OFFSET + SIZE_OF_INT;

    /** Where the bytes begin that the CRC covers. */
    public static final int CRC_START = SCHEMA_ID_OFFSET;

    /** Attribute bit of an Arrow batch that holds appended rows only, and so no change types. */
    public static final byte APPEND_ONLY = 1;

    /** Writer id and sequence of a batch that is not idempotent. */
    public static final int NO_WRITER = -1;

    private LogBatchLayout() {}

    /** The offset of the batch's first record. */
    public static long baseOffset(final DirectBuffer buffer, final int batch) {
        return buffer.getLong(batch + BASE_OFFSET_OFFSET, LITTLE_ENDIAN);
    }

    /** The length field: the bytes that follow it; anything may stand there until it is checked. */
    public static int length(final DirectBuffer buffer, final int batch) {
        return buffer.getInt(batch + LENGTH_OFFSET, LITTLE_ENDIAN);
    }

    public static byte magic(final DirectBuffer buffer, final int batch) {
        return buffer.getByte(batch + MAGIC_OFFSET);
    }

    /** The leader's clock when it appended the batch, in milliseconds since the epoch. */
    public static long timestamp(final DirectBuffer buffer, final int batch) {
        return buffer.getLong(batch + TIMESTAMP_OFFSET, LITTLE_ENDIAN);
    }

    public static int crc(final DirectBuffer buffer, final int batch) {
        return buffer.getInt(batch + CRC_OFFSET, LITTLE_ENDIAN);
    }

    public static int schemaId(final DirectBuffer buffer, final int batch) {
        return buffer.getShort(batch + SCHEMA_ID_OFFSET, LITTLE_ENDIAN);
    }

    public static boolean isAppendOnly(final DirectBuffer buffer, final int batch) {
        return (buffer.getByte(batch + ATTRIBUTES_OFFSET) & APPEND_ONLY) != 0;
    }

    /** The offset of the last record less the base offset; 0 for an empty batch, which takes one offset all the same. */
    public static int lastOffsetDelta(final DirectBuffer buffer, final int batch) {
        return buffer.getInt(batch + LAST_OFFSET_DELTA_OFFSET, LITTLE_ENDIAN);
    }

    public static int recordCount(final DirectBuffer buffer, final int batch) {
        return buffer.getInt(batch + RECORD_COUNT_OFFSET, LITTLE_ENDIAN);
    }

    /** Writes all fields that do not depend on what follows, for a batch that a client sends. */
    public static void putHeader(
            final MutableDirectBuffer buffer,
            final int batch,
            final int batchLength,
            final int schemaId,
            final byte attributes,
            final int recordCount) {
        buffer.putLong(batch + BASE_OFFSET_OFFSET, 0, LITTLE_ENDIAN);
        buffer.putInt(batch + LENGTH_OFFSET, batchLength - LENGTH_OVERHEAD, LITTLE_ENDIAN);
        buffer.putByte(batch + MAGIC_OFFSET, MAGIC);
        buffer.putLong(batch + TIMESTAMP_OFFSET, 0, LITTLE_ENDIAN);
        buffer.putShort(batch + SCHEMA_ID_OFFSET, (short) schemaId, LITTLE_ENDIAN);
        buffer.putByte(batch + ATTRIBUTES_OFFSET, attributes);
        buffer.putInt(batch + LAST_OFFSET_DELTA_OFFSET, Math.max(recordCount - 1, 0), LITTLE_ENDIAN);
        buffer.putInt(batch + RECORD_COUNT_OFFSET, recordCount, LITTLE_ENDIAN);
    }

    /** Writes who sent the batch and as which one of his; the CRC covers both. */
    public static void putWriter(
            final MutableDirectBuffer buffer, final int batch, final long writerId, final int sequence) {
        buffer.putLong(batch + WRITER_ID_OFFSET, writerId, LITTLE_ENDIAN);
        buffer.putInt(batch + SEQUENCE_OFFSET, sequence, LITTLE_ENDIAN);
    }

    public static void putCrc(final MutableDirectBuffer buffer, final int batch, final int crc) {
        buffer.putInt(batch + CRC_OFFSET, crc, LITTLE_ENDIAN);
    }
}
