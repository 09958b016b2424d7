package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Block;
import dev.millrace.row.InternalRow;

/**
 * A batch of upserts and deletes for a primary-key table; see {@link KvBatchLayout} for what it looks like and
 * {@link BatchBuilder} for its life.
 */
public final class KvBatchBuilder extends RecordBatchBuilder {
    private final RowEncoder keyEncoder;
    private final RowEncoder rowEncoder;
    private final int schemaId;

    /**
     * An empty batch in a block.
     *
     * @param keyEncoder of the table's primary keys.
     * @param rowEncoder of the table's kv format, for rows of the schema; for partial updates one that knows the target
     *     columns.
     */
    public KvBatchBuilder(
            final RowEncoder keyEncoder, final RowEncoder rowEncoder, final int schemaId, final Block block) {
        super(block, KvBatchLayout.HEADER_LENGTH);
        this.keyEncoder = keyEncoder;
        this.rowEncoder = rowEncoder;
        this.schemaId = schemaId;
    }

    /** The length of a block that an upsert of a row fits into in any case, {@code blockLength} or more. */
    public static int blockLengthFor(
            final RowEncoder keyEncoder, final RowEncoder rowEncoder, final InternalRow row, final int blockLength) {
        return blockLength(keyEncoder.lengthBound(row) + rowEncoder.lengthBound(row), blockLength);
    }

    /** As {@link #blockLengthFor}, for a delete, which reads the key columns only. */
    public static int blockLengthForDelete(final RowEncoder keyEncoder, final InternalRow row, final int blockLength) {
        return blockLength(keyEncoder.lengthBound(row), blockLength);
    }

    private static int blockLength(final long recordBound, final int blockLength) {
        final long needed = KvBatchLayout.HEADER_LENGTH + Integer.BYTES + Varint.MAX_INT_LENGTH + recordBound;
        return (int) Math.min(Math.max(needed, blockLength), Integer.MAX_VALUE);
    }

    /** Appends an upsert. */
    @Override
    public boolean tryAppend(final InternalRow row) {
        final int rowAt = putKey(row);
        if (rowAt < 0) {
            return false;
        }
        final int length = rowEncoder.encode(row, buffer, rowAt, limit() - rowAt);
        if (length < 0) {
            return false;
        }
        endRecord(rowAt + length);
        return true;
    }

    /**
     * Appends a delete.
     *
     * @param row of which only the key columns are read.
     * @return false if it does not fit any more; the batch is as it was.
     * @throws RowConversionException a value does not fit its key column; the batch is as it was.
     */
    public boolean tryDelete(final InternalRow row) {
        final int keyEnd = putKey(row);
        if (keyEnd < 0) {
            return false;
        }
        endRecord(keyEnd);
        return true;
    }

    /** Writes the key of the record that begins at the end; gives the position behind it, or NO_ROOM. */
    private int putKey(final InternalRow row) {
        final int prefixAt = end() + Integer.BYTES;
        final int keyAt = prefixAt + 1;
        final int length = keyEncoder.encode(row, buffer, keyAt, limit() - keyAt - Varint.MAX_INT_LENGTH);
        return length < 0 ? RowEncoder.NO_ROOM : prefixAt + Varint.putLengthBefore(buffer, prefixAt, length);
    }

    private void endRecord(final int recordEnd) {
        buffer.putInt(end(), recordEnd - end() - Integer.BYTES, LITTLE_ENDIAN);
        commit(recordEnd);
    }

    @Override
    void putHeader(final int batchLength, final int recordCount) {
        KvBatchLayout.putHeader(buffer, HEADER, batchLength, schemaId, recordCount);
    }

    @Override
    void putWriter(final long writerId, final int sequence) {
        KvBatchLayout.putWriter(buffer, HEADER, writerId, sequence);
    }

    @Override
    void putCrc(final int crc) {
        KvBatchLayout.putCrc(buffer, HEADER, crc);
    }

    @Override
    int crcStart() {
        return KvBatchLayout.CRC_START;
    }
}
