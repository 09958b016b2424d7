package dev.millrace.internal.codec;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.Lease;
import dev.millrace.row.InternalRow;
import dev.millrace.types.RowType;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A row of a primary-key table as an application sees it: with the columns of one schema, whatever schema the row was
 * written with. A column that the row is older than is null, and one that the schema does not have is not shown. Stands on
 * memory that is never taken away. Moving is for one thread.
 */
public final class KvRow extends LeasedValues implements InternalRow {
    private static final Lease ENDLESS = new Lease(null, "the row has ended");

    private final RowFields fields;
    // Null until the row is moved somewhere.
    private @Nullable RowView view;

    /** @param columns those that are shown. */
    public KvRow(final RowType columns) {
        super(ENDLESS);
        this.fields = new RowFields(columns);
    }

    private KvRow(final RowFields fields) {
        super(ENDLESS);
        this.fields = fields;
    }

    /** Another row with the same columns, which stands nowhere yet. */
    public KvRow sibling() {
        return new KvRow(fields);
    }

    /**
     * Moves to a row.
     *
     * @param reader for rows of the schema that this one was written with; this row's own from now on.
     * @param memory borrowed until the next move.
     * @throws CorruptDataException the bytes are no such row. Then all columns are null.
     */
    public void moveTo(final RowView reader, final UnsafeBuffer memory, final int offset, final int length) {
        view = reader;
        reader.wrap(memory, offset, length);
    }

    @Override
    RowView values() {
        final RowView current = view;
        if (current == null) {
            throw new IndexOutOfBoundsException("the row stands nowhere");
        }
        return current;
    }

    @Override
    int position(final int pos) {
        Objects.checkIndex(pos, fields.count);
        if (pos >= values().fieldCount()) {
            throw new RowConversionException(
                    fields.describe(pos) + ": null was read, for the row is older than the column");
        }
        return pos;
    }

    @Override
    public boolean isNullAt(final int pos) {
        return Objects.checkIndex(pos, fields.count) >= values().fieldCount() || super.isNullAt(pos);
    }

    @Override
    public int fieldCount() {
        return fields.count;
    }

    /** The values in parentheses, for example {@code (42, EURUSD, null, 0x0aff)}. */
    @Override
    public String toString() {
        return view == null ? "()" : ValueText.ofRow(this, fields);
    }
}
