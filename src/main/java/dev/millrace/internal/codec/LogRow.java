package dev.millrace.internal.codec;

import dev.millrace.row.InternalRow;

/** A row that moves over the batches of one layout. Moving is for one thread. Got from {@link LogLayout#newRow}. */
public sealed interface LogRow extends InternalRow permits ArrowRow, RowLogRow {
    /** @param row one of the batch's. */
    void moveTo(BatchRows batch, int row);

    /** @param row another one of the same batch. */
    void moveTo(int row);
}
