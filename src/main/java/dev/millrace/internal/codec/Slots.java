package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.RowEncoder.NO_ROOM;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.row.TypedValues;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Values in slots, as binary arrays and aligned rows have them. A slot of eight bytes holds the value itself, or up to
 * seven bytes of text or plain bytes, or points to the tail that follows all slots:
 *
 * <pre>
 *   [ bytes, then zeros: 7 ][0x80 + length: 1]       or       [length: int][offset: int]
 * </pre>
 *
 * <p>The offset counts from the beginning of the array or row; values in the tail are filled up to eight bytes.
 */
final class Slots {
    private static final int MAX_INLINE_LENGTH = 7;
    private static final int INLINE = 0x80;
    private static final int DECIMAL_LENGTH = 16;

    private Slots() {}

    static int padded(final int length) {
        return length + 7 & -8;
    }

    static long padded(final long length) {
        return length + 7 & -8L;
    }

    /**
     * Writes a value that is not null into a slot of zeros.
     *
     * @param start of the array or row, from which {@code tail} and {@code limit} count.
     * @param slot where the slot lies in the target.
     * @param tail the end of the tail so far.
     * @param limit how long the array or row may get.
     * @return the end of the tail now, or {@link RowEncoder#NO_ROOM}.
     */
    static int put(
            final TypedValues values,
            final int pos,
            final ValueType type,
            final @Nullable NestedEncoder nested,
            final UnsafeBuffer target,
            final int start,
            final int slot,
            final int tail,
            final int limit) {
        switch (type.kind) {
            case ValueKind.BOOLEAN -> target.putByte(slot, (byte) (values.getBoolean(pos) ? 1 : 0));
            case ValueKind.BYTE -> target.putByte(slot, values.getByte(pos));
            case ValueKind.SHORT -> target.putShort(slot, values.getShort(pos), LITTLE_ENDIAN);
            case ValueKind.INT -> target.putInt(slot, values.getInt(pos), LITTLE_ENDIAN);
            case ValueKind.DATE -> target.putInt(slot, values.getEpochDay(pos), LITTLE_ENDIAN);
            case ValueKind.TIME -> target.putInt(slot, CheckedValues.millisOfDay(values, pos), LITTLE_ENDIAN);
            // Every NaN in its one canonical form, which these two conversions see to.
            case ValueKind.FLOAT -> target.putInt(slot, Float.floatToIntBits(values.getFloat(pos)), LITTLE_ENDIAN);
            case ValueKind.DOUBLE ->
                target.putLong(slot, Double.doubleToLongBits(values.getDouble(pos)), LITTLE_ENDIAN);
            case ValueKind.LONG -> target.putLong(slot, values.getLong(pos), LITTLE_ENDIAN);
            case ValueKind.COMPACT_DECIMAL ->
                target.putLong(slot, CheckedValues.compactDecimal(values, pos, type), LITTLE_ENDIAN);
            case ValueKind.COMPACT_TIMESTAMP ->
                target.putLong(slot, values.getEpochMillis(pos, type.precision), LITTLE_ENDIAN);
            case ValueKind.TIMESTAMP -> {
                return putTimestamp(values, pos, type, target, start, slot, tail, limit);
            }
            case ValueKind.DECIMAL -> {
                return putDecimal(values, pos, type, target, start, slot, tail, limit);
            }
            case ValueKind.CHAR, ValueKind.STRING, ValueKind.BINARY, ValueKind.BYTES -> {
                return putBytes(values, pos, type, target, start, slot, tail, limit);
            }
            default -> {
                if (nested == null) {
                    throw new IllegalStateException("no encoder for " + type);
                }
                final int length = nested.encode(values, pos, target, start + tail, limit - tail);
                return length < 0 ? NO_ROOM : endTail(target, start, slot, tail, limit, length);
            }
        }
        return tail;
    }

    private static int putTimestamp(
            final TypedValues values,
            final int pos,
            final ValueType type,
            final UnsafeBuffer target,
            final int start,
            final int slot,
            final int tail,
            final int limit) {
        if (limit - tail < Long.BYTES) {
            return NO_ROOM;
        }
        target.putLong(start + tail, values.getEpochMillis(pos, type.precision), LITTLE_ENDIAN);
        target.putInt(slot, CheckedValues.nanoOfMillis(values, pos, type), LITTLE_ENDIAN);
        target.putInt(slot + Integer.BYTES, tail, LITTLE_ENDIAN);
        return tail + Long.BYTES;
    }

    /** Takes 16 bytes, whatever the number. */
    private static int putDecimal(
            final TypedValues values,
            final int pos,
            final ValueType type,
            final UnsafeBuffer target,
            final int start,
            final int slot,
            final int tail,
            final int limit) {
        if (limit - tail < DECIMAL_LENGTH) {
            return NO_ROOM;
        }
        final byte[] unscaled = CheckedValues.decimal(values, pos, type);
        target.setMemory(start + tail, DECIMAL_LENGTH, (byte) 0);
        target.putBytes(start + tail, unscaled);
        target.putInt(slot, unscaled.length, LITTLE_ENDIAN);
        target.putInt(slot + Integer.BYTES, tail, LITTLE_ENDIAN);
        return tail + DECIMAL_LENGTH;
    }

    /** Writes to the tail first, since the length is not known before; what is short enough moves into the slot. */
    private static int putBytes(
            final TypedValues values,
            final int pos,
            final ValueType type,
            final UnsafeBuffer target,
            final int start,
            final int slot,
            final int tail,
            final int limit) {
        final int at = start + tail;
        final int room = limit - tail;
        if (room < Long.BYTES) {
            return NO_ROOM;
        }
        final int length = ValueKind.isText(type.kind)
                ? values.copyString(pos, target, at, room)
                : values.copyBytes(pos, target, at, room);
        CheckedValues.checkBytes(length, type);
        if (length > room) {
            return NO_ROOM;
        }
        CheckedValues.checkCharacters(target, at, length, type);
        if (length > MAX_INLINE_LENGTH) {
            return endTail(target, start, slot, tail, limit, length);
        }
        final long bytes = target.getLong(at, LITTLE_ENDIAN) & (1L << Byte.SIZE * length) - 1;
        target.putLong(slot, bytes | (long) (INLINE | length) << 56, LITTLE_ENDIAN);
        return tail;
    }

    private static int endTail(
            final UnsafeBuffer target,
            final int start,
            final int slot,
            final int tail,
            final int limit,
            final int length) {
        final int paddedLength = padded(length);
        if (paddedLength < 0 || paddedLength > limit - tail) {
            return NO_ROOM;
        }
        target.setMemory(start + tail + length, paddedLength - length, (byte) 0);
        target.putInt(slot, length, LITTLE_ENDIAN);
        target.putInt(slot + Integer.BYTES, tail, LITTLE_ENDIAN);
        return tail + paddedLength;
    }

    /** The room in the tail that certainly holds a value. */
    static long tailBound(
            final TypedValues values, final int pos, final ValueType type, final @Nullable NestedEncoder nested) {
        return switch (type.kind) {
            case ValueKind.TIMESTAMP -> Long.BYTES;
            case ValueKind.DECIMAL -> DECIMAL_LENGTH;
            case ValueKind.CHAR, ValueKind.STRING, ValueKind.BINARY, ValueKind.BYTES ->
                Long.BYTES + padded((long) RowEncoder.variableLength(values, pos, type.kind));
            default -> nested == null ? 0 : padded(nested.lengthBound(values, pos));
        };
    }
}
