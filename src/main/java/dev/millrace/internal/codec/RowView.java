package dev.millrace.internal.codec;

import dev.millrace.error.CorruptDataException;
import dev.millrace.row.InternalRow;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A row read in place. {@link #wrap} goes over it once, checks every length, and keeps the numbers and where the bytes
 * lie; getters then only look up. Nothing is allocated but text, byte arrays and nested values that are asked for.
 */
public abstract sealed class RowView extends BinaryValues implements InternalRow
        permits CompactedRowView, IndexedRowView {
    final RowFields fields;
    final byte[] kinds;
    // For each field: the kind of what it holds or NULL; its number, or where its bytes begin; their count, or
    // nanoseconds.
    final byte[] held;
    final long[] numbers;
    final int[] lengths;
    private int start;
    private int end;

    RowView(final RowFields fields, final RowFormat format) {
        super(format);
        this.fields = fields;
        this.kinds = fields.kinds();
        this.held = new byte[fields.count];
        this.numbers = new long[fields.count];
        this.lengths = new int[fields.count];
    }

    /**
     * Reads the row that fills a range of memory.
     *
     * @param source borrowed until the next wrap.
     * @throws CorruptDataException the bytes are no such row. Then all fields read as null.
     */
    public final void wrap(final UnsafeBuffer source, final int offset, final int length) {
        checkRange(source, offset, length);
        memory = source;
        start = offset;
        end = offset + length;
        boolean whole = false;
        try {
            if (length < fields.nullBitsLength()) {
                throw new CorruptDataException("damaged " + formatName() + " row: " + length + " bytes where "
                        + fields.count + " null bits are due");
            }
            final int at = wrapFields(source, offset, end);
            if (at != end) {
                throw new CorruptDataException("damaged " + formatName() + " row: " + (end - at) + " of " + length
                        + " bytes are left over after " + fields.count + " fields");
            }
            whole = true;
        } finally {
            if (!whole) {
                Arrays.fill(held, ValueKind.NULL);
            }
        }
    }

    /** Fills the arrays, and gives the position behind the last field. */
    abstract int wrapFields(UnsafeBuffer source, int offset, int limit);

    final CorruptDataException damagedAt(final int at, final int field, final String what) {
        return new CorruptDataException("damaged " + formatName() + " row: byte " + (at - start) + " of "
                + (end - start) + ", " + fields.describe(field) + ": " + what);
    }

    private String formatName() {
        return format == RowFormat.COMPACTED ? "compacted" : "indexed";
    }

    @Override
    public final int fieldCount() {
        return kinds.length;
    }

    @Override
    final long number(final byte kind, final int pos, final String getter) {
        if (held[pos] != kind) {
            throw mismatch(pos, getter);
        }
        return numbers[pos];
    }

    @Override
    final int nanos(final int pos) {
        return lengths[pos];
    }

    @Override
    final byte kindAt(final int pos) {
        return held[pos];
    }

    @Override
    final int startOf(final int pos) {
        return (int) numbers[pos];
    }

    @Override
    final int lengthAt(final int pos) {
        return lengths[pos];
    }

    @Override
    final ValueType typeAt(final int pos) {
        return fields.types[pos];
    }

    @Override
    final String describe(final int pos) {
        return fields.describe(pos);
    }

    /** The values in parentheses, for example {@code (42, EURUSD, null, 0x0aff)}. */
    @Override
    public final String toString() {
        return ValueText.ofRow(this, fields);
    }
}
