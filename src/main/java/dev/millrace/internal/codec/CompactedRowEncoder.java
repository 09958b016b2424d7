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
    private final ValueType[] types;
    private final byte[] kinds;
    // Where in the row each field is read.
    private final int[] columns;
    private final @Nullable NestedEncoder[] nested;
    private final boolean isKey;
    private final int nullBitsLength;
    // What everything but values of variable length can take at most.
    private final int fixedBound;

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
        int room = maxLength - fixedBound;
        if (room < 0) {
            return NO_ROOM;
        }
        target.boundsCheck(offset, maxLength);
        final byte[] array = target.byteArray();
        final long base = target.addressOffset();
        final long start = base + offset;
        // What is beyond them belongs to the fields, which come later.
        for (int i = 0; i < nullBitsLength; i += Long.BYTES) {
            RawMemory.putLong(array, start + i, 0);
        }
        long at = start + nullBitsLength;
        int field = 0;
        try {
            for (; field < kinds.length; field++) {
                final int pos = columns[field];
                if (values.isNullAt(pos)) {
                    putNull(array, start, field);
                    continue;
                }
                switch (kinds[field]) {
                    case ValueKind.ABSENT -> putNull(array, start, field);
                    case ValueKind.BOOLEAN -> RawMemory.putByte(array, at++, (byte) (values.getBoolean(pos) ? 1 : 0));
                    case ValueKind.BYTE -> RawMemory.putByte(array, at++, values.getByte(pos));
                    case ValueKind.SHORT -> {
                        RawMemory.putShort(array, at, values.getShort(pos));
                        at += Short.BYTES;
                    }
                    case ValueKind.INT -> at = Varint.putInt(array, at, values.getInt(pos));
                    case ValueKind.DATE -> at = Varint.putInt(array, at, values.getEpochDay(pos));
                    case ValueKind.TIME -> at = Varint.putInt(array, at, CheckedValues.millisOfDay(values, pos));
                    case ValueKind.LONG -> at = Varint.putLong(array, at, values.getLong(pos));
                    case ValueKind.FLOAT -> {
                        RawMemory.putFloat(array, at, values.getFloat(pos));
                        at += Float.BYTES;
                    }
                    case ValueKind.DOUBLE -> {
                        RawMemory.putDouble(array, at, values.getDouble(pos));
                        at += Double.BYTES;
                    }
                    case ValueKind.COMPACT_DECIMAL ->
                        at = Varint.putLong(array, at, CheckedValues.compactDecimal(values, pos, types[field]));
                    case ValueKind.COMPACT_TIMESTAMP ->
                        at = Varint.putLong(array, at, values.getEpochMillis(pos, types[field].precision));
                    case ValueKind.TIMESTAMP -> {
                        at = Varint.putLong(array, at, values.getEpochMillis(pos, types[field].precision));
                        at = Varint.putInt(array, at, CheckedValues.nanoOfMillis(values, pos, types[field]));
                    }
                    case ValueKind.DECIMAL -> at += putDecimal(values, pos, types[field], target, (int) (at - base));
                    default -> {
                        final int length = putVariable(values, field, target, (int) (at - base) + 1, room);
                        if (length < 0 || length > room) {
                            return NO_ROOM;
                        }
                        room -= length;
                        at += Varint.putLengthBefore(target, (int) (at - base), length);
                    }
                }
            }
        } catch (RuntimeException e) {
            throw failure(columns[field], e);
        }
        return (int) (at - start);
    }

    private void putNull(final byte @Nullable [] array, final long start, final int field) {
        if (types[field].notNull || isKey) {
            throw new Misfit("null" + (isKey ? " in a key" : ""));
        }
        final long at = start + (field >>> 3);
        RawMemory.putByte(array, at, (byte) (RawMemory.getByte(array, at) | 1 << (field & 7)));
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
            case ValueKind.CHAR, ValueKind.STRING -> {
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
