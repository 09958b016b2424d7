package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Lease;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * A row of an indexed or compacted log batch, as the application wants to see it: some of the columns, in its order. A
 * column that the table did not have yet when the row was written is null.
 */
final class RowLogRow extends LeasedValues implements LogRow {
    private final RowLogLayout layout;
    private @Nullable RowLogBatch batch;
    // Of the batch; null until the first one.
    private @Nullable RowView view;

    /** A row that stands nowhere yet. */
    RowLogRow(final Lease lease, final RowLogLayout layout) {
        super(lease);
        this.layout = layout;
    }

    @Override
    public void moveTo(final BatchRows newBatch, final int row) {
        final RowLogBatch rows = (RowLogBatch) newBatch;
        batch = rows;
        view = rows.viewFor(view);
        moveTo(row);
    }

    @Override
    public void moveTo(final int row) {
        final RowLogBatch rows = batch;
        if (rows == null) {
            throw new IllegalStateException("the row stands in no batch");
        }
        lease.check();
        rows.readRow(row, values());
        Reference.reachabilityFence(this);
    }

    @Override
    RowView values() {
        final RowView current = view;
        if (current == null) {
            throw new IndexOutOfBoundsException("the row stands at no record");
        }
        return current;
    }

    @Override
    int position(final int pos) {
        final int field = layout.fieldOfColumn(pos);
        if (field >= values().fieldCount()) {
            throw new RowConversionException(
                    layout.rowFields().describe(pos) + ": null was read, for the row is older than the column");
        }
        return field;
    }

    @Override
    public boolean isNullAt(final int pos) {
        lease.check();
        return layout.fieldOfColumn(pos) >= values().fieldCount() || super.isNullAt(pos);
    }

    @Override
    public int fieldCount() {
        return view == null ? 0 : layout.rowFields().count;
    }

    /** The values in parentheses, for example {@code (42, EURUSD, null, 0x0aff)}. */
    @Override
    public String toString() {
        return view == null ? "()" : ValueText.ofRow(this, layout.rowFields());
    }
}
