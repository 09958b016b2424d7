package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.concurrent.UnsafeBuffer;

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
    int wrapFields(final UnsafeBuffer source, final int offset, final int limit) {
        if (limit - offset < headLength) {
            throw damagedAt(offset, 0, "the lengths of all columns need " + headLength + " bytes");
        }
        int slot = offset + fields.nullBitsLength();
        int at = offset + headLength;
        for (int field = 0; field < kinds.length; field++) {
            if ((source.getByte(offset + (field >>> 3)) >>> (field & 7) & 1) != 0) {
                held[field] = ValueKind.NULL;
                continue;
            }
            final byte kind = kinds[field];
            held[field] = kind;
            final int length;
            if (IndexedRowEncoder.hasLength(kind)) {
                length = source.getInt(slot, LITTLE_ENDIAN);
                slot += Integer.BYTES;
            } else {
                length = widths[field];
            }
            if (length < 0 || length > limit - at) {
                throw damagedAt(at, field, "a value of " + length + " bytes, of which " + (limit - at) + " are there");
            }
            switch (kind) {
                case ValueKind.BOOLEAN, ValueKind.BYTE -> numbers[field] = source.getByte(at);
                case ValueKind.SHORT -> numbers[field] = source.getShort(at, LITTLE_ENDIAN);
                case ValueKind.INT, ValueKind.DATE, ValueKind.TIME, ValueKind.FLOAT ->
                    numbers[field] = source.getInt(at, LITTLE_ENDIAN);
                case ValueKind.LONG, ValueKind.DOUBLE, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP ->
                    numbers[field] = source.getLong(at, LITTLE_ENDIAN);
                case ValueKind.TIMESTAMP -> {
                    numbers[field] = source.getLong(at, LITTLE_ENDIAN);
                    lengths[field] = checkNanos(source.getInt(at + Long.BYTES, LITTLE_ENDIAN), at, field);
                }
                case ValueKind.CHAR, ValueKind.BINARY -> {
                    numbers[field] = at;
                    lengths[field] = lengthWithoutZeros(source, at, length);
                }
                default -> {
                    numbers[field] = at;
                    lengths[field] = length;
                }
            }
            at += length;
        }
        return at;
    }

    /** Values of a fixed length were filled up with zeros at their end. */
    private static int lengthWithoutZeros(final UnsafeBuffer source, final int at, final int width) {
        int length = width;
        while (length > 0 && source.getByte(at + length - 1) == 0) {
            length--;
        }
        return length;
    }

    private int checkNanos(final int nanos, final int at, final int field) {
        if (nanos < 0 || nanos >= NANOS_PER_MILLI) {
            throw damagedAt(at, field, nanos + " nanoseconds of the millisecond");
        }
        return nanos;
    }
}
