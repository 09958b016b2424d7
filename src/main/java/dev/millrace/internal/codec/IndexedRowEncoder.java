package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import dev.millrace.row.InternalRow;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Rows in the indexed format.
 *
 * <pre>
 *   [null bits][length: int][length: int] ... [field][field] ...     a null field takes no bytes
 * </pre>
 *
 * <p>There is a length for every column of variable length. The values that are not null take them in order, and those
 * left over are 0.
 */
final class IndexedRowEncoder extends RowEncoder {
    private final ValueType[] types;
    private final byte[] kinds;
    private final @Nullable NestedEncoder[] nested;
    private final int nullBitsLength;
    private final int headLength;
    // What everything but values of variable length takes at most, and a word more for what is written by words.
    private final int fixedBound;

    IndexedRowEncoder(final RowFields row) {
        super(row);
        this.types = row.types;
        this.kinds = row.kinds();
        this.nested = new @Nullable NestedEncoder[row.count];
        this.nullBitsLength = row.nullBitsLength();
        int bound = 0;
        for (int field = 0; field < row.count; field++) {
            nested[field] = NestedEncoder.of(types[field], RowFormat.INDEXED);
            bound += boundOf(types[field]);
        }
        this.headLength = headLength(row);
        this.fixedBound = headLength + bound + Long.BYTES;
    }

    /** The bytes before the fields; a column that is absent in the rows to be written has its length all the same. */
    static int headLength(final RowFields row) {
        int length = row.nullBitsLength();
        for (final ValueType type : row.types) {
            length += hasLength(ValueKind.of(type.type)) ? Integer.BYTES : 0;
        }
        return length;
    }

    /** Whether a column's values have a length of their own at the front. */
    static boolean hasLength(final byte kind) {
        return kind >= ValueKind.CHAR && kind != ValueKind.CHAR && kind != ValueKind.BINARY;
    }

    private static int boundOf(final ValueType type) {
        return type.kind == ValueKind.DECIMAL ? DecimalBytes.MAX_LENGTH : widthOf(type);
    }

    /** The bytes of a value; 0 where they vary. */
    static int widthOf(final ValueType type) {
        return switch (type.kind) {
            case ValueKind.BOOLEAN, ValueKind.BYTE -> Byte.BYTES;
            case ValueKind.SHORT -> Short.BYTES;
            case ValueKind.INT, ValueKind.DATE, ValueKind.TIME -> Integer.BYTES;
            case ValueKind.FLOAT -> Float.BYTES;
            case ValueKind.DOUBLE -> Double.BYTES;
            case ValueKind.LONG, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP -> Long.BYTES;
            case ValueKind.TIMESTAMP -> Long.BYTES + Integer.BYTES;
            case ValueKind.CHAR, ValueKind.BINARY -> type.length;
            default -> 0;
        };
    }

    @Override
    public long lengthBound(final InternalRow values) {
        long bound = fixedBound;
        for (int field = 0; field < kinds.length; field++) {
            final NestedEncoder encoder = nested[field];
            if (encoder != null) {
                bound += encoder.lengthBound(values, field);
            } else if (kinds[field] == ValueKind.STRING || kinds[field] == ValueKind.BYTES) {
                bound += variableLength(values, field, kinds[field]);
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
        for (int i = 0; i < headLength; i += Long.BYTES) {
            RawMemory.putLong(array, start + i, 0);
        }
        long slot = start + nullBitsLength;
        long at = start + headLength;
        int field = 0;
        try {
            for (; field < kinds.length; field++) {
                if (values.isNullAt(field)) {
                    putNull(array, start, field);
                    continue;
                }
                switch (kinds[field]) {
                    case ValueKind.ABSENT -> putNull(array, start, field);
                    case ValueKind.BOOLEAN -> RawMemory.putByte(array, at++, (byte) (values.getBoolean(field) ? 1 : 0));
                    case ValueKind.BYTE -> RawMemory.putByte(array, at++, values.getByte(field));
                    case ValueKind.SHORT -> {
                        RawMemory.putShort(array, at, values.getShort(field));
                        at += Short.BYTES;
                    }
                    case ValueKind.INT -> {
                        RawMemory.putInt(array, at, values.getInt(field));
                        at += Integer.BYTES;
                    }
                    case ValueKind.DATE -> {
                        RawMemory.putInt(array, at, values.getEpochDay(field));
                        at += Integer.BYTES;
                    }
                    case ValueKind.TIME -> {
                        RawMemory.putInt(array, at, CheckedValues.millisOfDay(values, field));
                        at += Integer.BYTES;
                    }
                    case ValueKind.FLOAT -> {
                        RawMemory.putFloat(array, at, values.getFloat(field));
                        at += Float.BYTES;
                    }
                    case ValueKind.DOUBLE -> {
                        RawMemory.putDouble(array, at, values.getDouble(field));
                        at += Double.BYTES;
                    }
                    case ValueKind.LONG -> {
                        RawMemory.putLong(array, at, values.getLong(field));
                        at += Long.BYTES;
                    }
                    case ValueKind.COMPACT_DECIMAL -> {
                        RawMemory.putLong(array, at, CheckedValues.compactDecimal(values, field, types[field]));
                        at += Long.BYTES;
                    }
                    case ValueKind.COMPACT_TIMESTAMP -> {
                        RawMemory.putLong(array, at, values.getEpochMillis(field, types[field].precision));
                        at += Long.BYTES;
                    }
                    case ValueKind.TIMESTAMP -> {
                        RawMemory.putLong(array, at, values.getEpochMillis(field, types[field].precision));
                        at += Long.BYTES;
                        RawMemory.putInt(array, at, CheckedValues.nanoOfMillis(values, field, types[field]));
                        at += Integer.BYTES;
                    }
                    case ValueKind.CHAR, ValueKind.BINARY -> at += putPadded(values, field, target, (int) (at - base));
                    case ValueKind.DECIMAL -> {
                        final byte[] unscaled = CheckedValues.decimal(values, field, types[field]);
                        RawMemory.putInt(array, slot, unscaled.length);
                        slot += Integer.BYTES;
                        target.putBytes((int) (at - base), unscaled);
                        at += unscaled.length;
                    }
                    default -> {
                        final int length = putVariable(values, field, target, (int) (at - base), room);
                        if (length < 0 || length > room) {
                            return NO_ROOM;
                        }
                        RawMemory.putInt(array, slot, length);
                        slot += Integer.BYTES;
                        room -= length;
                        at += length;
                    }
                }
            }
        } catch (RuntimeException e) {
            throw failure(field, e);
        }
        return (int) (at - start);
    }

    private void putNull(final byte @Nullable [] array, final long start, final int field) {
        if (types[field].notNull) {
            throw new Misfit("null");
        }
        final long at = start + (field >>> 3);
        RawMemory.putByte(array, at, (byte) (RawMemory.getByte(array, at) | 1 << (field & 7)));
    }

    /** CHAR(n) and BINARY(n) take n bytes here, filled up with zeros; also CHAR, whose characters may need more. */
    private int putPadded(final InternalRow values, final int field, final UnsafeBuffer target, final int at) {
        final int width = types[field].length;
        final boolean isText = kinds[field] == ValueKind.CHAR;
        final int length =
                isText ? values.copyString(field, target, at, width) : values.copyBytes(field, target, at, width);
        if (length > width) {
            throw new Misfit((isText ? "a String of " : "a value of ") + length + " bytes"
                    + (isText ? ", of which the indexed format has room for " + width : ""));
        }
        target.setMemory(at + length, width - length, (byte) 0);
        return width;
    }

    private int putVariable(
            final InternalRow values, final int field, final UnsafeBuffer target, final int at, final int room) {
        return switch (kinds[field]) {
            case ValueKind.STRING -> values.copyString(field, target, at, room);
            case ValueKind.BYTES -> values.copyBytes(field, target, at, room);
            default -> {
                final NestedEncoder encoder = nested[field];
                if (encoder == null) {
                    throw new IllegalStateException("no encoder for " + types[field]);
                }
                yield encoder.encode(values, field, target, at, room);
            }
        };
    }
}
