package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks over the values of a scan of a primary-key table. Little-endian.
 *
 * <pre>
 *   [length of the rest: int][magic: 0][count: int]{[length of the rest: int][schema id: short][row]} ...
 * </pre>
 *
 * <p>A flyweight for one thread; it borrows the memory until the next {@code wrap} and allocates nothing but exceptions.
 *
 * <pre>{@code
 * values.wrap(memory, offset, length);
 * while (values.next()) {
 *     viewOf(values.schemaId()).wrap(memory, values.rowOffset(), values.rowLength());
 * }
 * }</pre>
 */
public final class ValueBatchReader {
    private static final byte MAGIC = 0;
    private static final int MAGIC_OFFSET = Integer.BYTES;
    private static final int COUNT_OFFSET = MAGIC_OFFSET + Byte.BYTES;
    private static final int HEADER_LENGTH = COUNT_OFFSET + Integer.BYTES;

    private UnsafeBuffer memory = OffHeap.flyweight();
    private int start;
    private int at;
    private int end;
    private int count;
    private int read;
    private int rowOffset;
    private int rowLength;
    private int schemaId;

    /**
     * Starts in front of the first value.
     *
     * @throws CorruptDataException the range does not hold exactly one such batch.
     */
    public void wrap(final UnsafeBuffer source, final int offset, final int length) {
        BinaryValues.checkRange(source, offset, length);
        memory = source;
        start = offset;
        end = offset + length;
        at = offset + HEADER_LENGTH;
        read = 0;
        count = 0;
        if (length < HEADER_LENGTH) {
            throw damaged(length + " bytes where a header of " + HEADER_LENGTH + " is due");
        }
        final int stored = source.getInt(offset, LITTLE_ENDIAN);
        if (stored != length - Integer.BYTES) {
            throw damaged("length " + stored + " where " + (length - Integer.BYTES) + " bytes follow");
        }
        final byte magic = source.getByte(offset + MAGIC_OFFSET);
        if (magic != MAGIC) {
            throw damaged("magic " + magic + " where " + MAGIC + " is due");
        }
        count = source.getInt(offset + COUNT_OFFSET, LITTLE_ENDIAN);
        if (count < 0) {
            throw damaged(count + " values");
        }
    }

    /** How many values the batch says it has. */
    public int count() {
        return count;
    }

    /**
     * Goes to the next value.
     *
     * @return false if there is none any more.
     * @throws CorruptDataException the value, or what is left of the batch, contradicts itself.
     */
    public boolean next() {
        if (read == count) {
            if (at != end) {
                throw damaged((end - at) + " bytes are left over");
            }
            return false;
        }
        if (end - at < Integer.BYTES + KvValue.ROW_OFFSET) {
            throw damaged("no value fits " + (end - at) + " bytes");
        }
        final int length = memory.getInt(at, LITTLE_ENDIAN);
        if (length < KvValue.ROW_OFFSET || length > end - at - Integer.BYTES) {
            throw damaged("a value of " + length + " bytes, of which " + (end - at - Integer.BYTES) + " are there");
        }
        final int value = at + Integer.BYTES;
        schemaId = KvValue.schemaId(memory, value, length);
        rowOffset = value + KvValue.ROW_OFFSET;
        rowLength = length - KvValue.ROW_OFFSET;
        at = value + length;
        read++;
        return true;
    }

    /** The schema that the current row was written with. */
    public int schemaId() {
        return schemaId;
    }

    public int rowOffset() {
        return rowOffset;
    }

    public int rowLength() {
        return rowLength;
    }

    private CorruptDataException damaged(final String what) {
        return new CorruptDataException("damaged value batch: value " + read + " of " + count + " at byte "
                + (at - start) + " of " + (end - start) + ": " + what);
    }
}
