package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalRow;
import org.agrona.concurrent.UnsafeBuffer;

/** Room for the bytes of one key at a time; grows with the keys. One thread at a time. */
public final class KeyBuffer {
    private UnsafeBuffer bytes;

    /** @param firstLength room to begin with. */
    public KeyBuffer(final int firstLength) {
        bytes = OffHeap.wrap(new byte[firstLength]);
    }

    /**
     * Writes the key of a row, from the beginning.
     *
     * @return its length.
     * @throws RowConversionException a value does not fit its key column.
     */
    public int encode(final RowEncoder encoder, final InternalRow row) {
        final int length = encoder.encode(row, bytes, 0, bytes.capacity());
        return length == RowEncoder.NO_ROOM ? encodeLong(encoder, row) : length;
    }

    private int encodeLong(final RowEncoder encoder, final InternalRow row) {
        final long bound = encoder.lengthBound(row);
        if (bound > Integer.MAX_VALUE / 2) {
            throw new RowConversionException("the key of a row has " + bound + " bytes");
        }
        bytes = OffHeap.wrap(new byte[(int) bound]);
        final int length = encoder.encode(row, bytes, 0, bytes.capacity());
        if (length == RowEncoder.NO_ROOM) {
            throw new RowConversionException("the values of a key grew while they were read");
        }
        return length;
    }

    /** The bytes of the last key, and whatever follows it. */
    public UnsafeBuffer bytes() {
        return bytes;
    }

    /** How long a key may be that needs no more room. */
    public int capacity() {
        return bytes.capacity();
    }
}
