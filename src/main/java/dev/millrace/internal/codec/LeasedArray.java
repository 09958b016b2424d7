package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.row.InternalArray;

/** A value of ARRAY, or one half of a MAP, under a lease. */
final class LeasedArray extends LeasedValues implements InternalArray {
    private final ArrayView array;

    LeasedArray(final Lease lease, final ArrayView array) {
        super(lease);
        this.array = array;
    }

    @Override
    BinaryValues values() {
        return array;
    }

    @Override
    public int size() {
        return array.size();
    }
}
