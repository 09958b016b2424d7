package dev.millrace.internal.codec;

import dev.millrace.internal.memory.RawMemory;
import dev.millrace.row.InternalRow;
import java.io.IOException;
import java.io.InputStream;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the fields of compacted rows of one schema, with the loop over the first of them unrolled.
 *
 * <p>Each encoder that has written many rows gets a hidden copy of this class, whose constants are made for its columns. So
 * the compiler knows for each step what it writes and from which position, puts it in place, and finds in its profile the
 * rows of that encoder alone. The steps are also those of the loop that asks.
 *
 * <p>A step gives the address behind what it wrote, or {@link RowEncoder#NO_ROOM}. Memory is given as {@link RawMemory}
 * takes it, and there is room for all that has a bounded length.
 */
final class CompactedFields implements CompactedRowEncoder.FieldsWriter {
    /** The fields that are unrolled; a row may have more. */
    static final int LENGTH = 16;

    private static final MethodType STEP = MethodType.methodType(
            long.class, InternalRow.class, UnsafeBuffer.class, byte[].class, long.class, long.class, long.class);

    private static final MethodHandle STEP_0 = step(0);
    private static final MethodHandle STEP_1 = step(1);
    private static final MethodHandle STEP_2 = step(2);
    private static final MethodHandle STEP_3 = step(3);
    private static final MethodHandle STEP_4 = step(4);
    private static final MethodHandle STEP_5 = step(5);
    private static final MethodHandle STEP_6 = step(6);
    private static final MethodHandle STEP_7 = step(7);
    private static final MethodHandle STEP_8 = step(8);
    private static final MethodHandle STEP_9 = step(9);
    private static final MethodHandle STEP_10 = step(10);
    private static final MethodHandle STEP_11 = step(11);
    private static final MethodHandle STEP_12 = step(12);
    private static final MethodHandle STEP_13 = step(13);
    private static final MethodHandle STEP_14 = step(14);
    private static final MethodHandle STEP_15 = step(15);

    CompactedFields() {}

    /** Makes a copy for an encoder; null where the JVM makes no classes at run time. */
    static CompactedRowEncoder.@Nullable FieldsWriter of(final CompactedRowEncoder encoder) {
        try (InputStream template = CompactedFields.class.getResourceAsStream("CompactedFields.class")) {
            if (template == null) {
                return null;
            }
            return (CompactedRowEncoder.FieldsWriter) MethodHandles.lookup()
                    .defineHiddenClassWithClassData(template.readAllBytes(), encoder, true)
                    .lookupClass()
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (IOException | ReflectiveOperationException | UnsupportedOperationException | LinkageError e) {
            return null;
        }
    }

    private static @Nullable MethodHandle step(final int field) {
        final MethodHandles.Lookup lookup = MethodHandles.lookup();
        try {
            final CompactedRowEncoder encoder =
                    MethodHandles.classData(lookup, ConstantDescs.DEFAULT_NAME, CompactedRowEncoder.class);
            if (encoder == null) {
                // The class that the copies are made of.
                return null;
            }
            if (field >= encoder.kinds.length) {
                return MethodHandles.permuteArguments(MethodHandles.identity(long.class), STEP, 4);
            }
            final MethodType type = STEP.insertParameterTypes(0, CompactedRowEncoder.class, int.class, int.class);
            return MethodHandles.insertArguments(
                    lookup.findStatic(lookup.lookupClass(), stepName(encoder.kinds[field]), type),
                    0,
                    encoder,
                    field,
                    encoder.columns[field]);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static String stepName(final byte kind) {
        return switch (kind) {
            case ValueKind.BOOLEAN -> "putBoolean";
            case ValueKind.BYTE -> "putByte";
            case ValueKind.SHORT -> "putShort";
            case ValueKind.INT -> "putInt";
            case ValueKind.DATE -> "putDate";
            case ValueKind.LONG -> "putLong";
            case ValueKind.FLOAT -> "putFloat";
            case ValueKind.DOUBLE -> "putDouble";
            case ValueKind.COMPACT_TIMESTAMP -> "putMillis";
            case ValueKind.STRING -> "putString";
            default -> "putOther";
        };
    }

    @Override
    public long write(
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long first,
            final long limit) {
        try {
            long at = first;
            at = (long) STEP_0.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_1.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_2.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_3.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_4.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_5.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_6.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_7.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_8.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_9.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_10.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_11.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_12.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_13.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_14.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            at = (long) STEP_15.invokeExact(row, target, array, start, at, limit);
            if (at < 0) {
                return at;
            }
            return at;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    static long putBoolean(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        RawMemory.putByte(array, at, (byte) (row.getBoolean(pos) ? 1 : 0));
        return at + Byte.BYTES;
    }

    static long putByte(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        RawMemory.putByte(array, at, row.getByte(pos));
        return at + Byte.BYTES;
    }

    static long putShort(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        RawMemory.putShort(array, at, row.getShort(pos));
        return at + Short.BYTES;
    }

    static long putFloat(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        RawMemory.putFloat(array, at, row.getFloat(pos));
        return at + Float.BYTES;
    }

    static long putDouble(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        RawMemory.putDouble(array, at, row.getDouble(pos));
        return at + Double.BYTES;
    }

    static long putInt(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        return Varint.putInt(array, at, row.getInt(pos));
    }

    static long putDate(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        return Varint.putInt(array, at, row.getEpochDay(pos));
    }

    static long putLong(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        return Varint.putLong(array, at, row.getLong(pos));
    }

    static long putMillis(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        return Varint.putLong(array, at, row.getEpochMillis(pos, encoder.types[field].precision));
    }

    static long putString(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        final long base = target.addressOffset();
        final long room = limit - at - encoder.restBounds[field];
        final int length = row.copyString(pos, target, (int) (at - base) + 1, (int) room);
        if (length < 0 || length > room) {
            return RowEncoder.NO_ROOM;
        }
        if (length < 0x80) {
            RawMemory.putByte(array, at, (byte) length);
            return at + 1 + length;
        }
        return at + Varint.putLengthBefore(target, (int) (at - base), length);
    }

    static long putOther(
            final CompactedRowEncoder encoder,
            final int field,
            final int pos,
            final InternalRow row,
            final UnsafeBuffer target,
            final byte @Nullable [] array,
            final long start,
            final long at,
            final long limit) {
        if (row.isNullAt(pos)) {
            return encoder.putNull(field, array, start, at);
        }
        return encoder.putRare(field, row, target, array, start, at, limit);
    }
}
