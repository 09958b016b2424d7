package dev.millrace.scan;

import dev.millrace.internal.codec.LogRow;
import dev.millrace.row.InternalRow;

/**
 * One record of a log. Its row is a view of received memory: it stays readable as long as the record is reachable and the
 * {@link ScanRecords} it came with are not closed. Everything else here stays as it is.
 *
 * <p>Immutable; safe for any number of threads, as long as none closes the result meanwhile.
 */
public final class ScanRecord {
    private final LogRow row;
    private final long offset;
    private final long timestamp;
    private final ChangeType changeType;

    /** Takes over a row of its own. */
    ScanRecord(final LogRow newRow, final LogBatch batch, final int row) {
        newRow.moveTo(batch.rows(), row);
        this.row = newRow;
        this.offset = batch.baseOffset() + row;
        this.timestamp = batch.timestamp();
        this.changeType = batch.changeType(row);
    }

    /**
     * The row.
     *
     * @return a view; a getter throws {@link IllegalStateException} once the result is closed.
     */
    public InternalRow row() {
        return row;
    }

    /**
     * Where the record is.
     *
     * @return its offset in the log of its bucket.
     */
    public long offset() {
        return offset;
    }

    /**
     * When the record was written, by the clock of the server that leads the bucket.
     *
     * @return milliseconds since the epoch.
     */
    public long timestamp() {
        return timestamp;
    }

    /**
     * What happened to the row.
     *
     * @return always {@link ChangeType#APPEND_ONLY} in log tables.
     */
    public ChangeType changeType() {
        return changeType;
    }

    @Override
    public String toString() {
        return changeType.shortString() + " offset=" + offset + " timestamp=" + timestamp;
    }
}
