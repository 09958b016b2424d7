package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;

/** A row of an Arrow batch, or a value of ROW in one. The former can be moved to other rows; for one thread then. */
final class ArrowRow extends ArrowValues implements LogRow {
    private static final ArrowColumn[] NO_COLUMNS = {};

    private final RowFields fields;
    private ArrowColumn[] columns;
    private int row;

    /** A row that stands nowhere yet. */
    ArrowRow(final Lease lease, final RowFields fields) {
        this(lease, fields, NO_COLUMNS, 0);
    }

    ArrowRow(final Lease lease, final RowFields fields, final ArrowColumn[] columns, final int row) {
        super(lease);
        this.fields = fields;
        this.columns = columns;
        this.row = row;
    }

    @Override
    public void moveTo(final BatchRows batch, final int newRow) {
        columns = ((ArrowBatch) batch).columns();
        row = newRow;
    }

    @Override
    public void moveTo(final int newRow) {
        row = newRow;
    }

    @Override
    ArrowColumn column(final int pos) {
        return columns[pos];
    }

    @Override
    int index(final int pos) {
        return row;
    }

    @Override
    public int fieldCount() {
        return columns.length;
    }

    /** The values in parentheses, for example {@code (42, EURUSD, null, 0x0aff)}. */
    @Override
    public String toString() {
        return columns.length == 0 ? "()" : ValueText.ofRow(this, fields);
    }
}
