package dev.millrace.internal.codec;

import dev.millrace.row.InternalRow;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;

/** Writes the values of a row, column by column. Immutable. */
interface ArrowColumnLoop {
    /**
     * Writes each field of a row to its column of a batch, which keeps the column at hand in {@code current}.
     *
     * @param i the number of the row, for which all columns have room.
     * @return false if it does not fit.
     */
    boolean append(ArrowBatchBuilder batch, InternalRow row, int i);

    /** The loop for such columns: a class of their own, if the JVM lets us make one. */
    static ArrowColumnLoop of(final ArrowField[] columns) {
        final byte[] codes = new byte[columns.length];
        for (int column = 0; column < codes.length; column++) {
            codes[column] = columns[column].code;
        }
        try (InputStream template = ArrowColumnLoop.class.getResourceAsStream("UnrolledColumnLoop.class")) {
            if (template == null) {
                return new UnrolledColumnLoop();
            }
            return (ArrowColumnLoop) MethodHandles.lookup()
                    .defineHiddenClassWithClassData(template.readAllBytes(), codes, true)
                    .lookupClass()
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ReflectiveOperationException | UnsupportedOperationException | LinkageError e) {
            // A JVM without classes made at run time: the same loop, which then has to ask each column what it is.
            return new UnrolledColumnLoop();
        }
    }
}
