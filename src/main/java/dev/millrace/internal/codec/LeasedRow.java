package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.row.InternalRow;

/** A value of ROW under a lease. */
final class LeasedRow extends LeasedValues implements InternalRow {
    private final RowView row;

    LeasedRow(final Lease lease, final RowView row) {
        super(lease);
        this.row = row;
    }

    @Override
    BinaryValues values() {
        return row;
    }

    @Override
    public int fieldCount() {
        return row.fieldCount();
    }
}
