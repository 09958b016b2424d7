package dev.millrace.error;

import dev.millrace.metadata.TableBucket;
import org.jspecify.annotations.Nullable;

/**
 * The log of a bucket does not have the offset that a scanner wants: retention has deleted it, or the log ends before it.
 * The leader of the bucket has confirmed that, so that it is not the passing answer of a server that has just taken over.
 *
 * <p>The scanner goes on when the application subscribes to the bucket anew, at an offset that the log has; or by itself
 * with {@code Config.scannerLogOffsetReset()}.
 */
public final class OffsetOutOfRangeException extends FlussApiException {
    private static final long serialVersionUID = 1L;

    /** The number of the table. */
    private final long tableId;
    /** The number of the partition, or null. */
    private final @Nullable Long partitionId;
    /** The bucket, from 0. */
    private final int bucketId;
    /** What was wanted. */
    private final long offset;
    /** The first offset that the log has. */
    private final long earliestOffset;
    /** Where the log ends. */
    private final long latestOffset;

    /**
     * Creates the exception for a range that the leader of the bucket told.
     *
     * @param bucket whose log it is.
     * @param offset what was wanted.
     * @param earliestOffset the first offset that the log has.
     * @param latestOffset where the log ends: the offset that comes next.
     * @param message the table, the bucket, the offset and the range, and what to do.
     */
    public OffsetOutOfRangeException(
            final TableBucket bucket,
            final long offset,
            final long earliestOffset,
            final long latestOffset,
            final String message) {
        super(FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION, message);
        this.tableId = bucket.tableId();
        this.partitionId = bucket.partitionId();
        this.bucketId = bucket.bucketId();
        this.offset = offset;
        this.earliestOffset = earliestOffset;
        this.latestOffset = latestOffset;
    }

    private OffsetOutOfRangeException(final String message, final OffsetOutOfRangeException first) {
        super(message, first);
        this.tableId = first.tableId;
        this.partitionId = first.partitionId;
        this.bucketId = first.bucketId;
        this.offset = first.offset;
        this.earliestOffset = first.earliestOffset;
        this.latestOffset = first.latestOffset;
    }

    /**
     * The bucket whose log does not have the offset.
     *
     * @return the bucket.
     */
    public TableBucket bucket() {
        return TableBucket.of(tableId, partitionId, bucketId);
    }

    /**
     * The offset that was wanted.
     *
     * @return an offset outside the range, or within it if the server refused it all the same.
     */
    public long offset() {
        return offset;
    }

    /**
     * The first offset that the log has.
     *
     * @return as the leader told it.
     */
    public long earliestOffset() {
        return earliestOffset;
    }

    /**
     * Where the log ends.
     *
     * @return the offset after the last that can be read; a scanner may begin there, and waits then.
     */
    public long latestOffset() {
        return latestOffset;
    }

    @Override
    public OffsetOutOfRangeException again(final String message) {
        return new OffsetOutOfRangeException(message, this);
    }
}
