package dev.millrace.internal.rpc;

import static dev.millrace.internal.rpc.ProtoWriter.TAG_TYPE_BITS;
import static dev.millrace.internal.rpc.ProtoWriter.WIRE_FIXED32;
import static dev.millrace.internal.rpc.ProtoWriter.WIRE_FIXED64;
import static dev.millrace.internal.rpc.ProtoWriter.WIRE_LENGTH_DELIMITED;
import static dev.millrace.internal.rpc.ProtoWriter.WIRE_VARINT;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;

/**
 * Reads Protobuf fields in place, front to back, without allocating. For the hot responses; all others use the
 * generated classes. Each {@link #next()} takes one whole field, so that a field nobody asks for is skipped by itself:
 *
 * <pre>{@code
 * reader.wrap(buffer, offset, length);
 * for (int field = reader.next(); field != ProtoReader.END; field = reader.next()) {
 *     switch (field) {
 *         case 2 -> bucketId = reader.int32();
 *         case 7 -> nested.wrap(buffer, reader.bytesOffset(), reader.bytesLength());
 *         default -> {} // a newer server's field
 *     }
 * }
 * }</pre>
 *
 * Every length is checked against the end of the message before anything is read, and damage is a
 * {@link CorruptDataException}, never a read outside. A flyweight for one thread; it borrows the buffer until the next
 * {@code wrap}.
 */
public final class ProtoReader {
    /** What {@link #next()} returns after the last field. */
    public static final int END = 0;

    private static final int NO_FIELD = -1;

    private DirectBuffer buffer = OffHeap.flyweight();
    private int position;
    private int limit;

    private int field;
    private int wireType = NO_FIELD;
    private long value;
    private int bytesOffset;
    private int bytesLength;

    /** Starts to read a message of {@code length} bytes at {@code offset} of a buffer that stays the caller's. */
    public ProtoReader wrap(final DirectBuffer source, final int offset, final int length) {
        if (offset < 0 || length < 0 || length > source.capacity() - offset) {
            throw new IndexOutOfBoundsException(
                    "offset=" + offset + ", length=" + length + ", capacity=" + source.capacity());
        }
        buffer = source;
        position = offset;
        limit = offset + length;
        wireType = NO_FIELD;
        return this;
    }

    /**
     * Goes to the next field.
     *
     * @return its number, or {@link #END}.
     * @throws CorruptDataException the bytes are no field, or one that reaches beyond the message.
     */
    public int next() {
        if (position == limit) {
            wireType = NO_FIELD;
            return END;
        }
        final long tag = varint();
        field = (int) (tag >>> TAG_TYPE_BITS);
        wireType = (int) tag & 7;
        if (tag >>> Integer.SIZE != 0 || field == END) {
            throw damaged("tag " + tag);
        }
        switch (wireType) {
            case WIRE_VARINT -> value = varint();
            case WIRE_FIXED64 -> fixed64();
            case WIRE_LENGTH_DELIMITED -> lengthDelimited();
            case WIRE_FIXED32 -> fixed32();
            default -> throw damaged("wire type " + wireType);
        }
        return field;
    }

    /** Returns the value of the current int32 field; a longer number is cut to its low 32 bits, as Protobuf has it. */
    public int int32() {
        return (int) int64();
    }

    /** Returns the value of the current int64 field. */
    public long int64() {
        require(WIRE_VARINT);
        return value;
    }

    /** Returns the value of the current bool field. */
    public boolean bool() {
        return int64() != 0;
    }

    /** Returns the value of the current fixed32, sfixed32 or (as its bits) float field. */
    public int fixed32Bits() {
        require(WIRE_FIXED32);
        return (int) value;
    }

    /** Returns the value of the current fixed64, sfixed64 or (as its bits) double field. */
    public long fixed64Bits() {
        require(WIRE_FIXED64);
        return value;
    }

    /** Returns whether the current field is a string, bytes, a message or packed. */
    public boolean isLengthDelimited() {
        return wireType == WIRE_LENGTH_DELIMITED;
    }

    /** Returns where in the wrapped buffer the current string, bytes, message or packed field begins. */
    public int bytesOffset() {
        require(WIRE_LENGTH_DELIMITED);
        return bytesOffset;
    }

    /** Returns how many bytes the current string, bytes, message or packed field has; all lie inside the message. */
    public int bytesLength() {
        require(WIRE_LENGTH_DELIMITED);
        return bytesLength;
    }

    /** Returns the current field as a string. Allocates: for error messages and the like. */
    public String string() {
        require(WIRE_LENGTH_DELIMITED);
        final byte[] utf8 = new byte[bytesLength];
        buffer.getBytes(bytesOffset, utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private void lengthDelimited() {
        final long length = varint();
        if (length < 0 || length > limit - position) {
            throw damaged("length " + length + " with " + (limit - position) + " bytes left");
        }
        bytesOffset = position;
        bytesLength = (int) length;
        position += bytesLength;
    }

    private void fixed32() {
        requireRemaining(Integer.BYTES);
        value = buffer.getInt(position, ByteOrder.LITTLE_ENDIAN);
        position += Integer.BYTES;
    }

    private void fixed64() {
        requireRemaining(Long.BYTES);
        value = buffer.getLong(position, ByteOrder.LITTLE_ENDIAN);
        position += Long.BYTES;
    }

    private long varint() {
        long result = 0;
        int index = position;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (index == limit) {
                throw damaged("a number without an end");
            }
            final byte next = buffer.getByte(index++);
            result |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                position = index;
                return result;
            }
        }
        throw damaged("a number of more than " + ProtoWriter.MAX_VARINT_LENGTH + " bytes");
    }

    private void requireRemaining(final int length) {
        if (length > limit - position) {
            throw damaged("a value of " + length + " bytes with " + (limit - position) + " left");
        }
    }

    private void require(final int wanted) {
        if (wireType != wanted) {
            if (wireType == NO_FIELD) {
                throw new IllegalStateException("no field was read");
            }
            throw damaged("wire type " + wireType + " where " + wanted + " is due");
        }
    }

    private CorruptDataException damaged(final String what) {
        return new CorruptDataException(
                "damaged message: " + what + " at byte " + position + " of " + limit + " (field " + field + ")");
    }
}
