package dev.millrace.write;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RowConversionException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.codec.VectorRows;
import dev.millrace.internal.memory.Block;
import dev.millrace.metadata.TableInfo;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.jspecify.annotations.Nullable;

/**
 * Appends rows to a log table. Safe for any number of threads; a program shares one writer among them all.
 *
 * <p>A row is written straight into the memory of the batch that will be sent, and the call returns. Batches leave when
 * they are full, when their linger is over, or at once when somebody waits for them. Within a bucket, rows of one
 * thread keep their order. The bucket is chosen by the table's bucket key; without one by turns, and then none that is
 * known to have no leader if another has one.
 *
 * <p>In a partitioned table, the values of the partition columns say where a row goes. A partition that does not exist is
 * created, unless {@code Config.writerDynamicCreatePartitionEnabled()} is off. Nobody waits for that: rows of the partition
 * gather in batches of their own, and the rest of the table goes on. They take write memory meanwhile, as all rows do, and
 * their delivery timeout runs. If the partition cannot be created, or is not to be, their futures fail with the reason and
 * its name. If it is dropped while it is written to, what was not acknowledged fails with {@code PARTITION_NOT_EXISTS}, as
 * may an append at that moment; rows after that are taken for a partition that does not exist.
 */
public final class AppendWriter implements AutoCloseable {
    private final RecordAccumulator accumulator;
    private final TableQueues table;
    private final RowWriter rows;

    /** @param info the table as this writer's rows know it: others may know it with fewer or more columns. */
    AppendWriter(final RecordAccumulator accumulator, final TableQueues table, final TableInfo info) {
        this.accumulator = accumulator;
        this.table = table;
        this.rows = new RowWriter(accumulator, table, table.shape(info, KvTarget.WHOLE_ROWS));
    }

    /**
     * A row with the columns of the table, to be filled by its typed setters, appended, and filled again. So a row costs no
     * object; {@link GenericRow#setUtf8} and {@link GenericRow#setBytes} take text and bytes without one, too.
     *
     * <pre>{@code
     * GenericRow row = writer.newRow();          // one a thread
     * int price = writer.column("price");        // looked up once
     * row.setDouble(price, 42.5);
     * writer.append(row);                        // copied into the batch; set it anew
     * }</pre>
     *
     * <p>A program whose values lie in objects of its own makes these implement {@link InternalRow} instead: the writer then
     * reads them through the getters, and nothing is copied in between.
     *
     * @return a new row of nulls, the caller's.
     */
    public GenericRow newRow() {
        return rows.newRow();
    }

    /**
     * The position of a column in the rows of the table.
     *
     * @param name of the column, as in the schema.
     * @return from 0.
     * @throws IllegalArgumentException there is no such column.
     */
    public int column(final String name) {
        return rows.column(name);
    }

    /**
     * Appends one row and returns once it lies in a batch; the future tells what became of that batch. Blocks while
     * write memory is full, at most {@code Config.writerBufferWaitTimeout()}.
     *
     * @param row read during this call only and never kept; the caller may reuse it at once.
     * @return the result of the row's batch, shared by all rows in it.
     * @throws RowConversionException a value does not fit its column, is null in a key, or cannot be part of a partition's
     *     name; nothing was written.
     * @throws FlussApiException the table or the partition was dropped; nothing was written. Of a table, get it anew; to a
     *     partition, the call may be repeated.
     * @throws BufferExhaustedException no memory came free in time; nothing was written, and the call may be repeated.
     * @throws FlussInterruptedException interrupted while waiting for memory; nothing was written, and the flag is set
     *     again.
     * @throws IllegalStateException the writer or its connection is closed.
     */
    public WriteResultFuture append(final InternalRow row) {
        return rows.write(row, Change.PUT);
    }

    /**
     * Appends one row if there is memory for it right now, for callers that would rather drop or keep a row than wait.
     * Never blocks.
     *
     * @param row as for {@link #append}.
     * @return as {@link #append}; null if there was no memory, and then nothing was written.
     * @throws RowConversionException as {@link #append}.
     * @throws IllegalStateException as {@link #append}.
     */
    public @Nullable WriteResultFuture tryAppend(final InternalRow row) {
        return rows.tryWrite(row, Change.PUT);
    }

    /**
     * Appends all rows of an Arrow batch. Where the table is an ARROW log without bucket key and partitions, whole columns
     * are copied, into as many batches as their length asks for; otherwise row by row, each to its bucket. Blocks as
     * {@link #append} does.
     *
     * @param root has the columns of the table, under their names and in their order; the Arrow type of each is the one
     *     that a scan of the table gives, time zones apart. Stays the caller's, and is not needed any more when this
     *     returns.
     * @return the result of all batches that have a row of it; if several fail, it tells of the first.
     * @throws RowConversionException a column is missing or of another type, or a value does not fit its column. Nothing
     *     was written; only of a table with a bucket key or partitions, or of a row format, the rows before may be.
     * @throws BufferExhaustedException as {@link #append}; the message says how many rows are written nevertheless.
     * @throws FlussInterruptedException as {@link #append}; the message says how many rows are written nevertheless.
     * @throws IllegalStateException as {@link #append}.
     */
    public WriteResultFuture appendArrowBatch(final VectorSchemaRoot root) {
        rows.ensureOpen();
        final VectorRows vectors = new VectorRows(rows.shape().info().rowType(), root);
        final List<BatchFormat.Cut> cuts = table.choosesByRow()
                ? null
                : rows.format().cut(vectors, accumulator.settings().batchLength());
        final Set<WriteResultFuture> results = new LinkedHashSet<>();
        int written = 0;
        try {
            if (cuts == null) {
                for (; written < vectors.rowCount(); written++) {
                    results.add(append(vectors.row(written)));
                }
            } else {
                for (final BatchFormat.Cut cut : cuts) {
                    accumulator.refuseBeyondMemory(cut.blockLength());
                    rows.refuseTooLarge(cut.rowCount() == 1 ? cut.batchLength() : 0);
                }
                for (final BatchFormat.Cut cut : cuts) {
                    results.add(appendWhole(vectors, cut));
                    written += cut.rowCount();
                }
            }
        } catch (FlussException e) {
            throw e.again("after " + written + " of " + vectors.rowCount() + " rows: " + e.getMessage());
        }
        return Deliveries.resultOf(List.copyOf(results));
    }

    private WriteResultFuture appendWhole(final VectorRows vectors, final BatchFormat.Cut cut) {
        accumulator.ensureOpen();
        final BucketQueue queue = table.queueFor(vectors.row(0), rows.shape());
        final Block block = accumulator.acquire(cut.blockLength());
        boolean taken = false;
        try {
            final WriteResultFuture future = queue.appendWhole(cut.opener().apply(block), rows, block);
            taken = true;
            queue.partition.onNewBatch(queue);
            return future;
        } finally {
            if (!taken) {
                block.release();
            }
        }
    }

    /**
     * Sends what this writer has appended and waits until all of it is acknowledged.
     *
     * @throws FlussException the first failure of a batch with rows of this writer since the last flush; what it says
     *     holds for the rows of that batch, the other batches went their own way.
     * @throws FlussInterruptedException interrupted while waiting; nothing is lost, and the flag is set again.
     */
    public void flush() {
        rows.flush();
    }

    /**
     * As {@link #flush()}, with a bound.
     *
     * @param timeout how long at most.
     * @throws RpcException the time passed first; what is not acknowledged yet goes on.
     */
    public void flush(final Duration timeout) {
        rows.flush(timeout);
    }

    /**
     * Refuses further rows and waits for those that were appended, at most {@code Config.requestTimeout()}. The machinery
     * belongs to the connection and stays. Idempotent.
     *
     * @throws FlussException as {@link #flush()}.
     * @throws DeliveryTimeoutException the time passed first. The message says how many rows are not acknowledged; they
     *     go on, and their futures tell what becomes of them.
     */
    @Override
    public void close() {
        rows.close();
    }

    /**
     * As {@link #close()}, with another bound.
     *
     * @param timeout how long to wait at most.
     */
    public void close(final Duration timeout) {
        rows.close(timeout);
    }
}
