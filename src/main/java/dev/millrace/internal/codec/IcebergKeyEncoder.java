package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.row.InternalRow;
import dev.millrace.types.TimestampLtzType;
import org.agrona.concurrent.UnsafeBuffer;

/** Keys as Iceberg has them: the value of the one key column, and nothing else. */
final class IcebergKeyEncoder extends RowEncoder {
    private static final int MICROS_PER_MILLI = 1_000;
    private static final int NANOS_PER_MICRO = 1_000;

    private final ValueType type;
    private final int column;

    IcebergKeyEncoder(final RowFields row, final int[] columns) {
        super(row);
        if (columns.length != 1) {
            throw new UnsupportedOperationException(
                    "a table in the Iceberg format has exactly one key column, not " + columns.length);
        }
        this.column = columns[0];
        this.type = row.types[column];
        if (!isSupported(type)) {
            throw new UnsupportedOperationException(
                    row.describe(column) + " cannot be the key of a table in the Iceberg format");
        }
    }

    private static boolean isSupported(final ValueType type) {
        return switch (type.kind) {
            case ValueKind.BOOLEAN, ValueKind.BYTE, ValueKind.SHORT, ValueKind.ARRAY, ValueKind.MAP, ValueKind.ROW ->
                false;
            default -> !(type.type instanceof TimestampLtzType);
        };
    }

    @Override
    public int encode(final InternalRow values, final UnsafeBuffer target, final int offset, final int maxLength) {
        checkFieldCount(values);
        if (maxLength < DecimalBytes.MAX_LENGTH) {
            return NO_ROOM;
        }
        try {
            if (values.isNullAt(column)) {
                throw new Misfit("null in a key");
            }
            return put(values, target, offset, maxLength);
        } catch (RuntimeException e) {
            throw failure(column, e);
        }
    }

    private int put(final InternalRow values, final UnsafeBuffer target, final int offset, final int maxLength) {
        switch (type.kind) {
            case ValueKind.INT -> target.putLong(offset, values.getInt(column), LITTLE_ENDIAN);
            case ValueKind.DATE -> target.putLong(offset, values.getEpochDay(column), LITTLE_ENDIAN);
            case ValueKind.LONG -> target.putLong(offset, values.getLong(column), LITTLE_ENDIAN);
            case ValueKind.DOUBLE -> target.putDouble(offset, values.getDouble(column), LITTLE_ENDIAN);
            case ValueKind.TIME ->
                target.putLong(
                        offset, (long) CheckedValues.millisOfDay(values, column) * MICROS_PER_MILLI, LITTLE_ENDIAN);
            case ValueKind.COMPACT_TIMESTAMP, ValueKind.TIMESTAMP ->
                target.putLong(offset, micros(values), LITTLE_ENDIAN);
            case ValueKind.FLOAT -> {
                target.putFloat(offset, values.getFloat(column), LITTLE_ENDIAN);
                return Float.BYTES;
            }
            case ValueKind.COMPACT_DECIMAL -> {
                return putShortest(target, offset, CheckedValues.compactDecimal(values, column, type));
            }
            case ValueKind.DECIMAL -> {
                final byte[] unscaled = CheckedValues.decimal(values, column, type);
                target.putBytes(offset, unscaled);
                return unscaled.length;
            }
            case ValueKind.CHAR, ValueKind.STRING -> {
                final int length = values.copyString(column, target, offset, maxLength);
                if (length > maxLength) {
                    return NO_ROOM;
                }
                CheckedValues.checkCharacters(target, offset, length, type);
                return length;
            }
            default -> {
                final int length = values.copyBytes(column, target, offset, maxLength);
                CheckedValues.checkBytes(length, type);
                return length > maxLength ? NO_ROOM : length;
            }
        }
        return Long.BYTES;
    }

    /** Wraps around where microseconds do not fit 64 bits, as everybody else's keys do. */
    private long micros(final InternalRow values) {
        return values.getEpochMillis(column, type.precision) * MICROS_PER_MILLI
                + CheckedValues.nanoOfMillis(values, column, type) / NANOS_PER_MICRO;
    }

    /** Two's complement, big-endian, without bytes that only repeat the sign. */
    private static int putShortest(final UnsafeBuffer target, final int offset, final long value) {
        final int magnitudeBits = Long.SIZE - Long.numberOfLeadingZeros(value ^ value >> Long.SIZE - 1);
        final int length = magnitudeBits / Byte.SIZE + 1;
        for (int i = 0; i < length; i++) {
            target.putByte(offset + i, (byte) (value >> Byte.SIZE * (length - 1 - i)));
        }
        return length;
    }

    @Override
    public long lengthBound(final InternalRow values) {
        return type.isVariable() && type.kind != ValueKind.DECIMAL
                ? Math.max(DecimalBytes.MAX_LENGTH, variableLength(values, column, type.kind))
                : DecimalBytes.MAX_LENGTH;
    }
}
