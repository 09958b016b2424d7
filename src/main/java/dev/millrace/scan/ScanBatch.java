package dev.millrace.scan;

import dev.millrace.metadata.TableBucket;
import org.apache.arrow.vector.VectorSchemaRoot;

/**
 * A batch of a log as Arrow vectors, in place: they lie in received memory, which they hold until the batch is closed.
 * The batch belongs to the application, which closes it, or closes the root, or moves the vectors on by Arrow's means. What it
 * forgets shows in the allocator of the scanner, whose {@code close} then throws.
 *
 * <p>Not safe for several threads at a time.
 */
public final class ScanBatch implements AutoCloseable {
    private final TableBucket bucket;
    private final VectorSchemaRoot batch;
    private final long baseOffset;
    private final int numRecords;
    private final long timestamp;

    ScanBatch(final TableBucket bucket, final VectorSchemaRoot batch, final long baseOffset, final long timestamp) {
        this.bucket = bucket;
        this.batch = batch;
        this.baseOffset = baseOffset;
        this.numRecords = batch.getRowCount();
        this.timestamp = timestamp;
    }

    /**
     * Where the batch is from.
     *
     * @return one of the subscribed buckets.
     */
    public TableBucket bucket() {
        return bucket;
    }

    /**
     * The rows. TIMESTAMP_LTZ columns have the time zone UTC.
     *
     * @return a root with the columns of the scan; closed with this object.
     */
    public VectorSchemaRoot batch() {
        return batch;
    }

    /**
     * Where the first row is.
     *
     * @return its offset in the log of the bucket; the others follow without a gap.
     */
    public long baseOffset() {
        return baseOffset;
    }

    /**
     * Where the last row is.
     *
     * @return its offset in the log of the bucket.
     */
    public long lastOffset() {
        return baseOffset + numRecords - 1;
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
     * @return milliseconds since the epoch.
     */
    public long timestamp() {
        return timestamp;
    }

    /** Closes the root and so gives the memory back. Idempotent. */
    @Override
    public void close() {
        batch.close();
    }

    @Override
    public String toString() {
        return "ScanBatch[bucket=" + bucket + ", offsets=" + baseOffset + ".." + lastOffset() + "]";
    }
}
