package dev.millrace.internal.cluster;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Partitions by the bytes of their values: a hash table that is read without a lock and without allocating, and changed
 * under one. What is found may have ended meanwhile; the reader looks. Safe for any number of threads.
 */
public final class PartitionCache<P> {
    private static final int FIRST_BINS = 16;
    /** Far more than a table may have partitions; reached only if many values stand for the same one. */
    private static final int MAX_ENTRIES = 1 << 16;

    private final ReentrantLock lock = new ReentrantLock();
    private volatile AtomicReferenceArray<@Nullable Entry<P>> bins = new AtomicReferenceArray<>(FIRST_BINS);

    // guarded by lock
    private int entries;

    /** Immutable, so that chains are read while they are replaced. */
    private record Entry<P>(
            int hash, byte[] key, P partition, @Nullable Entry<P> next) {
        boolean has(final int otherHash, final UnsafeBuffer other, final int length) {
            return hash == otherHash && Arrays.equals(key, 0, key.length, other.byteArray(), 0, length);
        }
    }

    /**
     * Returns the partition under a key; null if there is none.
     *
     * @param key an array's buffer, from its beginning.
     */
    public @Nullable P get(final UnsafeBuffer key, final int length) {
        final AtomicReferenceArray<@Nullable Entry<P>> table = bins;
        final int hash = hash(key, length);
        for (Entry<P> entry = table.get(hash & table.length() - 1); entry != null; entry = entry.next) {
            if (entry.has(hash, key, length)) {
                return entry.partition;
            }
        }
        return null;
    }

    /** Enters a partition, in place of another under the same key. */
    public void put(final UnsafeBuffer key, final int length, final P partition) {
        final byte[] copy = new byte[length];
        key.getBytes(0, copy);
        final int hash = hash(key, length);
        lock.lock();
        try {
            removeIf(hash & bins.length() - 1, entry -> entry.has(hash, key, length));
            if (entries == MAX_ENTRIES) {
                bins = new AtomicReferenceArray<>(FIRST_BINS);
                entries = 0;
            } else if (entries >= bins.length()) {
                grow();
            }
            enter(bins, new Entry<>(hash, copy, partition, null));
            entries++;
        } finally {
            lock.unlock();
        }
    }

    /** Takes out a partition, under whatever keys. */
    public void remove(final P partition) {
        lock.lock();
        try {
            for (int bin = 0; bin < bins.length(); bin++) {
                removeIf(bin, entry -> entry.partition == partition);
            }
        } finally {
            lock.unlock();
        }
    }

    private void grow() {
        final AtomicReferenceArray<@Nullable Entry<P>> larger = new AtomicReferenceArray<>(bins.length() * 2);
        for (int bin = 0; bin < bins.length(); bin++) {
            for (Entry<P> entry = bins.get(bin); entry != null; entry = entry.next) {
                enter(larger, entry);
            }
        }
        bins = larger;
    }

    private static <P> void enter(final AtomicReferenceArray<@Nullable Entry<P>> table, final Entry<P> entry) {
        final int bin = entry.hash & table.length() - 1;
        table.set(bin, new Entry<>(entry.hash, entry.key, entry.partition, table.get(bin)));
    }

    private void removeIf(final int bin, final Predicate<Entry<P>> unwanted) {
        Entry<P> kept = null;
        int removed = 0;
        for (Entry<P> entry = bins.get(bin); entry != null; entry = entry.next) {
            if (unwanted.test(entry)) {
                removed++;
            } else {
                kept = new Entry<>(entry.hash, entry.key, entry.partition, kept);
            }
        }
        if (removed > 0) {
            bins.set(bin, kept);
            entries -= removed;
        }
    }

    private static int hash(final UnsafeBuffer key, final int length) {
        long hash = length;
        int at = 0;
        for (; at <= length - Long.BYTES; at += Long.BYTES) {
            hash = mix(hash ^ key.getLong(at, LITTLE_ENDIAN));
        }
        long tail = 0;
        for (; at < length; at++) {
            tail = tail << Byte.SIZE | key.getByte(at) & 0xFF;
        }
        hash = mix(hash ^ tail);
        return (int) (hash >>> 32);
    }

    private static long mix(final long value) {
        final long product = value * 0x9E3779B97F4A7C15L;
        return product ^ product >>> 32;
    }
}
