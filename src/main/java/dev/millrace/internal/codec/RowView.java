package dev.millrace.internal.codec;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.RawMemory;
import dev.millrace.row.InternalRow;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A row read in place. {@link #wrap} goes over it once, checks every length, and keeps the numbers and where the bytes
 * lie; getters then only look up. Nothing is allocated but text, byte arrays and nested values that are asked for.
 */
public abstract sealed class RowView extends BinaryValues implements InternalRow
        permits CompactedRowView, IndexedRowView {
    final RowFields fields;
    final byte[] kinds;
    final int nullBitsLength;
    // For each field: the kind of what it holds or NULL, which is the row of kinds itself where there is no null; its
    // number, or where its bytes begin; their count, or nanoseconds.
    private byte[] held;
    private final byte[] heldWithNulls;
    final long[] numbers;
    final int[] lengths;
    private int start;
    private int end;

    RowView(final RowFields fields, final RowFormat format) {
        super(format);
        this.fields = fields;
        this.kinds = fields.kinds();
        this.nullBitsLength = fields.nullBitsLength();
        this.heldWithNulls = new byte[fields.count];
        this.held = heldWithNulls;
        this.numbers = new long[fields.count];
        this.lengths = new int[fields.count];
    }

    /** Another view for rows of the same type, which stands nowhere yet. */
    public final RowView sibling() {
        return format == RowFormat.COMPACTED ? new CompactedRowView(fields) : new IndexedRowView(fields);
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
            if (length < nullBitsLength) {
                throw new CorruptDataException("damaged " + formatName() + " row: " + length + " bytes where "
                        + fields.count + " null bits are due");
            }
            final byte[] array = source.byteArray();
            final long at = source.addressOffset() + offset;
            held = findNulls(array, at);
            final int found =
                    (int) (wrapFields(array, at, at + length, source.addressOffset() + source.capacity()) - at);
            if (found != length) {
                throw new CorruptDataException("damaged " + formatName() + " row: " + (length - found) + " of " + length
                        + " bytes are left over after " + fields.count + " fields");
            }
            whole = true;
        } finally {
            if (!whole) {
                Arrays.fill(heldWithNulls, ValueKind.NULL);
                held = heldWithNulls;
            }
        }
    }

    /** What each field holds, by the null bits. */
    private byte[] findNulls(final byte @Nullable [] array, final long at) {
        int any = 0;
        for (int i = 0; i < nullBitsLength; i++) {
            any |= RawMemory.getByte(array, at + i);
        }
        if (any == 0) {
            return kinds;
        }
        for (int field = 0; field < kinds.length; field++) {
            final boolean isNull = (RawMemory.getByte(array, at + (field >>> 3)) >>> (field & 7) & 1) != 0;
            heldWithNulls[field] = isNull ? ValueKind.NULL : kinds[field];
        }
        return heldWithNulls;
    }

    /**
     * Fills the arrays for all fields that {@link #held} says are there, and gives the address behind the last one. Memory
     * is given as {@link RawMemory} takes it.
     *
     * @param start of the row; its null bits are there.
     * @param limit the end of the row.
     * @param readable the end of the memory that may be read.
     */
    abstract long wrapFields(byte @Nullable [] array, long start, long limit, long readable);

    /** What each field of the row at hand holds: its kind, or NULL. */
    final byte[] held() {
        return held;
    }

    /** Where an address lies in the memory. */
    final long positionOf(final long address) {
        return address - memory.addressOffset();
    }

    final CorruptDataException damagedAt(final long address, final int field, final String what) {
        return new CorruptDataException("damaged " + formatName() + " row: byte " + (positionOf(address) - start)
                + " of " + (end - start) + ", " + fields.describe(field) + ": " + what);
    }

    final CorruptDataException tooLong(final int length, final long at, final long limit, final int field) {
        return damagedAt(at, field, "a value of " + length + " bytes, of which " + (limit - at) + " are there");
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
