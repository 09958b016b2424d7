package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import org.jspecify.annotations.Nullable;

/** An indexed row; see {@link IndexedRowEncoder} for the layout. */
final class IndexedRowView extends RowView {
    private static final int NANOS_PER_MILLI = 1_000_000;

    private final int[] widths;
    private final int headLength;

    IndexedRowView(final RowFields fields) {
        super(fields, RowFormat.INDEXED);
        this.widths = new int[fields.count];
        int head = fields.nullBitsLength();
        for (int field = 0; field < widths.length; field++) {
            widths[field] = IndexedRowEncoder.widthOf(fields.types[field]);
            if (IndexedRowEncoder.hasLength(kinds[field])) {
                head += Integer.BYTES;
            }
        }
        this.headLength = head;
    }

    @Override
    long wrapFields(final byte @Nullable [] array, final long start, final long limit, final long readable) {
        if (limit - start < headLength) {
            throw damagedAt(start, 0, "the lengths of all columns need " + headLength + " bytes");
        }
        final byte[] held = held();
        final long[] numbers = this.numbers;
        long slot = start + nullBitsLength;
        long at = start + headLength;
        for (int field = 0; field < held.length; field++) {
            final byte kind = held[field];
            if (kind == ValueKind.NULL) {
                continue;
            }
            final int length;
            if (IndexedRowEncoder.hasLength(kind)) {
                length = RawMemory.getInt(array, slot);
                slot += Integer.BYTES;
            } else {
                length = widths[field];
            }
            if (length < 0 || length > limit - at) {
                throw damagedAt(at, field, "a value of " + length + " bytes, of which " + (limit - at) + " are there");
            }
            switch (kind) {
                case ValueKind.BOOLEAN, ValueKind.BYTE -> numbers[field] = RawMemory.getByte(array, at);
                case ValueKind.SHORT -> numbers[field] = RawMemory.getShort(array, at);
                case ValueKind.INT, ValueKind.DATE, ValueKind.TIME, ValueKind.FLOAT ->
                    numbers[field] = RawMemory.getInt(array, at);
                case ValueKind.LONG, ValueKind.DOUBLE, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP ->
                    numbers[field] = RawMemory.getLong(array, at);
                case ValueKind.TIMESTAMP -> {
                    numbers[field] = RawMemory.getLong(array, at);
                    lengths[field] = checkNanos(RawMemory.getInt(array, at + Long.BYTES), at, field);
                }
                case ValueKind.CHAR, ValueKind.BINARY -> {
                    numbers[field] = positionOf(at);
                    lengths[field] = lengthWithoutZeros(array, at, length);
                }
                default -> {
                    numbers[field] = positionOf(at);
                    lengths[field] = length;
                }
            }
            at += length;
        }
        return at;
    }

    /** Values of a fixed length were filled up with zeros at their end. */
    private static int lengthWithoutZeros(final byte @Nullable [] array, final long at, final int width) {
        int length = width;
        while (length > 0 && RawMemory.getByte(array, at + length - 1) == 0) {
            length--;
        }
        return length;
    }

    private int checkNanos(final int nanos, final long at, final int field) {
        if (nanos < 0 || nanos >= NANOS_PER_MILLI) {
            throw damagedAt(at, field, nanos + " nanoseconds of the millisecond");
        }
        return nanos;
    }
}
