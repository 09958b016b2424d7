package dev.millrace.write;

import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RowConversionException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What the writers of log tables and those of primary-key tables have in common: rows of one shape on their way into
 * batches, and what became of them. Their javadoc says what each method promises. Safe for any number of threads.
 */
final class RowWriter {
    private final RecordAccumulator accumulator;
    private final TableQueues table;
    private final RowShape shape;
    private final AtomicReference<@Nullable FlussException> firstFailure = new AtomicReference<>();
    private volatile boolean closed;

    RowWriter(final RecordAccumulator accumulator, final TableQueues table, final RowShape shape) {
        this.accumulator = accumulator;
        this.table = table;
        this.shape = shape;
    }

    /** What the batches with rows of this writer are like. */
    BatchFormat format() {
        return shape.format();
    }

    RowShape shape() {
        return shape;
    }

    GenericRow newRow() {
        return new GenericRow(shape.info().rowType().fieldCount());
    }

    int column(final String name) {
        final int position = shape.info().rowType().indexOf(name);
        if (position < 0) {
            throw new IllegalArgumentException("table " + table.path() + " has no column " + name + " but "
                    + shape.info().schema().columnNames());
        }
        return position;
    }

    WriteResultFuture write(final InternalRow row, final Change change) {
        final WriteResultFuture future = write(row, change, true);
        if (future == null) {
            throw new IllegalStateException("no memory, and no failure to get it");
        }
        return future;
    }

    @Nullable WriteResultFuture tryWrite(final InternalRow row, final Change change) {
        return write(row, change, false);
    }

    /** Null if there is no memory and the caller does not wait for any. */
    private @Nullable WriteResultFuture write(final InternalRow row, final Change change, final boolean waits) {
        ensureOpen();
        final BucketQueue queue = table.queueFor(row, shape);
        final WriteResultFuture future = queue.tryAppend(row, change, this);
        return future != null ? future : writeToNewBatch(row, change, queue.partition.onNewBatch(queue), waits);
    }

    void ensureOpen() {
        if (closed) {
            throw new IllegalStateException("the writer is closed");
        }
    }

    private @Nullable WriteResultFuture writeToNewBatch(
            final InternalRow row, final Change change, final BucketQueue queue, final boolean waits) {
        accumulator.ensureOpen();
        WriteResultFuture future = queue.tryAppend(row, change, this);
        while (future == null) {
            final BatchFormat.Plan plan = queue.planFor(row, change, this);
            if (plan.isForOneRow()) {
                refuseTooLarge(plan.batchLength());
            }
            final Block block =
                    waits ? accumulator.acquire(plan.blockLength()) : accumulator.tryAcquire(plan.blockLength());
            if (block == null) {
                return null;
            }
            future = queue.appendToNew(row, change, this, plan, block);
        }
        return future;
    }

    /** @throws RowConversionException a batch of a row is longer than a request may be. */
    void refuseTooLarge(final int length) {
        final int limit = accumulator.settings().requestLength();
        if (length > limit) {
            throw new RowConversionException("a row of " + table.path() + " needs a batch of " + length
                    + " bytes, more than a request may have: " + limit + " (client.writer.request-max-size)");
        }
    }

    void flush() {
        for (final WriteResultFuture future : outstanding()) {
            future.awaitEnd();
        }
        throwFirstFailure();
    }

    void flush(final Duration timeout) {
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        final List<WriteResultFuture> outstanding = outstanding();
        for (final WriteResultFuture future : outstanding) {
            if (!future.await(deadlineNs)) {
                throw new RpcException("not all rows of " + table.path() + " were acknowledged within " + timeout);
            }
        }
        throwFirstFailure();
    }

    private List<WriteResultFuture> outstanding() {
        final List<WriteResultFuture> futures = new ArrayList<>();
        table.forEachQueue(queue -> queue.collectOutstanding(this, futures));
        // All of them first, so that they leave together; then one waits for each.
        futures.forEach(WriteResultFuture::hurry);
        return futures;
    }

    private void throwFirstFailure() {
        final FlussException failure = firstFailure.getAndSet(null);
        if (failure != null) {
            throw UnsupportedApi.thrown(failure.again());
        }
    }

    void noteFailure(final FlussException failure) {
        firstFailure.compareAndSet(null, failure);
    }

    void close() {
        close(Duration.ofNanos(accumulator.settings().requestTimeoutNs()));
    }

    void close(final Duration timeout) {
        if (closed) {
            return;
        }
        closed = true;
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        final List<WriteResultFuture> outstanding = outstanding();
        outstanding.forEach(future -> future.await(deadlineNs));
        final long unconfirmed = outstanding.stream()
                .filter(future -> !future.isDone())
                .mapToLong(WriteResultFuture::rowCount)
                .sum();
        if (unconfirmed > 0) {
            throw new DeliveryTimeoutException(
                    "up to " + unconfirmed + " rows of " + table.path() + " were not acknowledged within " + timeout
                            + " when the writer was closed",
                    DeliveryTimeoutException.Outcome.OUTCOME_UNKNOWN);
        }
        throwFirstFailure();
    }
}
