package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the records of one log batch in the indexed or compacted format; see {@link RowLogBatchBuilder} for the
 * layout. A flyweight for one thread; it borrows the batch's memory and allocates nothing but exceptions.
 *
 * <pre>{@code
 * records.wrap(batch);
 * while (records.next()) {
 *     use(records.changeType(), records.row());
 * }
 * }</pre>
 */
public final class RowLogReader {
    private static final byte LAST_CHANGE_TYPE = 4;

    private final @Nullable RowView row;
    private UnsafeBuffer memory = OffHeap.flyweight();
    private int start;
    private int at;
    private int end;
    private int recordCount;
    private int read;
    private int record;
    private byte changeType;

    /** For one who reads no rows. */
    RowLogReader() {
        this.row = null;
    }

    /** @param row a view for rows of the batches' schema, in the table's log format; wrapped around each in turn. */
    public RowLogReader(final RowView row) {
        this.row = row;
    }

    /**
     * Starts in front of the first record.
     *
     * @param batch stands at the batch; this object keeps a reference to its memory only.
     */
    public void wrap(final LogBatchReader batch) {
        memory = batch.buffer();
        start = batch.bodyOffset();
        at = start;
        end = start + batch.bodyLength();
        recordCount = batch.recordCount();
        read = 0;
    }

    /**
     * Goes to the next record.
     *
     * @return false if there is none any more.
     * @throws CorruptDataException the record, or what is left of the batch, contradicts itself.
     */
    public boolean next() {
        final boolean found = advance();
        if (found) {
            row().wrap(memory, record + RowLogBatchBuilder.RECORD_HEAD_LENGTH, rowLength(memory, record));
        }
        return found;
    }

    /** Goes to the next record and leaves its row alone. */
    boolean advance() {
        if (read == recordCount) {
            if (at != end) {
                throw damaged((end - at) + " bytes are left over");
            }
            return false;
        }
        if (end - at < RowLogBatchBuilder.RECORD_HEAD_LENGTH) {
            throw damaged("no record fits " + (end - at) + " bytes");
        }
        final int length = memory.getInt(at, LITTLE_ENDIAN);
        if (length < Byte.BYTES || length > end - at - Integer.BYTES) {
            throw damaged("a record of " + length + " bytes, of which " + (end - at - Integer.BYTES) + " are there");
        }
        changeType = changeType(memory, at);
        if (changeType < 0 || changeType > LAST_CHANGE_TYPE) {
            throw damaged("change type " + changeType);
        }
        record = at;
        at += Integer.BYTES + length;
        read++;
        return true;
    }

    static byte changeType(final UnsafeBuffer memory, final int record) {
        return memory.getByte(record + Integer.BYTES);
    }

    static int rowLength(final UnsafeBuffer memory, final int record) {
        return memory.getInt(record, LITTLE_ENDIAN) - Byte.BYTES;
    }

    /** Where the current record begins in the memory. */
    int start() {
        return record;
    }

    /** The current record's number in the batch, from 0; its offset in the log is the batch's base offset and this. */
    public int index() {
        return read - 1;
    }

    /** The change type's number on the wire. */
    public byte changeType() {
        return changeType;
    }

    /** The current row; the same object every time. */
    public RowView row() {
        return Objects.requireNonNull(row);
    }

    private CorruptDataException damaged(final String what) {
        return new CorruptDataException("damaged log batch: record " + read + " of " + recordCount + " at byte "
                + (at - start) + " of " + (end - start) + ": " + what);
    }
}
