package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.error.RpcException;
import dev.millrace.metadata.TableBucket;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.Map;

/**
 * Reads the log of a table row by row up to an end: the offsets that are the latest when the reader is made, or others.
 * What is written meanwhile beyond them is left alone.
 *
 * <pre>{@code
 * scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
 * try (LogReader reader = LogReader.untilLatest(scanner)) {
 *     while (!reader.isDone()) {
 *         try (ScanRecords records = reader.poll(Duration.ofSeconds(1))) {
 *             records.forEach(record -> process(record.row()));
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>A reader takes a {@link LogScanner} over with its subscriptions and the positions that they have reached. A bucket
 * ends when its position comes to its stop, and is fetched no more. From then on the scanner refuses other subscriptions;
 * its {@code unsubscribe} methods give a bucket up, one that cannot be read on for instance, and the reader is done without it.
 *
 * <p>For one thread at a time: a second one gets a {@link ConcurrentModificationException}. Only {@link #wakeup()} is
 * for another thread. After {@link #close()} every method but {@code close} throws {@link IllegalStateException}.
 */
public final class LogReader implements AutoCloseable {
    private final LogScanner scanner;

    private LogReader(final LogScanner scanner) {
        this.scanner = scanner;
    }

    /**
     * Reads until where the logs of all subscribed buckets end now, which their leaders are asked for. Blocks for the
     * request timeout at most, or twice that if buckets are read from {@link LogScanner#EARLIEST_OFFSET}.
     *
     * @param scanner with subscriptions; the reader closes it. If this method throws, it stays the caller's, as it was.
     * @return a reader; to be closed.
     * @throws IllegalArgumentException the scanner has no subscriptions.
     * @throws IllegalStateException the scanner is closed or belongs to a reader.
     * @throws FlussApiException a server refused: the table is gone, no permission.
     * @throws RpcException the leaders did not answer in time; another attempt may succeed.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again.
     */
    public static LogReader untilLatest(final LogScanner scanner) {
        StopOffsets.untilLatest(scanner.source());
        return new LogReader(scanner);
    }

    /**
     * Reads until given offsets. A bucket whose position is there already, or beyond, is done at once; one whose log does
     * not reach so far waits for the rows. Blocks for the request timeout at most if buckets are read from
     * {@link LogScanner#EARLIEST_OFFSET}, whose logs may begin behind their stops, and not at all otherwise.
     *
     * @param scanner with subscriptions; the reader closes it. If this method throws, it stays the caller's, as it was.
     * @param stoppingOffsets for each subscribed bucket, and no other, the offset after the last record wanted.
     * @return a reader; to be closed.
     * @throws IllegalArgumentException the scanner has no subscriptions, or there is a bucket without a stopping offset, or
     *     one that is not subscribed, or a negative offset.
     * @throws IllegalStateException the scanner is closed or belongs to a reader.
     * @throws FlussApiException a server refused: the table is gone, no permission.
     * @throws RpcException the leaders did not answer in time; another attempt may succeed.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again.
     */
    public static LogReader untilOffsets(final LogScanner scanner, final Map<TableBucket, Long> stoppingOffsets) {
        StopOffsets.untilOffsets(scanner.source(), stoppingOffsets);
        return new LogReader(scanner);
    }

    /**
     * Returns the next records, at most {@code scannerLogMaxPollRecords} of them, as {@link LogScanner#poll} does. An empty
     * result means that none came in time, or that there are no more: {@link #isDone()} tells these apart.
     *
     * @param timeout how long to wait at most; zero to only look. There is no wait when all is read.
     * @return the records, in place; to be closed. Empty if there were none in time, or {@link #wakeup()} was called, or
     *     all is read.
     * @throws OffsetOutOfRangeException the log of a bucket does not have the offset that is due.
     * @throws FlussApiException a bucket cannot be read on: the table is gone, for example.
     * @throws CorruptDataException a bucket cannot be read on: its data fails its checks.
     * @throws BufferExhaustedException the read memory is too small for a batch, or results that the application did not
     *     close hold all of it.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again, and nothing is lost.
     */
    public ScanRecords poll(final Duration timeout) {
        return scanner.poll(timeout);
    }

    /**
     * Tells whether all records up to the stops were polled. Does not block.
     *
     * @return true if every later poll is empty.
     */
    public boolean isDone() {
        return scanner.isDone();
    }

    /** Ends the wait of the thread inside {@link #poll}, or else of the next call that would wait. For any thread. */
    public void wakeup() {
        scanner.wakeup();
    }

    /** Closes the scanner. Records that were polled stay readable until they are closed themselves. Idempotent. */
    @Override
    public void close() {
        scanner.close();
    }
}
