package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import org.agrona.DirectBuffer;

/** The three hash functions that choose buckets, all of the Murmur3 family. Stateless, allocates nothing. */
final class Murmur {
    private static final int C1 = 0xCC9E2D51;
    private static final int C2 = 0x1B873593;
    private static final int SEED = 42;

    private Murmur() {}

    /** What Fluss and Paimon hash keys with: each byte after the last group of four is mixed in like a group. */
    static int hash42(final DirectBuffer buffer, final int offset, final int length) {
        buffer.boundsCheck(offset, length);
        final byte[] array = buffer.byteArray();
        final long at = buffer.addressOffset() + offset;
        final int groups = length & -Integer.BYTES;
        int hash = SEED;
        for (int i = 0; i < groups; i += Integer.BYTES) {
            hash = mix(hash, RawMemory.getInt(array, at + i));
        }
        for (int i = groups; i < length; i++) {
            hash = mix(hash, RawMemory.getByte(array, at + i));
        }
        return finish(hash ^ length);
    }

    /** Mixes a number once more; never negative. */
    static int scramble(final int value) {
        final int hash = finish(mix(0, value) ^ Integer.BYTES);
        return hash == Integer.MIN_VALUE ? 0 : Math.abs(hash);
    }

    /** The function everybody else calls murmur3_32, with seed 0. */
    static int standard(final DirectBuffer buffer, final int offset, final int length) {
        buffer.boundsCheck(offset, length);
        final byte[] array = buffer.byteArray();
        final long at = buffer.addressOffset() + offset;
        final int groups = length & -Integer.BYTES;
        int hash = 0;
        for (int i = 0; i < groups; i += Integer.BYTES) {
            hash = mix(hash, RawMemory.getInt(array, at + i));
        }
        int tail = 0;
        for (int i = length - 1; i >= groups; i--) {
            tail = tail << Byte.SIZE | RawMemory.getByte(array, at + i) & 0xFF;
        }
        return finish(hash ^ scatter(tail) ^ length);
    }

    private static int mix(final int hash, final int group) {
        return Integer.rotateLeft(hash ^ scatter(group), 13) * 5 + 0xE6546B64;
    }

    private static int scatter(final int group) {
        return Integer.rotateLeft(group * C1, 15) * C2;
    }

    private static int finish(final int mixed) {
        int hash = mixed;
        hash = (hash ^ hash >>> 16) * 0x85EBCA6B;
        hash = (hash ^ hash >>> 13) * 0xC2B2AE35;
        return hash ^ hash >>> 16;
    }
}
