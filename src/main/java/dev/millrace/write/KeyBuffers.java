package dev.millrace.write;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Key buffers for any number of threads: each append takes one and gives it back. Threads spread over places by their
 * number and never wait for each other; one that finds nothing makes a buffer. So there are about as many as appends
 * run at the same time, not as there are threads, and once they are made no row costs an allocation.
 */
final class KeyBuffers {
    private static final int MAX_KEPT_LENGTH = 64 * 1024;
    // A power of two of places, a cache line or two apart.
    private static final int PLACES = 64;
    private static final int STRIDE = 16;
    private static final int TRIES = 4;

    private final AtomicReferenceArray<@Nullable KeyBuffer> places = new AtomicReferenceArray<>(PLACES * STRIDE);

    KeyBuffer take() {
        final int first = firstPlace();
        for (int i = 0; i < TRIES; i++) {
            final int place = place(first + i);
            if (places.getPlain(place) != null) {
                final KeyBuffer buffer = places.getAndSet(place, null);
                if (buffer != null) {
                    return buffer;
                }
            }
        }
        return new KeyBuffer();
    }

    /** Keeps a buffer for the next one, if there is a place and it is not too long to keep. */
    void giveBack(final KeyBuffer buffer) {
        if (buffer.capacity() > MAX_KEPT_LENGTH) {
            return;
        }
        final int first = firstPlace();
        for (int i = 0; i < TRIES; i++) {
            final int place = place(first + i);
            if (places.getPlain(place) == null && places.compareAndSet(place, null, buffer)) {
                return;
            }
        }
    }

    private static int firstPlace() {
        return (int) Thread.currentThread().threadId();
    }

    private static int place(final int number) {
        return (number & PLACES - 1) * STRIDE;
    }
}
