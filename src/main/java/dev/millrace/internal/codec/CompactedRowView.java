package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import org.jspecify.annotations.Nullable;

/** A compacted row; see {@link CompactedRowEncoder} for the layout. */
final class CompactedRowView extends RowView {
    private static final int NANOS_PER_MILLI = 1_000_000;

    CompactedRowView(final RowFields fields) {
        super(fields, RowFormat.COMPACTED);
    }

    @Override
    long wrapFields(final byte @Nullable [] array, final long start, final long limit, final long readable) {
        final byte[] held = held();
        long at = start + nullBitsLength;
        for (int field = 0; field < held.length; field++) {
            at = switch (held[field]) {
                case ValueKind.NULL -> at;
                case ValueKind.BOOLEAN, ValueKind.BYTE -> wrapByte(field, array, at, limit);
                case ValueKind.SHORT -> wrapShort(field, array, at, limit);
                case ValueKind.FLOAT -> wrapFloat(field, array, at, limit);
                case ValueKind.DOUBLE -> wrapDouble(field, array, at, limit);
                case ValueKind.INT, ValueKind.DATE, ValueKind.TIME -> wrapInt(field, array, at, limit, readable);
                case ValueKind.LONG, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP ->
                    wrapLong(field, array, at, limit, readable);
                case ValueKind.TIMESTAMP -> wrapTimestamp(field, array, at, limit, readable);
                default -> wrapBytes(field, array, at, limit, readable);
            };
        }
        return at;
    }

    private long wrapByte(final int field, final byte @Nullable [] array, final long at, final long limit) {
        require(Byte.BYTES, at, limit, field);
        numbers[field] = RawMemory.getByte(array, at);
        return at + Byte.BYTES;
    }

    private long wrapShort(final int field, final byte @Nullable [] array, final long at, final long limit) {
        require(Short.BYTES, at, limit, field);
        numbers[field] = RawMemory.getShort(array, at);
        return at + Short.BYTES;
    }

    private long wrapFloat(final int field, final byte @Nullable [] array, final long at, final long limit) {
        require(Integer.BYTES, at, limit, field);
        numbers[field] = RawMemory.getInt(array, at);
        return at + Integer.BYTES;
    }

    private long wrapDouble(final int field, final byte @Nullable [] array, final long at, final long limit) {
        require(Long.BYTES, at, limit, field);
        numbers[field] = RawMemory.getLong(array, at);
        return at + Long.BYTES;
    }

    private long wrapInt(
            final int field, final byte @Nullable [] array, final long at, final long limit, final long readable) {
        final long word = Varint.wordAt(array, at, readable);
        final long stops = Varint.stops(word);
        final long next = afterInt(stops, at, limit, field);
        numbers[field] = (int) Varint.valueAt(word, stops);
        return next;
    }

    private long wrapLong(
            final int field, final byte @Nullable [] array, final long at, final long limit, final long readable) {
        final long word = Varint.wordAt(array, at, readable);
        final long stops = Varint.stops(word);
        if (stops == 0) {
            return wrapLongest(array, word, at, limit, field);
        }
        final int length = Varint.lengthAt(stops);
        if (length > limit - at) {
            throw damagedAt(at, field, "a number of 64 bits without an end");
        }
        numbers[field] = Varint.valueAt(word, stops);
        return at + length;
    }

    private long wrapTimestamp(
            final int field, final byte @Nullable [] array, final long at, final long limit, final long readable) {
        final long nanosAt = wrapLong(field, array, at, limit, readable);
        final long word = Varint.wordAt(array, nanosAt, readable);
        final long stops = Varint.stops(word);
        final long next = afterInt(stops, nanosAt, limit, field);
        lengths[field] = checkNanos((int) Varint.valueAt(word, stops), nanosAt, field);
        return next;
    }

    private long wrapBytes(
            final int field, final byte @Nullable [] array, final long at, final long limit, final long readable) {
        // Nearly all lengths take one byte; what follows need not wait for a branch that the processor foresees.
        if (at < limit) {
            final byte length = RawMemory.getByte(array, at);
            if (length >= 0 && length < limit - at) {
                numbers[field] = positionOf(at + 1);
                lengths[field] = length;
                return at + 1 + length;
            }
        }
        final long word = Varint.wordAt(array, at, readable);
        final long stops = Varint.stops(word);
        final long bytesAt = afterInt(stops, at, limit, field);
        final int length = (int) Varint.valueAt(word, stops);
        if (length < 0 || length > limit - bytesAt) {
            throw tooLong(length, bytesAt, limit, field);
        }
        numbers[field] = positionOf(bytesAt);
        lengths[field] = length;
        return bytesAt + length;
    }

    private void require(final int length, final long at, final long limit, final int field) {
        if (limit - at < length) {
            throw damagedAt(at, field, length + " bytes are due, " + (limit - at) + " are there");
        }
    }

    /** The address behind a number of 32 bits with these stop bits. */
    private long afterInt(final long stops, final long at, final long limit, final int field) {
        final int length = stops == 0 ? Long.BYTES : Varint.lengthAt(stops);
        if (length > Varint.MAX_INT_LENGTH || length > limit - at) {
            throw damagedAt(at, field, "a number of 32 bits without an end");
        }
        return at + length;
    }

    /** A number of nine or ten bytes, negative ones above all. */
    private long wrapLongest(
            final byte @Nullable [] array, final long word, final long at, final long limit, final int field) {
        // With the last of its eight bytes taken for the end, the word holds the lowest 56 bits.
        long value = Varint.valueAt(word, Long.MIN_VALUE);
        for (int i = Long.BYTES; i < Varint.MAX_LONG_LENGTH && at + i < limit; i++) {
            final byte next = RawMemory.getByte(array, at + i);
            value |= (next & 0x7FL) << 7 * i;
            if (next >= 0) {
                numbers[field] = value;
                return at + i + 1;
            }
        }
        throw damagedAt(at, field, "a number of 64 bits without an end");
    }

    private int checkNanos(final int nanos, final long at, final int field) {
        if (nanos < 0 || nanos >= NANOS_PER_MILLI) {
            throw damagedAt(at, field, nanos + " nanoseconds of the millisecond");
        }
        return nanos;
    }
}
