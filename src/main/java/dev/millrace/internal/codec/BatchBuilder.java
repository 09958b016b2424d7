package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.row.InternalRow;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch that grows row by row in its final layout, within one block that its owner lends.
 *
 * <p>Life: {@link #tryAppend} rows until it says no; {@link #finish} once; {@link #seal} as often as writer or sequence
 * change; then {@link #parts} are the bytes to send. A row that cannot be written leaves the batch as it was. Each phase
 * belongs to one thread at a time: the appenders under their bucket's lock, then the sender. The block stays the
 * owner's, who releases it after the last use of the batch.
 */
public sealed interface BatchBuilder permits ArrowBatchBuilder, RecordBatchBuilder {
    /** The rows written so far. */
    int rowCount();

    /** Whether no row fits any more, whatever its values. */
    boolean isFull();

    /**
     * Appends a row: to a log, or as an upsert.
     *
     * @return false if it does not fit any more; the batch is as it was.
     * @throws RowConversionException a value does not fit its column; the batch is as it was.
     */
    boolean tryAppend(InternalRow row);

    /**
     * Ends the batch. The block may shrink to what is left.
     *
     * @param compressor of the table's Arrow codec, null for none; formats that know no compression let it be.
     */
    void finish(@Nullable BufferCompressor compressor);

    /** Writes writer and sequence, and the checksum over all that it covers. After {@link #finish}; may be repeated. */
    void seal(long writerId, int sequence);

    /** The batch's length in bytes, header included. After {@link #finish}. */
    int length();

    /** The batch's bytes in order; position 0 each, shared: a reader duplicates them. After {@link #finish}. */
    List<ByteBuffer> parts();
}
