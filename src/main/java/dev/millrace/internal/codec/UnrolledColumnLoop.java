package dev.millrace.internal.codec;

import dev.millrace.row.InternalRow;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The loop over the columns of one table, with the first of them unrolled.
 *
 * <p>Each table gets a hidden copy of this class, whose constants are made for its columns. So the compiler knows for each
 * step of {@link #append} what it writes and from which position, puts it in place, and finds in its profile the rows of
 * that table alone. That takes half the time of a loop that asks. This class itself, without columns, is such a loop.
 */
final class UnrolledColumnLoop implements ArrowColumnLoop {
    private static final byte[] CODES = codes();

    // Each is a method below, bound to its column; those beyond the last column do nothing.
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
    private static final int UNROLLED = Math.min(CODES.length, 16);

    UnrolledColumnLoop() {}

    private static byte[] codes() {
        try {
            final byte[] codes =
                    MethodHandles.classData(MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, byte[].class);
            return codes == null ? new byte[0] : codes;
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static MethodHandle step(final int column) {
        final String method = column >= CODES.length
                ? "appendNothing"
                : switch (CODES[column]) {
                    case ArrowField.BOOLEAN -> "appendBoolean";
                    case ArrowField.BYTE -> "appendByte";
                    case ArrowField.SHORT -> "appendShort";
                    case ArrowField.INT -> "appendInt";
                    case ArrowField.LONG -> "appendLong";
                    case ArrowField.FLOAT -> "appendFloat";
                    case ArrowField.DOUBLE -> "appendDouble";
                    case ArrowField.DATE -> "appendDate";
                    case ArrowField.MILLIS -> "appendMillis";
                    case ArrowField.STRING -> "appendString";
                    default -> "appendOther";
                };
        final MethodHandles.Lookup lookup = MethodHandles.lookup();
        final MethodType type =
                MethodType.methodType(boolean.class, int.class, ArrowBatchBuilder.class, InternalRow.class, int.class);
        try {
            return MethodHandles.insertArguments(lookup.findStatic(lookup.lookupClass(), method, type), 0, column);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public boolean append(final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        try {
            return (boolean) STEP_0.invokeExact(batch, row, i)
                    && (boolean) STEP_1.invokeExact(batch, row, i)
                    && (boolean) STEP_2.invokeExact(batch, row, i)
                    && (boolean) STEP_3.invokeExact(batch, row, i)
                    && (boolean) STEP_4.invokeExact(batch, row, i)
                    && (boolean) STEP_5.invokeExact(batch, row, i)
                    && (boolean) STEP_6.invokeExact(batch, row, i)
                    && (boolean) STEP_7.invokeExact(batch, row, i)
                    && (boolean) STEP_8.invokeExact(batch, row, i)
                    && (boolean) STEP_9.invokeExact(batch, row, i)
                    && (boolean) STEP_10.invokeExact(batch, row, i)
                    && (boolean) STEP_11.invokeExact(batch, row, i)
                    && (boolean) STEP_12.invokeExact(batch, row, i)
                    && (boolean) STEP_13.invokeExact(batch, row, i)
                    && (boolean) STEP_14.invokeExact(batch, row, i)
                    && (boolean) STEP_15.invokeExact(batch, row, i)
                    && appendRest(batch, row, i);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean appendRest(final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        for (int column = UNROLLED; column < batch.columns.length; column++) {
            batch.current = column;
            if (!batch.columns[column].append(row, column, i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean appendNothing(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        return true;
    }

    private static boolean appendOther(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        batch.current = column;
        return batch.columns[column].append(row, column, i);
    }

    private static ArrowFieldWriter.OfScalar enter(final int column, final ArrowBatchBuilder batch) {
        batch.current = column;
        return batch.scalars[column];
    }

    private static boolean appendString(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
            return true;
        }
        return writer.endVariable(i, row.copyString(column, writer.buffer, writer.bytesAt(), writer.bytesLeft()));
    }

    private static boolean appendBoolean(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putBoolean(i, row.getBoolean(column));
        }
        return true;
    }

    private static boolean appendByte(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putByte(i, row.getByte(column));
        }
        return true;
    }

    private static boolean appendShort(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putShort(i, row.getShort(column));
        }
        return true;
    }

    private static boolean appendInt(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putInt(i, row.getInt(column));
        }
        return true;
    }

    private static boolean appendLong(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putLong(i, row.getLong(column));
        }
        return true;
    }

    private static boolean appendFloat(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putFloat(i, row.getFloat(column));
        }
        return true;
    }

    private static boolean appendDouble(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putDouble(i, row.getDouble(column));
        }
        return true;
    }

    private static boolean appendDate(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putInt(i, row.getEpochDay(column));
        }
        return true;
    }

    private static boolean appendMillis(
            final int column, final ArrowBatchBuilder batch, final InternalRow row, final int i) {
        final ArrowFieldWriter.OfScalar writer = enter(column, batch);
        if (row.isNullAt(column)) {
            writer.putNull(i);
        } else {
            writer.putLong(i, row.getEpochMillis(column, writer.precision()));
        }
        return true;
    }
}
