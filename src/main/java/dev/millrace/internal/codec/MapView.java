package dev.millrace.internal.codec;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.millrace.error.CorruptDataException;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import org.agrona.concurrent.UnsafeBuffer;

/** A binary map read in place; see {@link NestedEncoder.OfMap} for the layout. */
final class MapView implements InternalMap {
    private final ValueType type;
    private final ArrayView keys;
    private final ArrayView entries;

    MapView(final ValueType type, final RowFormat format) {
        this.type = type;
        this.keys = new ArrayView(NestedEncoder.keyOf(type), format);
        this.entries = new ArrayView(NestedEncoder.elementOf(type), format);
    }

    /**
     * Reads the map that fills a range of memory.
     *
     * @throws CorruptDataException the bytes are no such map.
     */
    void wrap(final UnsafeBuffer source, final int offset, final int length) {
        BinaryValues.checkRange(source, offset, length);
        final int keysLength = length < Integer.BYTES ? -1 : source.getInt(offset, LITTLE_ENDIAN);
        if (keysLength < 0 || keysLength > length - Integer.BYTES) {
            throw new CorruptDataException(
                    "damaged " + type + ": keys of " + keysLength + " bytes in a map of " + length);
        }
        final int head = Integer.BYTES + keysLength;
        keys.wrap(source, offset + Integer.BYTES, keysLength);
        entries.wrap(source, offset + head, length - head);
        if (keys.size() != entries.size()) {
            throw new CorruptDataException(
                    "damaged " + type + ": " + keys.size() + " keys with " + entries.size() + " values");
        }
    }

    @Override
    public int size() {
        return keys.size();
    }

    @Override
    public InternalArray keys() {
        return keys;
    }

    @Override
    public InternalArray values() {
        return entries;
    }

    /** The entries in braces, for example {@code {a=1, b=null}}. */
    @Override
    public String toString() {
        return ValueText.ofMap(this, type);
    }
}
