package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.agrona.BitUtil.SIZE_OF_BYTE;
import static org.agrona.BitUtil.SIZE_OF_INT;
import static org.agrona.BitUtil.SIZE_OF_LONG;
import static org.agrona.BitUtil.SIZE_OF_SHORT;

import org.agrona.MutableDirectBuffer;

/**
 * The header of a batch of upserts and deletes. Little-endian.
 *
 * <pre>
 *   0       4  5       9    11 12              20      24      28
 *  +-------+--+-------+----+--+---------------+-------+-------+--------
 *  |length |m |  crc  |sch.|at|   writer id   |  seq  | count | records
 *  +-------+--+-------+----+--+---------------+-------+-------+--------
 *   `- counts the bytes after it   crc covers: sch. to the end
 *
 *  record: [length of the rest: int][length of the key: varint][key][row, or nothing: a delete]
 * </pre>
 */
final class KvBatchLayout {
    static final byte MAGIC = 0;

    static final int LENGTH_OFFSET = 0;
    static final int MAGIC_OFFSET = LENGTH_OFFSET + SIZE_OF_INT;
    static final int CRC_OFFSET = MAGIC_OFFSET + SIZE_OF_BYTE;
    static final int SCHEMA_ID_OFFSET = CRC_OFFSET + SIZE_OF_INT;
    static final int ATTRIBUTES_OFFSET = SCHEMA_ID_OFFSET + SIZE_OF_SHORT;
    static final int WRITER_ID_OFFSET = ATTRIBUTES_OFFSET + SIZE_OF_BYTE;
    static final int SEQUENCE_OFFSET = WRITER_ID_OFFSET + SIZE_OF_LONG;
    static final int RECORD_COUNT_OFFSET = SEQUENCE_OFFSET + SIZE_OF_INT;
    static final int HEADER_LENGTH = RECORD_COUNT_OFFSET + SIZE_OF_INT;

    /** The bytes that the length field does not count: its own. */
    static final int LENGTH_OVERHEAD = LENGTH_OFFSET + SIZE_OF_INT;

    /** Where the bytes begin that the CRC covers. */
    static final int CRC_START = SCHEMA_ID_OFFSET;

    private KvBatchLayout() {}

    /** Writes all fields that do not depend on what follows. */
    static void putHeader(
            final MutableDirectBuffer buffer,
            final int batch,
            final int batchLength,
            final int schemaId,
            final int recordCount) {
        buffer.putInt(batch + LENGTH_OFFSET, batchLength - LENGTH_OVERHEAD, LITTLE_ENDIAN);
        buffer.putByte(batch + MAGIC_OFFSET, MAGIC);
        buffer.putShort(batch + SCHEMA_ID_OFFSET, (short) schemaId, LITTLE_ENDIAN);
        buffer.putByte(batch + ATTRIBUTES_OFFSET, (byte) 0);
        buffer.putInt(batch + RECORD_COUNT_OFFSET, recordCount, LITTLE_ENDIAN);
    }

    /** Writes who sent the batch and as which one of his; the CRC covers both. */
    static void putWriter(final MutableDirectBuffer buffer, final int batch, final long writerId, final int sequence) {
        buffer.putLong(batch + WRITER_ID_OFFSET, writerId, LITTLE_ENDIAN);
        buffer.putInt(batch + SEQUENCE_OFFSET, sequence, LITTLE_ENDIAN);
    }

    static void putCrc(final MutableDirectBuffer buffer, final int batch, final int crc) {
        buffer.putInt(batch + CRC_OFFSET, crc, LITTLE_ENDIAN);
    }
}
