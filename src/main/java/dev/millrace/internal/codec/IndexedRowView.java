package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/** An indexed row; see {@link IndexedRowEncoder} for the layout. */
final class IndexedRowView extends RowView {
    private static final int NANOS_PER_MILLI = 1_000_000;

    private static final int ROWS_UNTIL_UNROLLED = 4_096;

    private final int headLength;
    // Where the length of each field stands among the lengths if none is null.
    private final int[] slots;
    private @Nullable FieldsReader unrolled;
    private int rowsUntilUnrolled = ROWS_UNTIL_UNROLLED;

    /** Reads the first fields of a row without nulls, and gives the address behind them. */
    interface FieldsReader {
        long read(IndexedRowView row, byte @Nullable [] array, long start, long first, long limit);
    }

    IndexedRowView(final RowFields fields) {
        super(fields, RowFormat.INDEXED);
        this.headLength = IndexedRowEncoder.headLength(fields);
        this.slots = new int[fields.count];
        int slot = nullBitsLength;
        for (int field = 0; field < slots.length; field++) {
            slots[field] = slot;
            slot += IndexedRowEncoder.hasLength(kinds[field]) ? Integer.BYTES : 0;
        }
    }

    @Override
    long wrapFields(final byte @Nullable [] array, final long start, final long limit, final long readable) {
        if (limit - start < headLength) {
            throw damagedAt(start, 0, "the lengths of all columns need " + headLength + " bytes");
        }
        final long first = start + headLength;
        final FieldsReader reader = unrolled;
        if (reader != null && held() == kinds) {
            return wrapFrom(UnrolledReader.LENGTH, array, start, reader.read(this, array, start, first, limit), limit);
        }
        if (--rowsUntilUnrolled == 0) {
            unroll();
        }
        return wrapFrom(0, array, start, first, limit);
    }

    /**
     * From now on reads rows without nulls by a copy of the loop made for this view; false where the JVM makes no classes at
     * run time.
     */
    boolean unroll() {
        final MethodHandle[] steps = new MethodHandle[Math.min(kinds.length, UnrolledReader.LENGTH)];
        for (int field = 0; field < steps.length; field++) {
            steps[field] = step(field);
        }
        unrolled = UnrolledReader.of(steps);
        return unrolled != null;
    }

    /** @param firstField if not 0, then no field before it is null. */
    private long wrapFrom(
            final int firstField, final byte @Nullable [] array, final long start, final long first, final long limit) {
        if (firstField >= kinds.length) {
            return first;
        }
        final byte[] held = held();
        int slot = slots[firstField];
        long at = first;
        for (int field = firstField; field < held.length; field++) {
            final byte kind = held[field];
            at = switch (kind) {
                case ValueKind.NULL -> at;
                case ValueKind.BOOLEAN, ValueKind.BYTE -> wrapByte(field, slot, array, start, at, limit);
                case ValueKind.SHORT -> wrapShort(field, slot, array, start, at, limit);
                case ValueKind.INT, ValueKind.DATE, ValueKind.TIME, ValueKind.FLOAT ->
                    wrapInt(field, slot, array, start, at, limit);
                case ValueKind.LONG, ValueKind.DOUBLE, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP ->
                    wrapLong(field, slot, array, start, at, limit);
                case ValueKind.TIMESTAMP -> wrapTimestamp(field, slot, array, start, at, limit);
                case ValueKind.CHAR, ValueKind.BINARY -> wrapPadded(field, slot, array, start, at, limit);
                default -> wrapBytes(field, slot, array, start, at, limit);
            };
            slot += IndexedRowEncoder.hasLength(kind) ? Integer.BYTES : 0;
        }
        return at;
    }

    /** How to read a field of a row without nulls: a method below, bound to the field. */
    private MethodHandle step(final int field) {
        final String method = switch (kinds[field]) {
            case ValueKind.BOOLEAN, ValueKind.BYTE -> "wrapByte";
            case ValueKind.SHORT -> "wrapShort";
            case ValueKind.INT, ValueKind.DATE, ValueKind.TIME, ValueKind.FLOAT -> "wrapInt";
            case ValueKind.LONG, ValueKind.DOUBLE, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP -> "wrapLong";
            case ValueKind.TIMESTAMP -> "wrapTimestamp";
            case ValueKind.CHAR, ValueKind.BINARY -> "wrapPadded";
            default -> "wrapBytes";
        };
        final MethodHandles.Lookup lookup = MethodHandles.lookup();
        final MethodType type =
                UnrolledReader.STEP.dropParameterTypes(0, 1).insertParameterTypes(0, int.class, int.class);
        try {
            return MethodHandles.insertArguments(
                    lookup.findVirtual(IndexedRowView.class, method, type), 1, field, slots[field]);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private void require(final int length, final long at, final long limit, final int field) {
        if (length > limit - at) {
            throw tooLong(length, at, limit, field);
        }
    }

    private long wrapByte(
            final int field,
            final int slot,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        require(Byte.BYTES, at, limit, field);
        numbers[field] = RawMemory.getByte(array, at);
        return at + Byte.BYTES;
    }

    private long wrapShort(
            final int field,
            final int slot,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        require(Short.BYTES, at, limit, field);
        numbers[field] = RawMemory.getShort(array, at);
        return at + Short.BYTES;
    }

    private long wrapInt(
            final int field,
            final int slot,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        require(Integer.BYTES, at, limit, field);
        numbers[field] = RawMemory.getInt(array, at);
        return at + Integer.BYTES;
    }

    private long wrapLong(
            final int field,
            final int slot,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        require(Long.BYTES, at, limit, field);
        numbers[field] = RawMemory.getLong(array, at);
        return at + Long.BYTES;
    }

    private long wrapTimestamp(
            final int field,
            final int slot,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        require(Long.BYTES + Integer.BYTES, at, limit, field);
        numbers[field] = RawMemory.getLong(array, at);
        lengths[field] = checkNanos(RawMemory.getInt(array, at + Long.BYTES), at, field);
        return at + Long.BYTES + Integer.BYTES;
    }

    private long wrapPadded(
            final int field,
            final int slot,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        final int width = fields.types[field].length;
        require(width, at, limit, field);
        numbers[field] = positionOf(at);
        lengths[field] = lengthWithoutZeros(array, at, width);
        return at + width;
    }

    private long wrapBytes(
            final int field,
            final int slot,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        final int length = RawMemory.getInt(array, start + slot);
        if (length < 0 || length > limit - at) {
            throw tooLong(length, at, limit, field);
        }
        numbers[field] = positionOf(at);
        lengths[field] = length;
        return at + length;
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
