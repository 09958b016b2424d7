package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.types.RowType;

/** What the log batches of a table hold, and which of the columns the application wants. Shared by all batches. */
public sealed interface LogLayout permits ArrowLayout, RowLogLayout {
    /** The columns that the application sees, in its order. */
    RowType rowType();

    /** Something to wrap batches with. */
    BatchRows newBatch();

    /** A row that stands nowhere yet. */
    LogRow newRow(Lease lease);
}
