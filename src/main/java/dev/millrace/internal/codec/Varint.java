package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Unsigned LEB128: seven bits a byte, the lowest first, the high bit set on all bytes but the last. A negative number
 * takes the most, 5 or 10 bytes.
 *
 * <p>Up to eight bytes are laid and read as one word, without a loop or a branch by length: the groups of seven bits
 * are spread to, or closed up from, eight in three steps of masks and shifts. Memory is given as {@link RawMemory} takes
 * it, its bounds proven by the caller.
 */
final class Varint {
    static final int MAX_INT_LENGTH = 5;
    static final int MAX_LONG_LENGTH = 10;

    /** How far beyond its own bytes a write may touch; they have to be there, and to be nobody's. */
    static final int SLACK = Long.BYTES;

    private static final long CONTINUATIONS = 0x8080_8080_8080_8080L;
    private static final int HALF_CONTINUATIONS = (int) CONTINUATIONS;
    private static final long HALF_STOPS = 0x8080_8080L;
    private static final int BITS_OF_A_WORD = 56;
    private static final int BITS_OF_A_HALF = 28;

    private Varint() {}

    static int lengthOf(final int value) {
        return (Integer.SIZE + 6 - Integer.numberOfLeadingZeros(value | 1)) / 7;
    }

    /** Writes a number of 32 bits, and gives the address behind it. */
    static long putInt(final byte @Nullable [] array, final long at, final int value) {
        return value >>> BITS_OF_A_HALF == 0
                ? putHalf(array, at, value)
                : putWord(array, at, Integer.toUnsignedLong(value));
    }

    /**
     * Writes the length of a value in front of it, where one byte was left for that: enough for most values. A longer one
     * moves, by at most four bytes. Gives how many bytes both take.
     *
     * @param at of the byte before the value.
     */
    static int putLengthBefore(final UnsafeBuffer target, final int at, final int length) {
        if (length < 0x80) {
            target.putByte(at, (byte) length);
            return 1 + length;
        }
        final int prefix = lengthOf(length);
        target.putBytes(at + prefix, target, at + 1, length);
        for (int i = 0; i < prefix; i++) {
            final int more = i < prefix - 1 ? 0x80 : 0;
            target.putByte(at + i, (byte) (length >>> 7 * i & 0x7F | more));
        }
        return prefix + length;
    }

    /** Writes a number of 64 bits, and gives the address behind it. */
    static long putLong(final byte @Nullable [] array, final long at, final long value) {
        if (value >>> BITS_OF_A_HALF == 0) {
            return putHalf(array, at, (int) value);
        }
        if (value >>> BITS_OF_A_WORD == 0) {
            return putWord(array, at, value);
        }
        RawMemory.putLong(array, at, spread(value & (1L << BITS_OF_A_WORD) - 1) | CONTINUATIONS);
        if (value >= 0) {
            RawMemory.putByte(array, at + 8, (byte) (value >>> BITS_OF_A_WORD));
            return at + 9;
        }
        RawMemory.putShort(array, at + 8, (short) (value >>> BITS_OF_A_WORD & 0xFF | 0x180));
        return at + MAX_LONG_LENGTH;
    }

    /** As {@link #putWord}, for up to four bytes: a step less, and masks that fit an instruction. */
    private static long putHalf(final byte @Nullable [] array, final long at, final int value) {
        final int quarters = value & 0x3FFF | (value & 0x0FFF_C000) << 2;
        final int bytes = quarters & 0x007F_007F | (quarters & 0x3F80_3F80) << 1;
        final int lastShift = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(bytes | 1) & -Byte.SIZE;
        RawMemory.putInt(array, at, bytes | HALF_CONTINUATIONS & (1 << lastShift) - 1);
        return at + (lastShift >>> 3) + 1;
    }

    private static long putWord(final byte @Nullable [] array, final long at, final long value) {
        final long bytes = spread(value);
        final int lastShift = Long.SIZE - 1 - Long.numberOfLeadingZeros(bytes | 1) & -Byte.SIZE;
        RawMemory.putLong(array, at, bytes | CONTINUATIONS & (1L << lastShift) - 1);
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
        if ((stops & HALF_STOPS) != 0) {
            return halfAt((int) word, (int) stops);
        }
        final long bytes = word & (stops ^ stops - 1);
        final long quarters = bytes & 0x007F_007F_007F_007FL | (bytes & 0x7F00_7F00_7F00_7F00L) >>> 1;
        final long halves = quarters & 0x3FFF_0000_3FFFL | (quarters & 0x3FFF_0000_3FFF_0000L) >>> 2;
        return halves & 0x0FFF_FFFFL | (halves & 0x0FFF_FFFF_0000_0000L) >>> 4;
    }

    private static int halfAt(final int half, final int stops) {
        final int bytes = half & (stops ^ stops - 1);
        final int quarters = bytes & 0x007F_007F | (bytes & 0x7F00_7F00) >>> 1;
        return quarters & 0x3FFF | (quarters & 0x3FFF_0000) >>> 2;
    }

    /**
     * Eight bytes from {@code at}; where the memory ends earlier, bytes that end no number follow, so that a number cut
     * off has no stop bit.
     */
    static long wordAt(final byte @Nullable [] array, final long at, final long end) {
        if (end - at >= Long.BYTES) {
            return RawMemory.getLong(array, at);
        }
        long word = -1;
        for (long i = end - 1; i >= at; i--) {
            word = word << 8 | RawMemory.getByte(array, i) & 0xFF;
        }
        return word;
    }
}
