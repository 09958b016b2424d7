package dev.millrace.scan;

import dev.millrace.metadata.TableBucket;
import java.util.Objects;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * A batch of rows as Arrow vectors. Those of a log in the format ARROW lie in received memory, which they hold until the
 * batch is closed; others are a copy. The batch belongs to the application, which closes it, also after it has moved
 * vectors on by Arrow's means. What it forgets shows in the allocator of the scanner, whose {@code close} then throws.
 *
 * <p>The log of a table with a primary key holds changes: each row has a {@link ChangeType} here, which is no column of
 * the root. After {@link #close()} everything that lies in the memory throws {@link IllegalStateException}; what tells
 * where the batch was stays.
 *
 * <p>Not safe for several threads at a time.
 */
public final class ScanBatch implements AutoCloseable {
    /** Where a row is that comes from no log. */
    static final long NO_OFFSET = -1;

    /** When a row was written that does not tell. */
    static final long NO_TIMESTAMP = -1;

    private final TableBucket bucket;
    private final VectorSchemaRoot batch;
    private final @Nullable TinyIntVector changeTypes;
    private final long baseOffset;
    private final int numRecords;
    private final long timestamp;
    private boolean isClosed;

    /** Takes over the root and the change types. */
    ScanBatch(
            final TableBucket bucket,
            final VectorSchemaRoot batch,
            final @Nullable TinyIntVector changeTypes,
            final long baseOffset,
            final long timestamp) {
        this.bucket = bucket;
        this.batch = batch;
        this.changeTypes = changeTypes;
        this.baseOffset = baseOffset;
        this.numRecords = batch.getRowCount();
        this.timestamp = timestamp;
    }

    /**
     * Where the batch is from.
     *
     * @return one of the subscribed buckets, or the one that a scan with a limit reads.
     */
    public TableBucket bucket() {
        return bucket;
    }

    /**
     * The rows. TIMESTAMP_LTZ columns have the time zone UTC.
     *
     * @return a root with the columns of the scan; closed with this object.
     * @throws IllegalStateException this object is closed.
     */
    public VectorSchemaRoot batch() {
        checkOpen();
        return batch;
    }

    /**
     * What happened to each row, in place, as the ordinals of {@link ChangeType}.
     *
     * @return a vector without nulls, as long as the root; closed with this object. Null if all rows are
     *     {@link ChangeType#APPEND_ONLY}, as they are in log tables.
     * @throws IllegalStateException this object is closed.
     */
    public @Nullable TinyIntVector changeTypes() {
        checkOpen();
        return changeTypes;
    }

    /**
     * What happened to a row.
     *
     * @param row its index in the root, from 0.
     * @return always {@link ChangeType#APPEND_ONLY} in log tables.
     * @throws IndexOutOfBoundsException there is no such row.
     * @throws IllegalStateException this object is closed, or the vector of the change types is: it was moved on.
     */
    public ChangeType changeType(final int row) {
        checkOpen();
        Objects.checkIndex(row, numRecords);
        if (changeTypes == null) {
            return ChangeType.APPEND_ONLY;
        }
        if (changeTypes.getValueCount() != numRecords) {
            throw new IllegalStateException("the change types of " + this + " were closed or moved on");
        }
        return ChangeType.of(changeTypes.get(row));
    }

    /**
     * Where the first row is.
     *
     * @return its offset in the log of the bucket; the others follow without a gap. -1 for rows of a primary-key table
     *     that a scan with a limit gives: they come from the table and not from its log.
     */
    public long baseOffset() {
        return baseOffset;
    }

    /**
     * Where the last row is.
     *
     * @return its offset in the log of the bucket; -1 if {@link #baseOffset()} is.
     */
    public long lastOffset() {
        return baseOffset == NO_OFFSET ? NO_OFFSET : baseOffset + numRecords - 1;
    }

    /**
     * Counts the rows.
     *
     * @return at least 1.
     */
    public int numRecords() {
        return numRecords;
    }

    /**
     * When the batch was written, by the clock of the server that leads the bucket.
     *
     * @return milliseconds since the epoch; -1 if {@link #baseOffset()} is.
     */
    public long timestamp() {
        return timestamp;
    }

    /** Closes the root and the change types, and so gives the memory back. Idempotent. */
    @Override
    public void close() {
        isClosed = true;
        try {
            batch.close();
        } finally {
            if (changeTypes != null) {
                changeTypes.close();
            }
        }
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException(this + " is closed");
        }
    }

    @Override
    public String toString() {
        return "ScanBatch[bucket=" + bucket + ", offsets=" + baseOffset + ".." + lastOffset() + "]";
    }
}
