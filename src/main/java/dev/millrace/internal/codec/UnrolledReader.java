package dev.millrace.internal.codec;

import java.io.IOException;
import java.io.InputStream;
import java.lang.constant.ConstantDescs;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of indexed rows of one schema, with the loop over the first of them unrolled.
 *
 * <p>Each schema gets a hidden copy of this class, with a step for each field as its constants. So the compiler knows for
 * each step what it reads and into which field, and puts it in place. Making the copy takes about a millisecond; that is for
 * views that have read many rows.
 */
final class UnrolledReader implements IndexedRowView.FieldsReader {
    /** The fields that are unrolled; a row may have more. */
    static final int LENGTH = 16;

    /** What a step is: a method of {@link IndexedRowView}, bound to its field. */
    static final MethodType STEP =
            MethodType.methodType(long.class, IndexedRowView.class, byte[].class, long.class, long.class, long.class);

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

    UnrolledReader() {}

    /**
     * Makes a reader.
     *
     * @param steps one for each field, up to {@link #LENGTH}.
     * @return null where the JVM makes no classes at run time.
     */
    static IndexedRowView.@Nullable FieldsReader of(final MethodHandle[] steps) {
        final MethodHandle[] all = Arrays.copyOf(steps, LENGTH);
        final MethodHandle nothing = MethodHandles.permuteArguments(MethodHandles.identity(long.class), STEP, 3);
        Arrays.fill(all, steps.length, LENGTH, nothing);
        try (InputStream template = UnrolledReader.class.getResourceAsStream("UnrolledReader.class")) {
            if (template == null) {
                return null;
            }
            return (IndexedRowView.FieldsReader) MethodHandles.lookup()
                    .defineHiddenClassWithClassData(template.readAllBytes(), List.of(all), true)
                    .lookupClass()
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (IOException | ReflectiveOperationException | UnsupportedOperationException | LinkageError e) {
            return null;
        }
    }

    private static MethodHandle step(final int field) {
        try {
            return MethodHandles.classDataAt(
                    MethodHandles.lookup(), ConstantDescs.DEFAULT_NAME, MethodHandle.class, field);
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Override
    public long read(
            final IndexedRowView row,
            final byte @Nullable [] array,
            final long start,
            final long first,
            final long limit) {
        try {
            long at = first;
            at = (long) STEP_0.invokeExact(row, array, start, at, limit);
            at = (long) STEP_1.invokeExact(row, array, start, at, limit);
            at = (long) STEP_2.invokeExact(row, array, start, at, limit);
            at = (long) STEP_3.invokeExact(row, array, start, at, limit);
            at = (long) STEP_4.invokeExact(row, array, start, at, limit);
            at = (long) STEP_5.invokeExact(row, array, start, at, limit);
            at = (long) STEP_6.invokeExact(row, array, start, at, limit);
            at = (long) STEP_7.invokeExact(row, array, start, at, limit);
            at = (long) STEP_8.invokeExact(row, array, start, at, limit);
            at = (long) STEP_9.invokeExact(row, array, start, at, limit);
            at = (long) STEP_10.invokeExact(row, array, start, at, limit);
            at = (long) STEP_11.invokeExact(row, array, start, at, limit);
            at = (long) STEP_12.invokeExact(row, array, start, at, limit);
            at = (long) STEP_13.invokeExact(row, array, start, at, limit);
            at = (long) STEP_14.invokeExact(row, array, start, at, limit);
            at = (long) STEP_15.invokeExact(row, array, start, at, limit);
            return at;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
