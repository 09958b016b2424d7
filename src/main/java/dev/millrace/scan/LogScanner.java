package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.metadata.PartitionBucket;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.Map;

/**
 * Reads the log of a table row by row: subscribes to buckets, each from an offset on, and polls.
 *
 * <pre>{@code
 * try (LogScanner scanner = table.newScan().createLogScanner()) {
 *     scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
 *     while (running) {
 *         try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
 *             ScanRecords.Cursor cursor = records.cursor();
 *             while (cursor.next()) {
 *                 sum += cursor.row().getLong(0);
 *             }
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>Fetching goes on in the background, ahead of the application, within {@code scannerBufferMemorySize}; an
 * application that stops polling holds a bounded amount of memory and uses no CPU.
 *
 * <p>For one thread at a time: a second one that comes while one is inside gets a
 * {@link ConcurrentModificationException}. Only {@link #wakeup()} is for another thread. After {@link #close()} every
 * method but {@code close} throws {@link IllegalStateException}; results that were polled before stay readable until they
 * are closed themselves.
 */
public final class LogScanner implements AutoCloseable {
    /** Stands for the earliest offset that the log still has. */
    public static final long EARLIEST_OFFSET = -2;

    private final LogSource source;
    private final RowCollector rows;

    LogScanner(final ScanContext context) {
        this.source = new LogSource(context, false);
        this.rows = new RowCollector(
                context.layout(), context.memory(), context.config().scannerLogMaxPollRecords());
    }

    /**
     * Reads a bucket from now on, beginning at an offset. A bucket that is subscribed already starts over there.
     *
     * @param bucket from 0.
     * @param offset of the first record wanted, or {@link #EARLIEST_OFFSET}.
     * @throws IllegalArgumentException the table has no such bucket, or the offset is negative.
     * @throws UnsupportedOperationException the table is partitioned: use {@link #subscribePartition}.
     */
    public void subscribe(final int bucket, final long offset) {
        source.subscribe(Map.of(bucket, offset));
    }

    /**
     * Reads several buckets from now on. The others stay as they are.
     *
     * @param offsets for each bucket the offset of the first record wanted, or {@link #EARLIEST_OFFSET}.
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
     * @param offset of the first record wanted, or {@link #EARLIEST_OFFSET}.
     * @throws IllegalArgumentException the partitions of the table have no such bucket, or the offset is negative.
     * @throws UnsupportedOperationException the table is not partitioned: use {@link #subscribe}.
     */
    public void subscribePartition(final long partitionId, final int bucket, final long offset) {
        source.subscribePartitions(Map.of(PartitionBucket.of(partitionId, bucket), offset));
    }

    /**
     * Reads several buckets of partitions from now on. The others stay as they are.
     *
     * @param offsets for each bucket the offset of the first record wanted, or {@link #EARLIEST_OFFSET}.
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
     * Returns the next records, at most {@code scannerLogMaxPollRecords} of them, the buckets in turn. Returns at once if
     * there are any, and otherwise waits for them. The two records of an update, {@link ChangeType#UPDATE_BEFORE} and
     * {@link ChangeType#UPDATE_AFTER}, always come together, even if only one record was asked for.
     *
     * <p>A failure of one bucket is thrown again by every call until that bucket is subscribed anew, at another offset,
     * or unsubscribed; the other buckets lose nothing by it.
     *
     * @param timeout how long to wait at most; zero to only look.
     * @return the records, in place; to be closed. Empty if there were none in time, or {@link #wakeup()} was called.
     * @throws OffsetOutOfRangeException the log of a bucket does not have the offset that is due; subscribe to it anew.
     * @throws FlussApiException a bucket cannot be read on: the table or the partition is gone, or the user may not read
     *     it, for example.
     * @throws UnsupportedOperationException a bucket cannot be read on: its server does not serve what that takes.
     * @throws CorruptDataException a bucket cannot be read on: its data fails its checks.
     * @throws BufferExhaustedException the read memory is too small for a batch, or results that the application did not
     *     close hold all of it.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again, and nothing is lost.
     */
    public ScanRecords poll(final Duration timeout) {
        return source.poll(rows, timeout);
    }

    /** Ends the wait of the thread inside {@link #poll}, or else of the next call that would wait. For any thread. */
    public void wakeup() {
        source.wakeUp();
    }

    LogSource source() {
        return source;
    }

    /** Whether a reader that took this scanner over has all that it wanted. */
    boolean isDone() {
        return source.isDone(rows);
    }

    /** Stops fetching and gives up what was not polled. Waits a few seconds at most. Idempotent. */
    @Override
    public void close() {
        source.close();
    }
}
