package dev.millrace.support;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Random;

/**
 * Yields one to seven bytes a read, so that every frame is torn somewhere. For one thread. The seed is part of
 * {@link #toString}: put it into the description of what you assert.
 */
public final class TornChannel implements ReadableByteChannel {
    private static final int MOST_BYTES = 7;

    private final ReadableByteChannel source;
    private final long seed;
    private final Random random;

    public TornChannel(ReadableByteChannel source, long seed) {
        this.source = source;
        this.seed = seed;
        this.random = new Random(seed);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int limit = target.limit();
        target.limit(target.position() + Math.min(target.remaining(), 1 + random.nextInt(MOST_BYTES)));
        try {
            return source.read(target);
        } finally {
            target.limit(limit);
        }
    }

    @Override
    public boolean isOpen() {
        return source.isOpen();
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    @Override
    public String toString() {
        return "TornChannel[seed=" + seed + "]";
    }
}
