package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.internal.memory.Block;
import dev.millrace.row.InternalRow;

/**
 * A log batch of appended rows in the indexed or compacted format.
 *
 * <pre>
 *   [header of a log batch]{[length of the rest: int][change type: byte][row]} ...
 * </pre>
 *
 * <p>See {@link BatchBuilder} for its life.
 */
public final class RowLogBatchBuilder extends RecordBatchBuilder {
    /** What stands before a row. */
    static final int RECORD_HEAD_LENGTH = Integer.BYTES + Byte.BYTES;

    private static final byte APPEND = 0;

    private final RowEncoder encoder;
    private final int schemaId;

    /** @param encoder of the table's log format, for rows of the schema. */
    public RowLogBatchBuilder(final RowEncoder encoder, final int schemaId, final Block block) {
        super(block, LogBatchLayout.HEADER_LENGTH);
        this.encoder = encoder;
        this.schemaId = schemaId;
    }

    /** The length of a block that a row fits into in any case, {@code blockLength} or more. */
    public static int blockLengthFor(final RowEncoder encoder, final InternalRow row, final int blockLength) {
        final long needed = LogBatchLayout.HEADER_LENGTH + RECORD_HEAD_LENGTH + encoder.lengthBound(row);
        return (int) Math.min(Math.max(needed, blockLength), Integer.MAX_VALUE);
    }

    @Override
    public boolean tryAppend(final InternalRow row) {
        final int record = end();
        final int at = record + RECORD_HEAD_LENGTH;
        final int length = encoder.encode(row, buffer, at, limit() - at);
        if (length < 0) {
            return false;
        }
        buffer.putInt(record, Byte.BYTES + length, LITTLE_ENDIAN);
        buffer.putByte(record + Integer.BYTES, APPEND);
        commit(at + length);
        return true;
    }

    @Override
    void putHeader(final int batchLength, final int recordCount) {
        LogBatchLayout.putHeader(buffer, HEADER, batchLength, schemaId, LogBatchLayout.APPEND_ONLY, recordCount);
    }

    @Override
    void putWriter(final long writerId, final int sequence) {
        LogBatchLayout.putWriter(buffer, HEADER, writerId, sequence);
    }

    @Override
    void putCrc(final int crc) {
        LogBatchLayout.putCrc(buffer, HEADER, crc);
    }

    @Override
    int crcStart() {
        return LogBatchLayout.CRC_START;
    }
}
