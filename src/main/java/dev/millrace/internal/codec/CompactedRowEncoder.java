package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import dev.millrace.row.InternalRow;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Rows and keys in the compacted format.
 *
 * <pre>
 *   [null bits: field i is bit i % 8 of byte i / 8][field][field] ...     a null field takes no bytes
 * </pre>
 *
 * <p>A key is the fields alone, and none may be null.
 *
 * <p>The room for all that has a bounded length is taken off at the beginning, so that numbers are written without
 * asking for room, and by address; what varies is held against the rest.
 */
final class CompactedRowEncoder extends RowEncoder {
    private static final int ROWS_UNTIL_UNROLLED = 4_096;

    final ValueType[] types;
    final byte[] kinds;
    // Where in the row each field is read.
    final int[] columns;
    // What each field and all behind it can take at most, without the bytes of values of variable length.
    final int[] restBounds;
    private final @Nullable NestedEncoder[] nested;
    private final boolean isKey;
    private final int nullBitsLength;
    // What everything but values of variable length can take at most.
    private final int fixedBound;
    // Both racy by intent: a row more or a copy more does no harm.
    private int rowsUntilUnrolled = ROWS_UNTIL_UNROLLED;
    private @Nullable FieldsWriter unrolled;

    /** Writes the first fields of a row; gives the address behind them, or {@link #NO_ROOM}. */
    interface FieldsWriter {
        long write(InternalRow row, UnsafeBuffer target, byte @Nullable [] array, long start, long first, long limit);
    }

    private CompactedRowEncoder(final RowFields row, final int[] columns, final boolean isKey) {
        super(row);
        this.columns = columns;
        this.isKey = isKey;
        this.types = new ValueType[columns.length];
        this.kinds = new byte[columns.length];
        this.nested = new @Nullable NestedEncoder[columns.length];
        this.nullBitsLength = isKey ? 0 : row.nullBitsLength();
        int bound = nullBitsLength + Varint.SLACK;
        for (int field = 0; field < columns.length; field++) {
            types[field] = row.types[columns[field]];
            kinds[field] = types[field].kind;
            nested[field] = NestedEncoder.of(types[field], RowFormat.COMPACTED);
            bound += boundOf(kinds[field]);
        }
        this.fixedBound = bound;
        this.restBounds = new int[columns.length];
        int rest = Varint.SLACK;
        for (int field = columns.length - 1; field >= 0; field--) {
            rest += boundOf(kinds[field]);
            restBounds[field] = rest;
        }
    }

    static CompactedRowEncoder ofRow(final RowFields row) {
        final int[] all = new int[row.count];
        for (int column = 0; column < all.length; column++) {
            all[column] = column;
        }
        return new CompactedRowEncoder(row, all, false);
    }

    static CompactedRowEncoder ofKey(final RowFields row, final int[] columns) {
        return new CompactedRowEncoder(row, columns.clone(), true);
    }

    private static int boundOf(final byte kind) {
        return switch (kind) {
            case ValueKind.ABSENT -> 0;
            case ValueKind.BOOLEAN, ValueKind.BYTE -> Byte.BYTES;
            case ValueKind.SHORT -> Short.BYTES;
            case ValueKind.INT, ValueKind.DATE, ValueKind.TIME -> Varint.MAX_INT_LENGTH;
            case ValueKind.FLOAT -> Float.BYTES;
            case ValueKind.DOUBLE -> Double.BYTES;
            case ValueKind.LONG, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP -> Varint.MAX_LONG_LENGTH;
            case ValueKind.TIMESTAMP -> Varint.MAX_LONG_LENGTH + Varint.MAX_INT_LENGTH;
            case ValueKind.DECIMAL -> 1 + DecimalBytes.MAX_LENGTH;
            default -> Varint.MAX_INT_LENGTH;
        };
    }

    @Override
    public long lengthBound(final InternalRow values) {
        long bound = fixedBound;
        for (int field = 0; field < kinds.length; field++) {
            final NestedEncoder encoder = nested[field];
            if (encoder != null) {
                bound += encoder.lengthBound(values, columns[field]);
            } else if (types[field].isVariable()) {
                bound += variableLength(values, columns[field], kinds[field]);
            }
        }
        return bound;
    }

    @Override
    public int encode(final InternalRow values, final UnsafeBuffer target, final int offset, final int maxLength) {
        checkFieldCount(values);
        if (maxLength < fixedBound) {
            return NO_ROOM;
        }
        target.boundsCheck(offset, maxLength);
        final byte[] array = target.byteArray();
        final long start = target.addressOffset() + offset;
        clearNullBits(array, start);
        final long end = put(values, target, array, start, start + maxLength);
        return end < 0 ? NO_ROOM : (int) (end - start);
    }

    private long put(
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long limit) {
        final long first = start + nullBitsLength;
        final FieldsWriter writer = unrolled;
        if (writer == null) {
            if (--rowsUntilUnrolled == 0) {
                unroll();
            }
            return putFrom(0, row, target, array, start, first, limit);
        }
        final long at;
        try {
            at = writer.write(row, target, array, start, first, limit);
        } catch (RuntimeException e) {
            // The loop that asks knows the column, and fails at it again.
            clearNullBits(array, start);
            return putFrom(0, row, target, array, start, first, limit);
        }
        return at < 0 || kinds.length <= CompactedFields.LENGTH
                ? at
                : putFrom(CompactedFields.LENGTH, row, target, array, start, at, limit);
    }

    /** May write up to a word more, which belongs to the fields; they come later. */
    private void clearNullBits(final byte @Nullable [] array, final long start) {
        for (int i = 0; i < nullBitsLength; i += Long.BYTES) {
            RawMemory.putLong(array, start + i, 0);
        }
    }

    /** From now on writes by a copy of the loop made for this encoder; false where the JVM makes no classes at run time. */
    boolean unroll() {
        unrolled = CompactedFields.of(this);
        return unrolled != null;
    }

    private long putFrom(
            final int firstField,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long first,
            final long limit) {
        long at = first;
        int field = firstField;
        try {
            for (; field < kinds.length && at >= 0; field++) {
                at = put(field, columns[field], row, target, array, start, at, limit);
            }
        } catch (RuntimeException e) {
            throw failure(columns[field], e);
        }
        return at;
    }

    private long put(
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        return switch (kinds[field]) {
            case ValueKind.BOOLEAN ->
                CompactedFields.putBoolean(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.BYTE -> CompactedFields.putByte(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.SHORT -> CompactedFields.putShort(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.INT -> CompactedFields.putInt(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.DATE -> CompactedFields.putDate(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.LONG -> CompactedFields.putLong(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.FLOAT -> CompactedFields.putFloat(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.DOUBLE -> CompactedFields.putDouble(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.COMPACT_TIMESTAMP ->
                CompactedFields.putMillis(this, field, pos, row, target, array, start, at, limit);
            case ValueKind.STRING -> CompactedFields.putString(this, field, pos, row, target, array, start, at, limit);
            default -> CompactedFields.putOther(this, field, pos, row, target, array, start, at, limit);
        };
    }

    /** Writes a null, which has no bytes; gives the address as it was. */
    long putNull(final int field, final byte @Nullable [] array, final long start, final long at) {
        if (types[field].notNull || isKey) {
            throw new Misfit("null" + (isKey ? " in a key" : ""));
        }
        final long bits = start + (field >>> 3);
        RawMemory.putByte(array, bits, (byte) (RawMemory.getByte(array, bits) | 1 << (field & 7)));
        return at;
    }

    /** Writes a value of one of the kinds that have no step of their own. */
    long putRare(
            final int field,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        final int pos = columns[field];
        final int position = (int) (at - target.addressOffset());
        return switch (kinds[field]) {
            case ValueKind.ABSENT -> putNull(field, array, start, at);
            case ValueKind.TIME -> Varint.putInt(array, at, CheckedValues.millisOfDay(row, pos));
            case ValueKind.COMPACT_DECIMAL ->
                Varint.putLong(array, at, CheckedValues.compactDecimal(row, pos, types[field]));
            case ValueKind.TIMESTAMP ->
                Varint.putInt(
                        array,
                        Varint.putLong(array, at, row.getEpochMillis(pos, types[field].precision)),
                        CheckedValues.nanoOfMillis(row, pos, types[field]));
            case ValueKind.DECIMAL -> at + putDecimal(row, pos, types[field], target, position);
            default -> {
                final int room = (int) (limit - at) - restBounds[field];
                final int length = putVariable(row, field, target, position + 1, room);
                yield length < 0 || length > room ? NO_ROOM : at + Varint.putLengthBefore(target, position, length);
            }
        };
    }

    private static int putDecimal(
            final InternalRow values, final int pos, final ValueType type, final UnsafeBuffer target, final int at) {
        final byte[] unscaled = CheckedValues.decimal(values, pos, type);
        target.putByte(at, (byte) unscaled.length);
        target.putBytes(at + 1, unscaled);
        return 1 + unscaled.length;
    }

    private int putVariable(
            final InternalRow values, final int field, final UnsafeBuffer target, final int at, final int room) {
        final int pos = columns[field];
        switch (kinds[field]) {
            case ValueKind.CHAR -> {
                final int length = values.copyString(pos, target, at, room);
                if (length <= room) {
                    CheckedValues.checkCharacters(target, at, length, types[field]);
                }
                return length;
            }
            case ValueKind.BINARY, ValueKind.BYTES -> {
                final int length = values.copyBytes(pos, target, at, room);
                CheckedValues.checkBytes(length, types[field]);
                return length;
            }
            default -> {
                final NestedEncoder encoder = nested[field];
                if (encoder == null) {
                    throw new IllegalStateException("no encoder for " + types[field]);
                }
                return encoder.encode(values, pos, target, at, room);
            }
        }
    }
}
