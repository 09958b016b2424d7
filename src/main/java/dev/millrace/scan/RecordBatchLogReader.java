package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.error.RpcException;
import dev.millrace.metadata.TableBucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.arrow.vector.ipc.ArrowReader;

/**
 * Reads the log of a table as Arrow batches up to an end: the offsets that are the latest when the reader is made, or
 * others. What is written meanwhile beyond them is left alone; a batch that crosses a stop is cut there.
 *
 * <pre>{@code
 * scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
 * try (RecordBatchLogReader reader = RecordBatchLogReader.untilLatest(scanner)) {
 *     Optional<ScanBatch> next;
 *     while ((next = reader.nextBatch()).isPresent()) {
 *         try (ScanBatch batch = next.get()) {
 *             process(batch.batch());
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>A reader takes a {@link RecordBatchLogScanner} over with its subscriptions and the positions that they have reached.
 * A bucket ends when its position comes to its stop, and is fetched no more. From then on the scanner refuses other
 * subscriptions; its {@code unsubscribe} methods give a bucket up, one that cannot be read on for instance, and the reader is
 * done without it.
 *
 * <p>For one thread at a time: a second one gets a {@link ConcurrentModificationException}. Only {@link #wakeup()} is
 * for another thread. After {@link #close()} every method but {@code close} throws {@link IllegalStateException}.
 */
public final class RecordBatchLogReader implements AutoCloseable {
    private final RecordBatchLogScanner scanner;

    private RecordBatchLogReader(final RecordBatchLogScanner scanner) {
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
    public static RecordBatchLogReader untilLatest(final RecordBatchLogScanner scanner) {
        StopOffsets.untilLatest(scanner.source());
        return new RecordBatchLogReader(scanner);
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
    public static RecordBatchLogReader untilOffsets(
            final RecordBatchLogScanner scanner, final Map<TableBucket, Long> stoppingOffsets) {
        StopOffsets.untilOffsets(scanner.source(), stoppingOffsets);
        return new RecordBatchLogReader(scanner);
    }

    /**
     * Returns the next batch, the buckets in turn. Waits for it as long as the request timeout; {@link #wakeup()} does not
     * end that wait, an interrupt does.
     *
     * @return a batch, to be closed; or nothing when all is read, and ever after.
     * @throws RpcException no batch came in time. Names what is missing; nothing is lost, and the call may be repeated.
     * @throws OffsetOutOfRangeException the log of a bucket does not have the offset that is due.
     * @throws FlussApiException a bucket cannot be read on: the table is gone, for example.
     * @throws CorruptDataException a bucket cannot be read on: its data fails its checks.
     * @throws BufferExhaustedException the read memory is too small for a batch, or batches that the application did not
     *     close hold all of it.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again, and nothing is lost.
     */
    public Optional<ScanBatch> nextBatch() {
        final long timeoutNs =
                scanner.source().context().config().requestTimeout().toNanos();
        final long startNs = System.nanoTime();
        while (true) {
            final long leftNs = timeoutNs - (System.nanoTime() - startNs);
            final Optional<ScanBatch> next = scanner.pollOne(Duration.ofNanos(Math.max(0, leftNs)));
            if (next.isPresent() || isDone()) {
                return next;
            }
            if (leftNs <= 0) {
                throw StopOffsets.late(scanner.source());
            }
        }
    }

    /**
     * Returns the next batches, as {@link RecordBatchLogScanner#poll} does. An empty list means that none came in time, or
     * that there are no more: {@link #isDone()} tells these apart.
     *
     * @param timeout how long to wait at most; zero to only look. There is no wait when all is read.
     * @return the batches, each to be closed. Empty if there were none in time, or {@link #wakeup()} was called, or all is
     *     read.
     * @throws OffsetOutOfRangeException the log of a bucket does not have the offset that is due.
     * @throws FlussApiException a bucket cannot be read on: the table is gone, for example.
     * @throws CorruptDataException a bucket cannot be read on: its data fails its checks.
     * @throws BufferExhaustedException the read memory is too small for a batch, or batches that the application did not
     *     close hold all of it.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again, and nothing is lost.
     */
    public List<ScanBatch> poll(final Duration timeout) {
        return scanner.poll(timeout);
    }

    /**
     * Tells whether all batches up to the stops were given out. Does not block.
     *
     * @return true if every later call finds none.
     */
    public boolean isDone() {
        return scanner.isDone();
    }

    /**
     * Returns all the batches that are left, by {@link #nextBatch()}. They lie in the read memory
     * ({@code scannerBufferMemorySize}), which has to be large enough for all of them together.
     *
     * @return the batches, each to be closed.
     * @throws RpcException as of {@link #nextBatch()}, like the others; what was gathered is closed then, and does not come
     *     again.
     * @throws FlussApiException a bucket cannot be read on.
     * @throws CorruptDataException a bucket cannot be read on.
     * @throws BufferExhaustedException the read memory is too small for all batches.
     * @throws FlussInterruptedException the thread was interrupted; the flag is set again.
     */
    public List<ScanBatch> collectAllBatches() {
        final List<ScanBatch> all = new ArrayList<>();
        try {
            for (Optional<ScanBatch> next = nextBatch(); next.isPresent(); next = nextBatch()) {
                all.add(next.get());
            }
            return all;
        } catch (RuntimeException | Error e) {
            all.forEach(ScanBatch::close);
            throw e;
        }
    }

    /**
     * Offers the batches that are left as Arrow's own interface has it, for whatever consumes that: each of
     * {@link ArrowReader#loadNextBatch} moves the vectors of the {@link #nextBatch() next batch} into the root of the Arrow
     * reader, without copying them, and throws what that throws. The root lies under the scanner's allocator.
     *
     * <p>For a table with a primary key the root has one column more than the scan, the last: {@code _change_type}, an
     * 8-bit integer with the ordinals of {@link ChangeType}.
     *
     * @return an Arrow reader; to be closed, which closes this reader too. Not to be used beside this one.
     * @throws UnsupportedOperationException the scan has a column {@code _change_type} of its own.
     */
    public ArrowReader toArrowReader() {
        return new BatchArrowReader(this, scanner);
    }

    /**
     * Ends the wait of the thread inside {@link #poll}, or else of the next call that would wait; {@link #nextBatch()} waits
     * on. For any thread.
     */
    public void wakeup() {
        scanner.wakeup();
    }

    /**
     * Closes the scanner. Idempotent.
     *
     * @throws IllegalStateException batches are still open, as of {@link RecordBatchLogScanner#close()}.
     */
    @Override
    public void close() {
        scanner.close();
    }
}
