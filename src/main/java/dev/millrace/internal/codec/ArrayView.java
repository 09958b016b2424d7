package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import dev.millrace.row.InternalArray;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A binary array read in place; see {@link NestedEncoder.OfArray} for the layout. What an element points to is checked
 * when it is read.
 */
final class ArrayView extends BinaryValues implements InternalArray {
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int MAX_INLINE_LENGTH = 7;
    private static final int LENGTH_OF_INLINE = 0x7F;

    private final ValueType element;
    private final int slotLength;
    private int start;
    private int length;
    private int size;
    private int slots;

    ArrayView(final ValueType element, final RowFormat format) {
        super(format);
        this.element = element;
        this.slotLength = element.slotLength();
    }

    /** The bytes before the slots; beyond any memory for a size that no memory holds. */
    static int headLength(final int size) {
        return Integer.BYTES + (size + 31 >>> 5) * Integer.BYTES;
    }

    /**
     * Reads the array that fills a range of memory.
     *
     * @throws CorruptDataException the bytes are no such array.
     */
    void wrap(final UnsafeBuffer source, final int offset, final int bytes) {
        checkRange(source, offset, bytes);
        size = 0;
        if (bytes < Integer.BYTES) {
            throw new CorruptDataException("damaged array of " + element + ": " + bytes + " bytes");
        }
        final int count = source.getInt(offset, LITTLE_ENDIAN);
        if (count < 0 || headLength(count) + (long) count * slotLength > bytes) {
            throw new CorruptDataException(
                    "damaged array of " + element + ": " + count + " elements in " + bytes + " bytes");
        }
        memory = source;
        start = offset;
        length = bytes;
        size = count;
        slots = offset + headLength(count);
    }

    @Override
    public int size() {
        return size;
    }

    /** Where the slot of an element lies in the memory. */
    int slotOf(final int pos) {
        return slots + pos * slotLength;
    }

    @Override
    byte kindAt(final int pos) {
        checkPosition(pos);
        return (memory.getByte(start + Integer.BYTES + (pos >>> 3)) >>> (pos & 7) & 1) != 0
                ? ValueKind.NULL
                : element.kind;
    }

    @Override
    long number(final byte kind, final int pos, final String getter) {
        if (kindAt(pos) != kind) {
            throw mismatch(pos, getter);
        }
        if (kind == ValueKind.TIMESTAMP) {
            return memory.getLong(start + tailOffset(pos, Long.BYTES), LITTLE_ENDIAN);
        }
        final int at = slotOf(pos);
        return switch (slotLength) {
            case Byte.BYTES -> memory.getByte(at);
            case Short.BYTES -> memory.getShort(at, LITTLE_ENDIAN);
            case Integer.BYTES -> memory.getInt(at, LITTLE_ENDIAN);
            default -> memory.getLong(at, LITTLE_ENDIAN);
        };
    }

    @Override
    int nanos(final int pos) {
        final int nanos = memory.getInt(slotOf(pos), LITTLE_ENDIAN);
        if (nanos < 0 || nanos >= NANOS_PER_MILLI) {
            throw damaged(pos, nanos + " nanoseconds of the millisecond");
        }
        return nanos;
    }

    @Override
    int startOf(final int pos) {
        final int slot = slotOf(pos);
        return isInline(slot) ? slot : start + tailOffset(pos, lengthAt(pos));
    }

    @Override
    int lengthAt(final int pos) {
        final int slot = slotOf(pos);
        if (isInline(slot)) {
            final int inline = memory.getByte(slot + MAX_INLINE_LENGTH) & LENGTH_OF_INLINE;
            if (inline > MAX_INLINE_LENGTH) {
                throw damaged(pos, inline + " bytes in a slot");
            }
            return inline;
        }
        return memory.getInt(slot, LITTLE_ENDIAN);
    }

    /** Text and plain bytes only may lie in the slot itself. */
    private boolean isInline(final int slot) {
        return (ValueKind.isText(element.kind) || ValueKind.isBytes(element.kind))
                && memory.getByte(slot + MAX_INLINE_LENGTH) < 0;
    }

    private int tailOffset(final int pos, final int bytes) {
        final int offset = memory.getInt(slotOf(pos) + Integer.BYTES, LITTLE_ENDIAN);
        if (offset < 0 || bytes < 0 || offset > length - bytes) {
            throw damaged(pos, bytes + " bytes from byte " + offset + " of an array of " + length);
        }
        return offset;
    }

    private void checkPosition(final int pos) {
        if (pos < 0 || pos >= size) {
            throw new IndexOutOfBoundsException("element " + pos + " of an array of " + size);
        }
    }

    @Override
    ValueType typeAt(final int pos) {
        return element;
    }

    @Override
    String describe(final int pos) {
        return "element " + pos + " of type " + element;
    }

    /** The elements in brackets, for example {@code [1, null, 3]}. */
    @Override
    public String toString() {
        return ValueText.ofArray(this, element);
    }
}
