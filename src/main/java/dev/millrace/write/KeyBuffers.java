package dev.millrace.write;

import dev.millrace.internal.codec.KeyBuffer;
import dev.millrace.internal.memory.Spares;

/** Key buffers for any number of threads: each append takes one and gives it back. */
final class KeyBuffers {
    private static final int FIRST_LENGTH = 256;
    private static final int MAX_KEPT_LENGTH = 64 * 1024;
    private static final int PLACES = 64;

    private final Spares<KeyBuffer> spares = new Spares<>(PLACES);

    KeyBuffer take() {
        final KeyBuffer spare = spares.take();
        return spare == null ? new KeyBuffer(FIRST_LENGTH) : spare;
    }

    /** Keeps a buffer for the next one, if there is a place and it is not too long to keep. */
    void giveBack(final KeyBuffer buffer) {
        if (buffer.capacity() <= MAX_KEPT_LENGTH) {
            spares.giveBack(buffer);
        }
    }
}
