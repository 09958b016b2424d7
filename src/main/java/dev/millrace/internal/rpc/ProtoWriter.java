package dev.millrace.internal.rpc;

import dev.millrace.internal.memory.OffHeap;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Lays Protobuf fields into a buffer, front to back, without allocating. For the hot requests; all others use the
 * generated classes. The caller knows the sizes beforehand (the {@code sizeOf} methods) where it needs them, which it
 * does for every nested message: a nested message is its length header followed by its fields.
 *
 * <pre>
 *   varint field            length-delimited field
 *   +-----+-------------+   +-----+--------+-----------+
 *   | tag | value 1..10 |   | tag | length | bytes ... |
 *   +-----+-------------+   +-----+--------+-----------+
 *     tag and length are varints; tag = field number &lt;&lt; 3 | wire type
 * </pre>
 *
 * A flyweight for one thread; it borrows the buffer until the next {@code wrap}. Writing beyond the limit throws
 * {@link IndexOutOfBoundsException} and leaves nothing there.
 */
public final class ProtoWriter {
    static final int WIRE_VARINT = 0;
    static final int WIRE_FIXED64 = 1;
    static final int WIRE_LENGTH_DELIMITED = 2;
    static final int WIRE_FIXED32 = 5;
    static final int TAG_TYPE_BITS = 3;

    /** The length of a negative int32, which is sent sign-extended, and of a negative int64. */
    public static final int MAX_VARINT_LENGTH = 10;

    private MutableDirectBuffer buffer = OffHeap.flyweight();
    private int start;
    private int position;
    private int limit;

    /** Starts to write at {@code offset}, and ends at {@code offset + maxLength}, of a buffer that stays the caller's. */
    public ProtoWriter wrap(final MutableDirectBuffer target, final int offset, final int maxLength) {
        if (offset < 0 || maxLength < 0 || maxLength > target.capacity() - offset) {
            throw new IndexOutOfBoundsException(
                    "offset=" + offset + ", maxLength=" + maxLength + ", capacity=" + target.capacity());
        }
        buffer = target;
        start = offset;
        position = offset;
        limit = offset + maxLength;
        return this;
    }

    /** Returns the index in the buffer where the next byte goes. */
    public int position() {
        return position;
    }

    /** Returns how many bytes were written since {@code wrap}. */
    public int length() {
        return position - start;
    }

    /** Writes an int32 field. */
    public ProtoWriter int32(final int field, final int value) {
        return int64(field, value);
    }

    /** Writes an int64 field. */
    public ProtoWriter int64(final int field, final long value) {
        reserve(sizeOfTag(field) + sizeOfVarint(value));
        tag(field, WIRE_VARINT);
        varint(value);
        return this;
    }

    /** Writes a bool field. */
    public ProtoWriter bool(final int field, final boolean value) {
        return int64(field, value ? 1 : 0);
    }

    /** Writes tag and length of a nested message, a string or bytes; the {@code length} bytes themselves follow. */
    public ProtoWriter lengthHeader(final int field, final int length) {
        if (length < 0) {
            throw new IllegalArgumentException("field=" + field + ", length=" + length);
        }
        reserve(sizeOfLengthHeader(field, length));
        tag(field, WIRE_LENGTH_DELIMITED);
        varint(length);
        return this;
    }

    /** Writes a bytes field, copying {@code length} bytes of {@code source} from {@code sourceOffset}. */
    public ProtoWriter bytes(final int field, final DirectBuffer source, final int sourceOffset, final int length) {
        reserve(sizeOfBytes(field, length));
        tag(field, WIRE_LENGTH_DELIMITED);
        varint(length);
        buffer.putBytes(position, source, sourceOffset, length);
        position += length;
        return this;
    }

    /** Writes a string field. Allocates the bytes of the string: not for each row. */
    public ProtoWriter string(final int field, final String value) {
        final byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        reserve(sizeOfBytes(field, utf8.length));
        tag(field, WIRE_LENGTH_DELIMITED);
        varint(utf8.length);
        buffer.putBytes(position, utf8);
        position += utf8.length;
        return this;
    }

    /** Writes a repeated packed int32 field; nothing at all for no values. */
    public ProtoWriter packedInt32(final int field, final int... values) {
        if (values.length > 0) {
            final int length = packedLength(values);
            reserve(sizeOfLengthHeader(field, length) + length);
            tag(field, WIRE_LENGTH_DELIMITED);
            varint(length);
            for (final int value : values) {
                varint(value);
            }
        }
        return this;
    }

    /** Returns the length of the tag of a field. */
    public static int sizeOfTag(final int field) {
        return sizeOfVarint((long) field << TAG_TYPE_BITS);
    }

    /** Returns the length of a varint: one byte for each seven bits, ten for a negative number. */
    public static int sizeOfVarint(final long value) {
        final int bits = Long.SIZE - Long.numberOfLeadingZeros(value | 1);
        return (bits + 6) / 7;
    }

    /** Returns the length of an int32 field with its tag. */
    public static int sizeOfInt32(final int field, final int value) {
        return sizeOfTag(field) + sizeOfVarint(value);
    }

    /** Returns the length of an int64 field with its tag. */
    public static int sizeOfInt64(final int field, final long value) {
        return sizeOfTag(field) + sizeOfVarint(value);
    }

    /** Returns the length of a bool field with its tag. */
    public static int sizeOfBool(final int field) {
        return sizeOfTag(field) + 1;
    }

    /** Returns the length of what {@link #lengthHeader} writes. */
    public static int sizeOfLengthHeader(final int field, final int length) {
        return sizeOfTag(field) + sizeOfVarint(length);
    }

    /** Returns the length of a field of {@code length} bytes with its tag and length. */
    public static int sizeOfBytes(final int field, final int length) {
        return sizeOfLengthHeader(field, length) + length;
    }

    /** Returns the length of a packed int32 field with its tag and length; 0 for no values. */
    public static int sizeOfPackedInt32(final int field, final int... values) {
        return values.length == 0 ? 0 : sizeOfBytes(field, packedLength(values));
    }

    private static int packedLength(final int... values) {
        int length = 0;
        for (final int value : values) {
            length += sizeOfVarint(value);
        }
        return length;
    }

    private void reserve(final int length) {
        if (length < 0 || length > limit - position) {
            throw new IndexOutOfBoundsException("position=" + position + ", length=" + length + ", limit=" + limit);
        }
    }

    private void tag(final int field, final int wireType) {
        varint((long) field << TAG_TYPE_BITS | wireType);
    }

    private void varint(final long value) {
        long rest = value;
        int index = position;
        while ((rest & ~0x7FL) != 0) {
            buffer.putByte(index++, (byte) (rest | 0x80));
            rest >>>= 7;
        }
        buffer.putByte(index++, (byte) rest);
        position = index;
    }
}
