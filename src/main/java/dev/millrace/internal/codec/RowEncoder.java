package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TypedValues;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Writes rows, or their key columns, as bytes in one format. Immutable: one serves all batches of a table, and any
 * number of threads. Allocates nothing, decimals of more than 18 digits apart.
 */
public abstract sealed class RowEncoder
        permits CompactedRowEncoder, IndexedRowEncoder, PaimonKeyEncoder, IcebergKeyEncoder {
    /** There is not enough room; nothing that matters was written. */
    public static final int NO_ROOM = -1;

    private static final UnsafeBuffer NOTHING = OffHeap.wrap(new byte[0]);

    /** What the rows look like that are given to this encoder. */
    private final RowFields row;

    RowEncoder(final RowFields row) {
        this.row = row;
    }

    /**
     * Writes a row.
     *
     * @param values read during the call only.
     * @param target must be able to take {@code maxLength} bytes at {@code offset}. What lies there beyond the row is
     *     unspecified afterwards; nothing outside is touched.
     * @return the length in bytes, or {@link #NO_ROOM}. Room for {@link #lengthBound} is always enough; a little less
     *     may not be, even for a row that turned out to be shorter.
     * @throws RowConversionException a value does not fit its column, or the row has not the fields it should.
     */
    public abstract int encode(InternalRow values, UnsafeBuffer target, int offset, int maxLength);

    /**
     * The room that certainly holds a row. Walks over all values of variable length; for deciding how long a block has
     * to be, not for every row.
     */
    public abstract long lengthBound(InternalRow values);

    final void checkFieldCount(final InternalRow values) {
        final int found = values.fieldCount();
        if (found != row.count) {
            throw new RowConversionException(
                    "the row has " + found + " fields, the table has " + row.count + " columns");
        }
    }

    /** Names the column in what went wrong with its value. */
    final RowConversionException failure(final int column, final RuntimeException cause) {
        final String where = row.describe(column);
        return cause instanceof Misfit
                ? new RowConversionException(where + " cannot hold " + cause.getMessage())
                : new RowConversionException(where + ": " + cause.getMessage(), cause);
    }

    /** The bytes of a value of CHAR, STRING, BINARY or BYTES; 0 for one that cannot be read, which encoding reports. */
    static int variableLength(final TypedValues values, final int pos, final byte kind) {
        try {
            if (values.isNullAt(pos)) {
                return 0;
            }
            return ValueKind.isText(kind)
                    ? values.copyString(pos, NOTHING, 0, 0)
                    : values.copyBytes(pos, NOTHING, 0, 0);
        } catch (RuntimeException e) {
            return 0;
        }
    }
}
