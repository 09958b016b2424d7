package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RowConversionException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.codec.RootWriter;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.metadata.KvFormat;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableInfo;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.arrow.memory.BufferAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Reads a few rows of one bucket and ends.
 *
 * <pre>{@code
 * TableBucket bucket = TableBucket.of(table.getTableInfo().tableId(), 0);
 * try (LimitBatchScanner scanner = table.newScan().limit(100).createBucketBatchScanner(bucket)) {
 *     for (ScanBatch batch : scanner.collectAllBatches()) {
 *         try (batch) {
 *             process(batch.batch());
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>Of a log these are the last rows that are acknowledged, in their order. The server reads one file of its log for
 * them: if the rows asked for lie in two, because a new one was begun lately, it gives those of the first, and the newest
 * are not among them. Rows that the server keeps in remote storage only are not given. Of a table with a primary key
 * these are rows as they are now, in the order of the server's keys: the first ones, and so the same ones again and
 * again. Either way there are no more than the limit, and fewer only if the bucket, or the file, has fewer.
 *
 * <p>The server is asked once, by the first call; all rows are from one moment. Columns that were added to the table
 * after a row was written are null in it.
 *
 * <p>For one thread at a time; a second one inside gets a {@link ConcurrentModificationException}.
 */
public final class LimitBatchScanner implements AutoCloseable {
    private final ScanContext context;
    private final TableBucket bucket;
    private final int limit;
    private final int[] columns;
    private final BufferAllocator allocator;
    private final AtomicBoolean isInside = new AtomicBoolean();

    // Of the thread inside.
    private @Nullable LimitedBatches answer;
    // Batches of a collectAllBatches that failed later on; they come first in the next call.
    private final Deque<ScanBatch> kept = new ArrayDeque<>();
    private @Nullable CorruptDataException damage;
    private boolean isDone;
    private boolean isClosed;

    /**
     * Takes over the allocator.
     *
     * @param columns the positions of those that the application sees.
     */
    LimitBatchScanner(
            final ScanContext context,
            final TableBucket bucket,
            final int limit,
            final int[] columns,
            final BufferAllocator allocator) {
        this.context = context;
        this.bucket = bucket;
        this.limit = limit;
        this.columns = columns;
        this.allocator = allocator;
    }

    /**
     * Where the rows are from.
     *
     * @return the bucket that this scanner was made for.
     */
    public TableBucket bucket() {
        return bucket;
    }

    /**
     * Returns the next batch. The first call asks the leader of the bucket, again and again while it moves or cannot be
     * reached; it blocks for {@code requestTimeout} at most, and once more if rows have a schema that must be asked for.
     * Later calls block only where memory is short. After an exception that is retriable, and after an interrupt, the call
     * may be repeated and nothing is lost.
     *
     * @return a batch, to be closed by the caller; empty after the last one.
     * @throws FlussApiException the leader refused: the table or its partition is gone, the user may not read it, or the
     *     last rows of a log lie in remote storage.
     * @throws RpcException the leader was not found or did not answer in time; the last failure is the cause.
     * @throws CorruptDataException the rows fail their checks.
     * @throws RowConversionException a timestamp lies beyond what Arrow can hold in its unit.
     * @throws BufferExhaustedException the rows need more than all read memory, or others hold it; with a smaller limit
     *     they may fit.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     * @throws IllegalStateException this scanner or its connection is closed.
     */
    public Optional<ScanBatch> nextBatch() {
        enter();
        try {
            return Optional.ofNullable(next());
        } finally {
            isInside.set(false);
        }
    }

    /**
     * Returns all batches that {@link #nextBatch()} would, and blocks and fails like it. What was read before a failure
     * is kept for the next call.
     *
     * @return the batches, each to be closed by the caller; none if there is none any more.
     */
    public List<ScanBatch> collectAllBatches() {
        enter();
        final List<ScanBatch> all = new ArrayList<>();
        boolean isWhole = false;
        try {
            for (ScanBatch batch = next(); batch != null; batch = next()) {
                all.add(batch);
            }
            isWhole = true;
            return all;
        } finally {
            if (!isWhole) {
                kept.addAll(all);
            }
            isInside.set(false);
        }
    }

    private @Nullable ScanBatch next() {
        if (isClosed) {
            throw new IllegalStateException("the scanner of " + where() + " is closed");
        }
        final ScanBatch first = kept.poll();
        if (first != null || isDone) {
            return first;
        }
        if (damage != null) {
            throw damage.again();
        }
        try {
            return read();
        } catch (final CorruptDataException e) {
            dropAnswer();
            damage = new CorruptDataException(where() + ": " + e.getMessage(), e);
            throw damage;
        } catch (final RowConversionException e) {
            throw e.again(where() + ": " + e.getMessage());
        }
    }

    private @Nullable ScanBatch read() {
        final long deadlineNs =
                System.nanoTime() + context.config().requestTimeout().toNanos();
        LimitedBatches batches = answer;
        if (batches == null) {
            batches = ask(deadlineNs);
            answer = batches;
        }
        final ScanBatch batch = batches.next(deadlineNs);
        if (batch == null) {
            isDone = true;
            dropAnswer();
        } else {
            context.metrics().returned(batch.numRecords());
        }
        return batch;
    }

    private LimitedBatches ask(final long deadlineNs) {
        final LimitRequest.Records records = new LimitRequest(context, bucket, limit, deadlineNs).ask();
        boolean isTaken = false;
        try {
            final LimitedBatches batches = batches(records);
            isTaken = true;
            return batches;
        } finally {
            if (!isTaken) {
                records.block().release();
            }
        }
    }

    private LimitedBatches batches(final LimitRequest.Records records) {
        final TableInfo table = context.table();
        if (!table.hasPrimaryKey()) {
            return new LimitedLog(context, bucket, records, limit, logBatchMaker());
        }
        final RowFormat format = table.kvFormat() == KvFormat.COMPACTED ? RowFormat.COMPACTED : RowFormat.INDEXED;
        return new LimitedValues(bucket, records, limit, new RowViews(context, format), rootWriter(), allocator);
    }

    private BatchMaker logBatchMaker() {
        final LogFormat format = context.table().logFormat();
        if (format == LogFormat.ARROW) {
            return new ArrowBatchMaker(context, allocator);
        }
        final RowFormat rows = format == LogFormat.COMPACTED ? RowFormat.COMPACTED : RowFormat.INDEXED;
        return new RowBatchMaker(new RowViews(context, rows), rootWriter(), allocator);
    }

    private RootWriter rootWriter() {
        return new RootWriter(context.layout().rowType(), columns);
    }

    private String where() {
        return "table " + context.table().tablePath() + ", " + bucket;
    }

    private void dropAnswer() {
        final LimitedBatches dropped = answer;
        if (dropped != null) {
            answer = null;
            dropped.close();
        }
    }

    private void enter() {
        if (!isInside.compareAndSet(false, true)) {
            throw new ConcurrentModificationException(
                    "two threads use the scanner of " + where() + " at the same time");
        }
    }

    /**
     * Gives up what was not read. Never blocks. Idempotent.
     *
     * @throws IllegalStateException batches are still open. Everything but their memory and the allocator is closed all
     *     the same; after the batches are, another call closes the allocator too.
     */
    @Override
    public void close() {
        enter();
        try {
            isClosed = true;
            dropAnswer();
            kept.forEach(ScanBatch::close);
            kept.clear();
            // Arrow's own check would leave the allocator closed, and the batches with no way to be closed.
            if (allocator.getAllocatedMemory() > 0) {
                throw new IllegalStateException("the scanner of " + where() + " was closed while "
                        + allocator.getAllocatedMemory() + " bytes of its batches were open");
            }
            allocator.close();
        } finally {
            isInside.set(false);
        }
    }
}
