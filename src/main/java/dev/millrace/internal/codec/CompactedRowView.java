package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.concurrent.UnsafeBuffer;

/** A compacted row; see {@link CompactedRowEncoder} for the layout. */
final class CompactedRowView extends RowView {
    private static final int NANOS_PER_MILLI = 1_000_000;

    CompactedRowView(final RowFields fields) {
        super(fields, RowFormat.COMPACTED);
    }

    @Override
    int wrapFields(final UnsafeBuffer source, final int offset, final int limit) {
        int at = offset + fields.nullBitsLength();
        for (int field = 0; field < kinds.length; field++) {
            if ((source.getByte(offset + (field >>> 3)) >>> (field & 7) & 1) != 0) {
                held[field] = ValueKind.NULL;
                continue;
            }
            final byte kind = kinds[field];
            held[field] = kind;
            switch (kind) {
                case ValueKind.BOOLEAN, ValueKind.BYTE -> {
                    require(Byte.BYTES, at, limit, field);
                    numbers[field] = source.getByte(at);
                    at += Byte.BYTES;
                }
                case ValueKind.SHORT -> {
                    require(Short.BYTES, at, limit, field);
                    numbers[field] = source.getShort(at, LITTLE_ENDIAN);
                    at += Short.BYTES;
                }
                case ValueKind.FLOAT -> {
                    require(Integer.BYTES, at, limit, field);
                    numbers[field] = source.getInt(at, LITTLE_ENDIAN);
                    at += Integer.BYTES;
                }
                case ValueKind.DOUBLE -> {
                    require(Long.BYTES, at, limit, field);
                    numbers[field] = source.getLong(at, LITTLE_ENDIAN);
                    at += Long.BYTES;
                }
                case ValueKind.INT, ValueKind.DATE, ValueKind.TIME -> {
                    final long word = Varint.wordAt(source, at);
                    final long stops = Varint.stops(word);
                    at = afterInt(stops, at, limit, field);
                    numbers[field] = (int) Varint.valueAt(word, stops);
                }
                case ValueKind.LONG, ValueKind.COMPACT_DECIMAL, ValueKind.COMPACT_TIMESTAMP ->
                    at = wrapLong(source, at, limit, field);
                case ValueKind.TIMESTAMP -> {
                    at = wrapLong(source, at, limit, field);
                    final long word = Varint.wordAt(source, at);
                    final long stops = Varint.stops(word);
                    final int nanosAt = at;
                    at = afterInt(stops, at, limit, field);
                    lengths[field] = checkNanos((int) Varint.valueAt(word, stops), nanosAt, field);
                }
                default -> {
                    final long word = Varint.wordAt(source, at);
                    final long stops = Varint.stops(word);
                    at = afterInt(stops, at, limit, field);
                    final int length = (int) Varint.valueAt(word, stops);
                    if (length < 0 || length > limit - at) {
                        throw damagedAt(
                                at, field, "a value of " + length + " bytes, of which " + (limit - at) + " are there");
                    }
                    numbers[field] = at;
                    lengths[field] = length;
                    at += length;
                }
            }
        }
        return at;
    }

    private void require(final int length, final int at, final int limit, final int field) {
        if (limit - at < length) {
            throw damagedAt(at, field, length + " bytes are due, " + (limit - at) + " are there");
        }
    }

    /** The position behind a number of 32 bits with these stop bits. */
    private int afterInt(final long stops, final int at, final int limit, final int field) {
        final int length = stops == 0 ? Long.BYTES : Varint.lengthAt(stops);
        if (length > Varint.MAX_INT_LENGTH || length > limit - at) {
            throw damagedAt(at, field, "a number of 32 bits without an end");
        }
        return at + length;
    }

    private int wrapLong(final UnsafeBuffer source, final int at, final int limit, final int field) {
        final long word = Varint.wordAt(source, at);
        final long stops = Varint.stops(word);
        if (stops == 0) {
            return wrapLongest(source, word, at, limit, field);
        }
        final int length = Varint.lengthAt(stops);
        if (length > limit - at) {
            throw damagedAt(at, field, "a number of 64 bits without an end");
        }
        numbers[field] = Varint.valueAt(word, stops);
        return at + length;
    }

    /** A number of nine or ten bytes, negative ones above all. */
    private int wrapLongest(
            final UnsafeBuffer source, final long word, final int at, final int limit, final int field) {
        // With the last of its eight bytes taken for the end, the word holds the lowest 56 bits.
        long value = Varint.valueAt(word, Long.MIN_VALUE);
        for (int i = Long.BYTES; i < Varint.MAX_LONG_LENGTH && at + i < limit; i++) {
            final byte next = source.getByte(at + i);
            value |= (next & 0x7FL) << 7 * i;
            if (next >= 0) {
                numbers[field] = value;
                return at + i + 1;
            }
        }
        throw damagedAt(at, field, "a number of 64 bits without an end");
    }

    private int checkNanos(final int nanos, final int at, final int field) {
        if (nanos < 0 || nanos >= NANOS_PER_MILLI) {
            throw damagedAt(at, field, nanos + " nanoseconds of the millisecond");
        }
        return nanos;
    }
}
