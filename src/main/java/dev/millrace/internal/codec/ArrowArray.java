package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.row.InternalArray;

/** A value of ARRAY, or the keys or values of a MAP, in an Arrow batch: a run of neighbours in one column. Immutable. */
final class ArrowArray extends ArrowValues implements InternalArray {
    private final ArrowColumn elements;
    private final int from;
    private final int size;

    /** @param from the first element; as many as {@code size} are in the column from there. */
    ArrowArray(final Lease lease, final ArrowColumn elements, final int from, final int size) {
        super(lease);
        this.elements = elements;
        this.from = from;
        this.size = size;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    ArrowColumn column(final int pos) {
        return elements;
    }

    @Override
    int index(final int pos) {
        if (pos < 0 || pos >= size) {
            throw new IndexOutOfBoundsException("element " + pos + " of an array of " + size);
        }
        return from + pos;
    }

    /** The elements in brackets, for example {@code [1, null, 3]}. */
    @Override
    public String toString() {
        return ValueText.ofArray(this, elements.type());
    }
}
