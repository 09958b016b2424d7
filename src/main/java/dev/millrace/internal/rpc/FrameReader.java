package dev.millrace.internal.rpc;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;

/**
 * Takes response frames off a channel, one after the other: {@link #next()}, then exactly one of the ways to take the
 * body. Small frames arrive many at a time in a staging buffer and are copied out of it; the rest of a large body goes
 * from the channel straight into its direct buffer.
 *
 * <p>Belongs to one thread. No length that the peer names is believed before it is checked, and none makes this class
 * allocate. After any exception the position in the stream is lost and the channel must be closed.
 */
final class FrameReader implements AutoCloseable {
    private static final int STAGING_LENGTH = 64 * 1024;

    /** Below this, what is left of a body is better fetched together with whatever follows it. */
    private static final int STRAIGHT_READ_LENGTH = 8 * 1024;

    /** A read of less is a short one, if much more is to come. */
    private static final int SHORT_READ_LENGTH = 64 * 1024;

    private static final long MAX_PAUSE_NS = 200_000;
    private static final long MIN_PAUSE_NS = 20_000;

    private final ReadableByteChannel source;
    private final int maxFrameLength;
    private final ByteBuffer staging;
    private final DirectBuffer view;

    private int type;
    private int requestId;
    private int bodyLength;

    // Read by the thread that watches for silent peers.
    private volatile long lastReadNs = System.nanoTime();

    FrameReader(final ReadableByteChannel source, final int maxFrameLength) {
        this.source = source;
        this.maxFrameLength = maxFrameLength;
        staging = OffHeap.allocate(STAGING_LENGTH).limit(0);
        view = OffHeap.wrap(staging, 0, STAGING_LENGTH);
    }

    /** Returns the type of the current frame, one of those in {@link ResponseLayout}. */
    int type() {
        return type;
    }

    /** Returns the request that the current frame answers. */
    int requestId() {
        return requestId;
    }

    /** Returns the length of the current frame's body. */
    int bodyLength() {
        return bodyLength;
    }

    /** Returns when a byte came in last, on the clock of {@link System#nanoTime()}. Any thread may ask. */
    long lastReadNs() {
        return lastReadNs;
    }

    /**
     * Waits for the next frame and reads its header.
     *
     * @return false if the peer closed the channel, between frames.
     * @throws CorruptDataException the header makes no sense.
     * @throws EOFException the peer closed the channel in the middle of a header.
     */
    boolean next() throws IOException {
        if (!stage(ResponseLayout.SERVER_FAILURE_HEADER_LENGTH)) {
            return false;
        }
        final int length = ResponseLayout.length(view, staging.position());
        type = ResponseLayout.type(view, staging.position());
        if (type < ResponseLayout.SUCCESS || type > ResponseLayout.SERVER_FAILURE) {
            throw new CorruptDataException("response of unknown type " + type + ", length " + length);
        }
        final int headerLength = ResponseLayout.headerLength(type);
        bodyLength = length - (headerLength - ResponseLayout.TYPE_OFFSET);
        if (length < 0 || bodyLength < 0 || length > maxFrameLength) {
            throw new CorruptDataException(
                    "response of type " + type + " with length " + length + ", limit " + maxFrameLength);
        }
        if (type != ResponseLayout.SERVER_FAILURE) {
            if (!stage(headerLength)) {
                throw new EOFException("connection closed in the middle of a response header");
            }
            requestId = ResponseLayout.requestId(view, staging.position());
        }
        staging.position(staging.position() + headerLength);
        return true;
    }

    /** Reads the body into a buffer from index 0 on and leaves the buffer ready to be read. */
    void readBody(final ByteBuffer target) throws IOException {
        final long startNs = lastReadNs;
        target.clear().limit(bodyLength);
        copyStaged(target);
        while (target.hasRemaining()) {
            if (target.isDirect() && target.remaining() >= STRAIGHT_READ_LENGTH) {
                if (read(target) < SHORT_READ_LENGTH) {
                    gather(target, startNs);
                }
            } else {
                fillStaging();
                copyStaged(target);
            }
        }
        target.flip();
    }

    /**
     * Lets more bytes come in before the next read: to be woken for every few kilobytes costs more than to read them. Sleeps
     * for half the time that the rest of the body takes at its rate so far, so that its end is hardly late: a timer of the
     * system may be, by some 50 us.
     */
    private void gather(final ByteBuffer target, final long startNs) {
        final double restNs = (double) (lastReadNs - startNs) * target.remaining() / target.position();
        final long pauseNs = (long) Math.min(MAX_PAUSE_NS, restNs / 2);
        if (pauseNs >= MIN_PAUSE_NS) {
            LockSupport.parkNanos(this, pauseNs);
        }
    }

    /** Reads the body and forgets it. */
    void skipBody() throws IOException {
        int left = bodyLength;
        while (true) {
            final int skipped = Math.min(left, staging.remaining());
            staging.position(staging.position() + skipped);
            left -= skipped;
            if (left == 0) {
                return;
            }
            fillStaging();
        }
    }

    /** Frees the staging buffer; the thread that reads has ended or is the caller. The channel is not closed. */
    @Override
    public void close() {
        OffHeap.free(staging);
    }

    private void copyStaged(final ByteBuffer target) {
        final int length = Math.min(target.remaining(), staging.remaining());
        target.put(target.position(), staging, staging.position(), length);
        target.position(target.position() + length);
        staging.position(staging.position() + length);
    }

    /** Makes {@code length} bytes lie in the staging buffer. Returns false at the end of the stream between frames. */
    private boolean stage(final int length) throws IOException {
        while (staging.remaining() < length) {
            staging.compact();
            final int count;
            try {
                count = source.read(staging);
            } finally {
                staging.flip();
            }
            if (count < 0) {
                if (staging.hasRemaining()) {
                    throw new EOFException("connection closed in the middle of a response header");
                }
                return false;
            }
            lastReadNs = System.nanoTime();
        }
        return true;
    }

    private void fillStaging() throws IOException {
        staging.clear();
        try {
            read(staging);
        } finally {
            staging.flip();
        }
    }

    private int read(final ByteBuffer target) throws IOException {
        final int count = source.read(target);
        if (count < 0) {
            throw new EOFException("connection closed in the middle of a response of " + bodyLength + " bytes");
        }
        lastReadNs = System.nanoTime();
        return count;
    }
}
