package dev.millrace.write;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RowConversionException;
import dev.millrace.error.RpcException;
import dev.millrace.metadata.TableInfo;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Upserts rows into a primary-key table and deletes them. Safe for any number of threads; a program shares one writer
 * among them all.
 *
 * <p>Rows go straight into the memory of the batch that will be sent, and the call returns. Batches leave when they are
 * full, when their linger is over, or at once when somebody waits for them. What one thread does to a key takes effect in
 * the order of its calls, whichever writers of the connection it uses: the last one wins.
 *
 * <p>Writers of one table that write the same columns share batches. Rows of others need batches and requests of their own,
 * so a program that often changes between two sets of columns sends many small ones.
 *
 * <p>In a partitioned table, the values of the partition columns say where a row goes, for deletes too. A partition that
 * does not exist is created, as for {@link AppendWriter}.
 */
public final class UpsertWriter implements AutoCloseable {
    private final RowWriter rows;

    /** @param info the table as this writer's rows know it: others may know it with fewer or more columns. */
    UpsertWriter(
            final RecordAccumulator accumulator, final TableQueues table, final TableInfo info, final KvTarget target) {
        this.rows = new RowWriter(accumulator, table, table.shape(info, target));
    }

    /**
     * A row with all columns of the table, to be filled by its typed setters, written, and filled again; see
     * {@link AppendWriter#newRow()}. For partial updates, set the columns that are written and leave the others.
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
     * Writes one row in the place of the one with the same key, if there is one, and returns once it lies in a batch; the
     * future tells what became of that batch. Blocks while write memory is full, at most
     * {@code Config.writerBufferWaitTimeout()}.
     *
     * <p>In a table with a merge engine, the row is merged with the one that is there. A writer of some columns sets these and
     * keeps the others; in a new row they are null.
     *
     * @param row has all columns of the table; a writer of some columns reads these only. Read during this call only and never
     *     kept; the caller may reuse it at once.
     * @return the result of the row's batch, shared by all rows in it. What the server refuses comes as
     *     {@link FlussApiException}: deletes for example where the table is not to have any.
     * @throws RowConversionException a value does not fit its column, is null in a key, or cannot be part of a partition's
     *     name; nothing was written.
     * @throws FlussApiException the table or the partition was dropped; nothing was written. Of a table, get it anew; to a
     *     partition, the call may be repeated.
     * @throws BufferExhaustedException no memory came free in time; nothing was written, and the call may be repeated.
     * @throws FlussInterruptedException interrupted while waiting for memory; nothing was written, and the flag is set
     *     again.
     * @throws IllegalStateException the writer or its connection is closed.
     */
    public WriteResultFuture upsert(final InternalRow row) {
        return rows.write(row, Change.PUT);
    }

    /**
     * Upserts one row if there is memory for it right now, for callers that would rather drop or keep a row than wait.
     * Never blocks.
     *
     * @param row as for {@link #upsert}.
     * @return as {@link #upsert}; null if there was no memory, and then nothing was written.
     * @throws RowConversionException as {@link #upsert}.
     * @throws IllegalStateException as {@link #upsert}.
     */
    public @Nullable WriteResultFuture tryUpsert(final InternalRow row) {
        return rows.tryWrite(row, Change.PUT);
    }

    /**
     * Deletes the row with the same key, if there is one, and returns once that lies in a batch. Blocks as {@link #upsert}
     * does. Nothing happens for a key that has no row.
     *
     * <p>A writer of some columns sets these to null, and deletes the row only if all others are null, too.
     *
     * @param row has all columns of the table, of which only those of the primary key are read.
     * @return as {@link #upsert}.
     * @throws RowConversionException a value does not fit its key column, is null, or cannot be part of a partition's name;
     *     nothing was written.
     * @throws FlussApiException as {@link #upsert}.
     * @throws BufferExhaustedException as {@link #upsert}.
     * @throws FlussInterruptedException as {@link #upsert}.
     * @throws IllegalStateException as {@link #upsert}.
     */
    public WriteResultFuture delete(final InternalRow row) {
        return rows.write(row, Change.DELETE);
    }

    /**
     * Deletes as {@link #delete} does if there is memory for it right now. Never blocks.
     *
     * @param row as {@link #delete}.
     * @return as {@link #upsert}; null if there was no memory, and then nothing was written.
     * @throws RowConversionException as {@link #delete}.
     * @throws IllegalStateException as {@link #upsert}.
     */
    public @Nullable WriteResultFuture tryDelete(final InternalRow row) {
        return rows.tryWrite(row, Change.DELETE);
    }

    /**
     * Sends what this writer has written and waits until all of it is acknowledged.
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
     * Refuses further rows and waits for those that were written, at most {@code Config.requestTimeout()}. The machinery
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
