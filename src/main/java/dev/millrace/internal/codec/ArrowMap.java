package dev.millrace.internal.codec;

import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;

/** A value of MAP in an Arrow batch. Immutable. */
final class ArrowMap implements InternalMap {
    private final ValueType type;
    private final ArrowArray keys;
    private final ArrowArray entries;

    /** @param entries the values, as many as there are keys. */
    ArrowMap(final ValueType type, final ArrowArray keys, final ArrowArray entries) {
        this.type = type;
        this.keys = keys;
        this.entries = entries;
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
