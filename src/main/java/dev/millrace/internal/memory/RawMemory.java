package dev.millrace.internal.memory;

import java.nio.ByteOrder;
import org.agrona.UnsafeApi;

/**
 * Reads and writes off-heap memory by address, without any check: little-endian, at any alignment. For loops that have
 * proven the bounds of all their accesses by one check of their own; everything else goes through a buffer.
 *
 * <p>The address must lie within memory that the caller owns and nobody has freed; another one ends the JVM, or worse.
 * Stateless.
 */
public final class RawMemory {
    private static final boolean NATIVE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    static {
        // Before Agrona's class is linked.
        OffHeap.ensureAvailable();
    }

    private RawMemory() {}

    public static byte getByte(final long address) {
        return UnsafeApi.getByte(address);
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
}
