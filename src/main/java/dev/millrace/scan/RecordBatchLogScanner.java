package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.metadata.PartitionBucket;
import dev.millrace.metadata.TableBucket;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Reads the log of a table as Arrow batches, in place: what is received becomes vectors without a copy.
 *
 * <pre>{@code
 * try (RecordBatchLogScanner scanner = table.newScan().createRecordBatchLogScanner()) {
 *     scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
 *     for (ScanBatch batch : scanner.poll(Duration.ofSeconds(1))) {
 *         try (batch) {
 *             process(batch.batch());
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>Fetching goes on in the background as for a {@link LogScanner}, and the same holds for threads: one at a time, or
 * {@link ConcurrentModificationException}; only {@link #wakeup()} is for another thread.
 */
public final class RecordBatchLogScanner implements AutoCloseable {
    private final LogSource source;
    private final BufferAllocator allocator;
    private final ArrowRoots roots;
    private final BatchCollector batches;
    private final Collector<Optional<ScanBatch>> single;

    /** Takes over the allocator. */
    RecordBatchLogScanner(final ScanContext context, final BufferAllocator allocator) {
        this.source = new LogSource(context, true);
        this.allocator = allocator;
        this.roots = new ArrowRoots(context.layout().rowType(), allocator);
        this.batches = new BatchCollector(roots, context.config().scannerLogMaxPollRecords());
        this.single = batches.single();
    }

    /**
     * Reads a bucket from now on, beginning at an offset. A bucket that is subscribed already starts over there.
     *
     * @param bucket from 0.
     * @param offset of the first record wanted, or {@link LogScanner#EARLIEST_OFFSET}.
     * @throws IllegalArgumentException the table has no such bucket, or the offset is negative.
     * @throws UnsupportedOperationException the table is partitioned: use {@link #subscribePartition}.
     */
    public void subscribe(final int bucket, final long offset) {
        source.subscribe(Map.of(bucket, offset));
    }

    /**
     * Reads several buckets from now on. The others stay as they are.
     *
     * @param offsets for each bucket the offset of the first record wanted, or {@link LogScanner#EARLIEST_OFFSET}.
     * @throws IllegalArgumentException the table has no such bucket, or an offset is negative; nothing has changed then.
     * @throws UnsupportedOperationException the table is partitioned: use {@link #subscribePartitionBuckets}.
     */
    public void subscribeBuckets(final Map<Integer, Long> offsets) {
        source.subscribe(offsets);
    }

    /**
     * Reads a bucket of a partition from now on, beginning at an offset. A bucket that is subscribed already starts over
     * there. Whether there is such a partition shows when the scanner polls.
     *
     * @param partitionId the number of the partition, as {@code FlussAdmin.listPartitionInfos} tells it.
     * @param bucket from 0.
     * @param offset of the first record wanted, or {@link LogScanner#EARLIEST_OFFSET}.
     * @throws IllegalArgumentException the partitions of the table have no such bucket, or the offset is negative.
     * @throws UnsupportedOperationException the table is not partitioned: use {@link #subscribe}.
     */
    public void subscribePartition(final long partitionId, final int bucket, final long offset) {
        source.subscribePartitions(Map.of(PartitionBucket.of(partitionId, bucket), offset));
    }

    /**
     * Reads several buckets of partitions from now on. The others stay as they are.
     *
     * @param offsets for each bucket the offset of the first record wanted, or {@link LogScanner#EARLIEST_OFFSET}.
     * @throws IllegalArgumentException the partitions of the table have no such bucket, or an offset is negative; nothing
     *     has changed then.
     * @throws UnsupportedOperationException the table is not partitioned: use {@link #subscribeBuckets}.
     */
    public void subscribePartitionBuckets(final Map<PartitionBucket, Long> offsets) {
        source.subscribePartitions(offsets);
    }

    /**
     * Reads a bucket no more. What was fetched ahead of it is dropped.
     *
     * @param bucket one that is subscribed or not.
     * @throws UnsupportedOperationException the table is partitioned: use {@link #unsubscribePartition}.
     */
    public void unsubscribe(final int bucket) {
        source.unsubscribe(bucket);
    }

    /**
     * Reads a bucket of a partition no more. What was fetched ahead of it is dropped.
     *
     * @param partitionId the number of the partition.
     * @param bucket one that is subscribed or not.
     * @throws UnsupportedOperationException the table is not partitioned: use {@link #unsubscribe}.
     */
    public void unsubscribePartition(final long partitionId, final int bucket) {
        source.unsubscribePartition(partitionId, bucket);
    }

    /**
     * Tells whether the table is partitioned.
     *
     * @return false if buckets are all that its log is divided into.
     */
    public boolean isPartitioned() {
        return source.context().table().isPartitioned();
    }

    /**
     * The subscriptions.
     *
     * @return for each subscribed bucket the offset that the next {@link #poll} goes on with, or
     *     {@link LogScanner#EARLIEST_OFFSET} if nothing was polled yet.
     */
    public Map<TableBucket, Long> getSubscribedBuckets() {
        return source.positions();
    }

    /**
     * Returns the next batches, the buckets in turn: at least one if there is any, and more until they have
     * {@code scannerLogMaxPollRecords} rows together. Batches are never cut, but for rows below the offset subscribed
     * to. Returns at once if there is something, and otherwise waits for it.
     *
     * <p>A failure of one bucket is thrown again by every call until that bucket is subscribed anew, at another offset,
     * or unsubscribed; the other buckets lose nothing by it.
     *
     * @param timeout how long to wait at most; zero to only look.
     * @return the batches, each to be closed. Empty if there were none in time, or {@link #wakeup()} was called.
     * @throws OffsetOutOfRangeException the log of a bucket does not have the offset that is due; subscribe to it anew.
     * @throws FlussApiException a bucket cannot be read on: the table or the partition is gone, for example.
     * @throws CorruptDataException a bucket cannot be read on: its data fails its checks.
     * @throws BufferExhaustedException the read memory is too small for a batch, or batches that the application did not
     *     close hold all of it.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again, and nothing is lost.
     */
    public List<ScanBatch> poll(final Duration timeout) {
        return source.poll(batches, timeout);
    }

    /** Ends the wait of the thread inside {@link #poll}, or else of the next call that would wait. For any thread. */
    public void wakeup() {
        source.wakeUp();
    }

    LogSource source() {
        return source;
    }

    BufferAllocator allocator() {
        return allocator;
    }

    /** Of the batches. */
    Schema schema() {
        return roots.schema();
    }

    /** The same as {@link #poll} for one batch. */
    Optional<ScanBatch> pollOne(final Duration timeout) {
        return source.poll(single, timeout);
    }

    /** Whether a reader that took this scanner over has all that it wanted. */
    boolean isDone() {
        return source.isDone(batches);
    }

    /**
     * Stops fetching and gives up what was not polled. Waits a few seconds at most. Idempotent.
     *
     * @throws IllegalStateException batches are still open. Everything but their memory and the allocator is closed all
     *     the same; after the batches are, another call closes the allocator too.
     */
    @Override
    public void close() {
        source.close();
        batches.result().forEach(ScanBatch::close);
        // Arrow's own check would leave the allocator closed, and the batches with no way to be closed.
        if (allocator.getAllocatedMemory() > 0) {
            throw new IllegalStateException("the scanner of table "
                    + source.context().table().tablePath() + " was closed while "
                    + allocator.getAllocatedMemory() + " bytes of its batches were open");
        }
        allocator.close();
    }
}
