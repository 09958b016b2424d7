package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import java.lang.ref.Reference;

/** A value of MAP under a lease. */
final class LeasedMap implements InternalMap {
    private final Lease lease;
    private final MapView map;

    LeasedMap(final Lease lease, final MapView map) {
        this.lease = lease;
        this.map = map;
    }

    @Override
    public int size() {
        return map.size();
    }

    @Override
    public InternalArray keys() {
        return new LeasedArray(lease, (ArrayView) map.keys());
    }

    @Override
    public InternalArray values() {
        return new LeasedArray(lease, (ArrayView) map.values());
    }

    /** As the view prints it. */
    @Override
    public String toString() {
        lease.check();
        final String text = map.toString();
        Reference.reachabilityFence(this);
        return text;
    }
}
