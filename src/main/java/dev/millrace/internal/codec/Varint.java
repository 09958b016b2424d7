package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.concurrent.UnsafeBuffer;

/**
 * Unsigned LEB128: seven bits a byte, the lowest first, the high bit set on all bytes but the last. A negative number
 * takes the most, 5 or 10 bytes.
 *
 * <p>Up to eight bytes are laid and read as one word, without a loop or a branch by length: the groups of seven bits
 * are spread to, or closed up from, eight in three steps of masks and shifts.
 */
final class Varint {
    static final int MAX_INT_LENGTH = 5;
    static final int MAX_LONG_LENGTH = 10;

    /** How far beyond its own bytes a write may touch; they have to be there, and to be nobody's. */
    static final int SLACK = Long.BYTES;

    private static final long CONTINUATIONS = 0x8080_8080_8080_8080L;
    private static final int BITS_OF_A_WORD = 56;

    private Varint() {}

    static int lengthOf(final int value) {
        return (Integer.SIZE + 6 - Integer.numberOfLeadingZeros(value | 1)) / 7;
    }

    /** Writes a number of 32 bits, and gives the position behind it. */
    static int putInt(final UnsafeBuffer target, final int at, final int value) {
        if ((value & ~0x7F) == 0) {
            target.putByte(at, (byte) value);
            return at + 1;
        }
        return putWord(target, at, Integer.toUnsignedLong(value));
    }

    /**
     * Writes the length of a value in front of it, where one byte was left for that: enough for most values. A longer one
     * moves, by at most four bytes. Gives the position behind the value.
     *
     * @param at of the byte before the value.
     */
    static int putLengthBefore(final UnsafeBuffer target, final int at, final int length) {
        if (length < 0x80) {
            target.putByte(at, (byte) length);
            return at + 1 + length;
        }
        final int prefix = lengthOf(length);
        target.putBytes(at + prefix, target, at + 1, length);
        for (int i = 0; i < prefix; i++) {
            final int more = i < prefix - 1 ? 0x80 : 0;
            target.putByte(at + i, (byte) (length >>> 7 * i & 0x7F | more));
        }
        return at + prefix + length;
    }

    /** Writes a number of 64 bits, and gives the position behind it. */
    static int putLong(final UnsafeBuffer target, final int at, final long value) {
        if ((value & ~0x7FL) == 0) {
            target.putByte(at, (byte) value);
            return at + 1;
        }
        if (value >>> BITS_OF_A_WORD == 0) {
            return putWord(target, at, value);
        }
        target.putLong(at, spread(value & (1L << BITS_OF_A_WORD) - 1) | CONTINUATIONS, LITTLE_ENDIAN);
        if (value >= 0) {
            target.putByte(at + 8, (byte) (value >>> BITS_OF_A_WORD));
            return at + 9;
        }
        target.putByte(at + 8, (byte) (value >>> BITS_OF_A_WORD | 0x80));
        target.putByte(at + 9, (byte) 1);
        return at + MAX_LONG_LENGTH;
    }

    private static int putWord(final UnsafeBuffer target, final int at, final long value) {
        final long bytes = spread(value);
        final int lastShift = Long.SIZE - 1 - Long.numberOfLeadingZeros(bytes) & -Byte.SIZE;
        target.putLong(at, bytes | CONTINUATIONS & (1L << lastShift) - 1, LITTLE_ENDIAN);
        return at + (lastShift >>> 3) + 1;
    }

    private static long spread(final long value) {
        final long halves = value & 0x0FFF_FFFFL | (value & 0xFF_FFFF_F000_0000L) << 4;
        final long quarters = halves & 0x3FFF_0000_3FFFL | (halves & 0x0FFF_C000_0FFF_C000L) << 2;
        return quarters & 0x007F_007F_007F_007FL | (quarters & 0x3F80_3F80_3F80_3F80L) << 1;
    }

    /** The stop bits of up to eight bytes: set at the top of each byte that ends a number. 0 if none does. */
    static long stops(final long word) {
        return ~word & CONTINUATIONS;
    }

    /** The bytes of the number at the beginning of a word; {@code stops} are its stop bits, not 0. */
    static int lengthAt(final long stops) {
        return (Long.numberOfTrailingZeros(stops) >>> 3) + 1;
    }

    /** The number at the beginning of a word; {@code stops} are its stop bits, not 0. */
    static long valueAt(final long word, final long stops) {
        final long bytes = word & (stops ^ stops - 1);
        final long quarters = bytes & 0x007F_007F_007F_007FL | (bytes & 0x7F00_7F00_7F00_7F00L) >>> 1;
        final long halves = quarters & 0x3FFF_0000_3FFFL | (quarters & 0x3FFF_0000_3FFF_0000L) >>> 2;
        return halves & 0x0FFF_FFFFL | (halves & 0x0FFF_FFFF_0000_0000L) >>> 4;
    }

    /**
     * Eight bytes from {@code at}; where the memory ends earlier, bytes that end no number follow, so that a number cut
     * off has no stop bit.
     */
    static long wordAt(final UnsafeBuffer memory, final int at) {
        if (memory.capacity() - at >= Long.BYTES) {
            return memory.getLong(at, LITTLE_ENDIAN);
        }
        long word = -1;
        for (int i = memory.capacity() - 1; i >= at; i--) {
            word = word << 8 | memory.getByte(i) & 0xFF;
        }
        return word;
    }
}
