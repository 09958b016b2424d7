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
        final long[] numbers = this.numbers;
        long at = start + nullBitsLength;
        for (int field = 0; field < held.length; field++) {
            switch (held[field]) {
                case ValueKind.NULL -> {
                    // No bytes.
                }
                case ValueKind.BOOLEAN, ValueKind.BYTE -> {
                    require(Byte.BYTES, at, limit, field);
                    numbers[field] = RawMemory.getByte(array, at);
                    at += Byte.BYTES;
                }
                case ValueKind.SHORT -> {
                    require(Short.BYTES, at, limit, field);
                    numbers[field] = RawMemory.getShort(array, at);
                    at += Short.BYTES;
                }
                case ValueKind.FLOAT -> {
                    require(Integer.BYTES, at, limit, field);
                    numbers[field] = RawMemory.getInt(array, at);
                    at += Integer.BYTES;
                }
                case ValueKind.DOUBLE -> {
                    require(Long.BYTES, at, limit, field);
                    numbers[field] = RawMemory.getLong(array, at);
                    at += Long.BYTES;
                }
                case ValueKind.INT, ValueKind.DATE, ValueKind.TIME -> {
                    final long word = Varint.wordAt(array, at, readable);
                    final long stops = Varint.stops(word);
                    at = afterInt(stops, at, limit, field);
                    numbers[field] = (int) Varint.valueAt(word, stops);
                }
                case ValueKind.LONG, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP ->
                    at = wrapLong(array, at, limit, readable, field);
                case ValueKind.TIMESTAMP -> {
                    at = wrapLong(array, at, limit, readable, field);
                    final long word = Varint.wordAt(array, at, readable);
                    final long stops = Varint.stops(word);
                    final long nanosAt = at;
                    at = afterInt(stops, at, limit, field);
                    lengths[field] = checkNanos((int) Varint.valueAt(word, stops), nanosAt, field);
                }
                default -> {
                    final long word = Varint.wordAt(array, at, readable);
                    final long stops = Varint.stops(word);
                    at = afterInt(stops, at, limit, field);
                    final int length = (int) Varint.valueAt(word, stops);
                    if (length < 0 || length > limit - at) {
                        throw damagedAt(
                                at, field, "a value of " + length + " bytes, of which " + (limit - at) + " are there");
                    }
                    numbers[field] = positionOf(at);
                    lengths[field] = length;
                    at += length;
                }
            }
        }
        return at;
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

    private long wrapLong(
            final byte @Nullable [] array, final long at, final long limit, final long readable, final int field) {
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
