package dev.millrace.internal.memory;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Spare objects for any number of threads: who needs one takes it and gives it back. Threads spread over places by their
 * number and never wait for each other; one that finds nothing makes an object. So there are about as many as are used at
 * the same time, not as there are threads, and once they are made none costs an allocation.
 */
public final class Spares<T> {
    // A cache line or two.
    private static final int STRIDE = 16;
    private static final int TRIES = 4;

    private final int places;
    private final AtomicReferenceArray<@Nullable T> spares;

    /** @param places how many objects are kept at most; a power of two. */
    public Spares(final int places) {
        if (Integer.bitCount(places) != 1) {
            throw new IllegalArgumentException(places + " is no power of two");
        }
        this.places = places;
        this.spares = new AtomicReferenceArray<>(places * STRIDE);
    }

    /** Takes an object out; null if there is none near. */
    public @Nullable T take() {
        final int first = firstPlace();
        for (int i = 0; i < TRIES; i++) {
            final int place = place(first + i);
            if (spares.getPlain(place) != null) {
                final T spare = spares.getAndSet(place, null);
                if (spare != null) {
                    return spare;
                }
            }
        }
        return null;
    }

    /** Keeps an object for the next one. Returns false if there is no place: it is the caller's to forget. */
    public boolean giveBack(final T spare) {
        final int first = firstPlace();
        for (int i = 0; i < TRIES; i++) {
            final int place = place(first + i);
            if (spares.getPlain(place) == null && spares.compareAndSet(place, null, spare)) {
                return true;
            }
        }
        return false;
    }

    private static int firstPlace() {
        return (int) Thread.currentThread().threadId();
    }

    private int place(final int number) {
        return (number & places - 1) * STRIDE;
    }
}
