package dev.millrace.internal.memory;

import java.nio.ByteOrder;
import org.agrona.UnsafeApi;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes memory by address, without any check: little-endian, at any alignment. For loops that have proven the
 * bounds of all their accesses by one check of their own; everything else goes through a buffer.
 *
 * <p>The address must lie within memory that the caller owns and nobody has freed; another one ends the JVM, or worse.
 * The forms with an array are for buffers that may lie on the heap: they take {@code byteArray()} of the buffer, which is
 * null off the heap, and an address that counts from its {@code addressOffset()}. To ask each time is cheaper than to let
 * the JVM find out which of the two it is. Stateless.
 */
public final class RawMemory {
    private static final boolean NATIVE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long ARRAY_BASE;

    static {
        // Before Agrona's class is linked.
        OffHeap.ensureAvailable();
        ARRAY_BASE = UnsafeApi.arrayBaseOffset(byte[].class);
    }

    private RawMemory() {}

    public static byte getByte(final long address) {
        return UnsafeApi.getByte(address);
    }

    public static short getShort(final long address) {
        final short value = UnsafeApi.getShort(address);
        return NATIVE ? value : Short.reverseBytes(value);
    }

    public static int getInt(final long address) {
        final int value = UnsafeApi.getInt(address);
        return NATIVE ? value : Integer.reverseBytes(value);
    }

    public static long getLong(final long address) {
        final long value = UnsafeApi.getLong(address);
        return NATIVE ? value : Long.reverseBytes(value);
    }

    public static float getFloat(final long address) {
        return Float.intBitsToFloat(getInt(address));
    }

    public static double getDouble(final long address) {
        return Double.longBitsToDouble(getLong(address));
    }

    public static void putByte(final long address, final byte value) {
        UnsafeApi.putByte(address, value);
    }

    public static void putShort(final long address, final short value) {
        UnsafeApi.putShort(address, NATIVE ? value : Short.reverseBytes(value));
    }

    public static void putInt(final long address, final int value) {
        UnsafeApi.putInt(address, NATIVE ? value : Integer.reverseBytes(value));
    }

    public static void putLong(final long address, final long value) {
        UnsafeApi.putLong(address, NATIVE ? value : Long.reverseBytes(value));
    }

    public static void putFloat(final long address, final float value) {
        putInt(address, Float.floatToRawIntBits(value));
    }

    public static void putDouble(final long address, final double value) {
        putLong(address, Double.doubleToRawLongBits(value));
    }

    /** Copies {@code length} bytes; the ranges may overlap. */
    public static void copy(final long from, final long to, final long length) {
        UnsafeApi.copyMemory(from, to, length);
    }

    /** Copies to a buffer, which checks its bounds. */
    public static void copyTo(final long from, final UnsafeBuffer target, final int offset, final int length) {
        target.boundsCheck(offset, length);
        UnsafeApi.copyMemory(null, from, target.byteArray(), target.addressOffset() + offset, length);
    }

    /** Copies to the beginning of an array, whose length the caller has checked. */
    public static void copyTo(final long from, final byte[] target, final int length) {
        UnsafeApi.copyMemory(null, from, target, ARRAY_BASE, length);
    }

    public static byte getByte(final byte @Nullable [] array, final long address) {
        return array == null ? UnsafeApi.getByte(address) : UnsafeApi.getByte(array, address);
    }

    public static short getShort(final byte @Nullable [] array, final long address) {
        final short value = array == null ? UnsafeApi.getShort(address) : UnsafeApi.getShort(array, address);
        return NATIVE ? value : Short.reverseBytes(value);
    }

    public static int getInt(final byte @Nullable [] array, final long address) {
        final int value = array == null ? UnsafeApi.getInt(address) : UnsafeApi.getInt(array, address);
        return NATIVE ? value : Integer.reverseBytes(value);
    }

    public static long getLong(final byte @Nullable [] array, final long address) {
        final long value = array == null ? UnsafeApi.getLong(address) : UnsafeApi.getLong(array, address);
        return NATIVE ? value : Long.reverseBytes(value);
    }

    public static void putByte(final byte @Nullable [] array, final long address, final byte value) {
        if (array == null) {
            UnsafeApi.putByte(address, value);
        } else {
            UnsafeApi.putByte(array, address, value);
        }
    }

    public static void putShort(final byte @Nullable [] array, final long address, final short value) {
        final short bytes = NATIVE ? value : Short.reverseBytes(value);
        if (array == null) {
            UnsafeApi.putShort(address, bytes);
        } else {
            UnsafeApi.putShort(array, address, bytes);
        }
    }

    public static void putInt(final byte @Nullable [] array, final long address, final int value) {
        final int bytes = NATIVE ? value : Integer.reverseBytes(value);
        if (array == null) {
            UnsafeApi.putInt(address, bytes);
        } else {
            UnsafeApi.putInt(array, address, bytes);
        }
    }

    public static void putLong(final byte @Nullable [] array, final long address, final long value) {
        final long bytes = NATIVE ? value : Long.reverseBytes(value);
        if (array == null) {
            UnsafeApi.putLong(address, bytes);
        } else {
            UnsafeApi.putLong(array, address, bytes);
        }
    }

    public static void putFloat(final byte @Nullable [] array, final long address, final float value) {
        putInt(array, address, Float.floatToRawIntBits(value));
    }

    public static void putDouble(final byte @Nullable [] array, final long address, final double value) {
        putLong(array, address, Double.doubleToRawLongBits(value));
    }
}
