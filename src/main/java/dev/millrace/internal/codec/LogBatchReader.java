package dev.millrace.internal.codec;

import static dev.millrace.internal.codec.LogBatchLayout.CRC_START;
import static dev.millrace.internal.codec.LogBatchLayout.HEADER_LENGTH;
import static dev.millrace.internal.codec.LogBatchLayout.LENGTH_OVERHEAD;
import static dev.millrace.internal.codec.LogBatchLayout.MAGIC;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.OffHeap;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks over log batches that lie back to back, as a server sends them, and checks each header before it gives it out.
 *
 * <p>An incomplete batch at the end is none: a server cuts its answer at a byte limit. A flyweight for one thread; it
 * borrows the memory until the next {@code wrap} and allocates nothing but exceptions.
 *
 * <pre>{@code
 * reader.wrap(memory, from, length);
 * while (reader.next()) {
 *     reader.checkCrc();
 *     use(reader.baseOffset(), reader.recordCount(), reader.bodyOffset(), reader.bodyLength());
 * }
 * }</pre>
 */
public final class LogBatchReader {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final UnsafeBuffer buffer = OffHeap.flyweight();
    private final CRC32C crc = new CRC32C();
    private ByteBuffer memory = NOTHING;
    private int start;
    private int limit;
    private int batch;
    private int batchLength;

    /**
     * Starts in front of the first batch.
     *
     * @param source direct memory; its position and limit are the reader's to move until the next call.
     */
    public LogBatchReader wrap(final ByteBuffer source, final int offset, final int length) {
        source.clear();
        if (offset < 0 || length < 0 || length > source.capacity() - offset) {
            throw new IndexOutOfBoundsException(
                    "offset=" + offset + ", length=" + length + ", capacity=" + source.capacity());
        }
        memory = source;
        buffer.wrap(source, 0, source.capacity());
        start = offset;
        limit = offset + length;
        batch = offset;
        batchLength = 0;
        return this;
    }

    /** Lets go of the memory. */
    public void unwrap() {
        memory = NOTHING;
        buffer.wrap(0, 0);
        batch = 0;
        batchLength = 0;
        limit = 0;
    }

    /**
     * Goes to the next complete batch.
     *
     * @return false if there is none any more; {@link #position()} then tells where the complete ones end.
     * @throws CorruptDataException the header cannot be one.
     */
    public boolean next() {
        final int next = batch + batchLength;
        final int available = limit - next;
        if (available < LENGTH_OVERHEAD) {
            return false;
        }
        final int length = LogBatchLayout.length(buffer, next);
        if (length < HEADER_LENGTH - LENGTH_OVERHEAD) {
            throw damaged(next, "length " + length + " where at least a header of " + HEADER_LENGTH + " bytes is due");
        }
        if (length > available - LENGTH_OVERHEAD) {
            return false;
        }
        batch = next;
        batchLength = length + LENGTH_OVERHEAD;
        checkHeader();
        return true;
    }

    /** Goes on with the batch that begins at {@link #position()} of another reader of the same memory. */
    public void seek(final int position) {
        if (position < start || position > limit) {
            throw new IndexOutOfBoundsException("position=" + position + ", from=" + start + ", to=" + limit);
        }
        batch = position;
        batchLength = 0;
    }

    /** Where the batch begins in the memory that next() gives out next, if it is complete. */
    public int position() {
        return batch + batchLength;
    }

    /** The length of the batch that is not complete, as far as its beginning tells; 0 if it does not. */
    public int announcedLength() {
        final int next = position();
        if (limit - next < LENGTH_OVERHEAD) {
            return 0;
        }
        final int length = LogBatchLayout.length(buffer, next);
        return length < 0 || length > Integer.MAX_VALUE - LENGTH_OVERHEAD ? 0 : length + LENGTH_OVERHEAD;
    }

    /**
     * Compares the checksum. Not for projected batches: the server leaves them the checksum of the whole.
     *
     * @throws CorruptDataException they differ.
     */
    public void checkCrc() {
        memory.limit(batch + batchLength).position(batch + CRC_START);
        crc.reset();
        crc.update(memory);
        memory.clear();
        final int computed = (int) crc.getValue();
        final int stored = LogBatchLayout.crc(buffer, batch);
        if (computed != stored) {
            throw damaged(
                    batch,
                    "CRC-32C " + Integer.toHexString(computed) + " where the header says "
                            + Integer.toHexString(stored));
        }
    }

    /** The memory that was wrapped; offsets count from its beginning. */
    public UnsafeBuffer buffer() {
        return buffer;
    }

    public long baseOffset() {
        return LogBatchLayout.baseOffset(buffer, batch);
    }

    /** The offset at which the log goes on after this batch; also an empty batch takes one. */
    public long nextOffset() {
        return baseOffset() + LogBatchLayout.lastOffsetDelta(buffer, batch) + 1;
    }

    /** The leader's clock at the append, in milliseconds since the epoch. */
    public long timestamp() {
        return LogBatchLayout.timestamp(buffer, batch);
    }

    public int schemaId() {
        return LogBatchLayout.schemaId(buffer, batch);
    }

    public boolean isAppendOnly() {
        return LogBatchLayout.isAppendOnly(buffer, batch);
    }

    public int recordCount() {
        return LogBatchLayout.recordCount(buffer, batch);
    }

    /** Where the bytes after the header begin. */
    public int bodyOffset() {
        return batch + HEADER_LENGTH;
    }

    public int bodyLength() {
        return batchLength - HEADER_LENGTH;
    }

    private void checkHeader() {
        final byte magic = LogBatchLayout.magic(buffer, batch);
        if (magic != MAGIC) {
            throw damaged(batch, "magic " + magic + " where " + MAGIC + " is due");
        }
        final int count = LogBatchLayout.recordCount(buffer, batch);
        final int lastDelta = LogBatchLayout.lastOffsetDelta(buffer, batch);
        if (count < 0 || lastDelta != Math.max(count - 1, 0)) {
            throw damaged(batch, count + " records with a last offset delta of " + lastDelta);
        }
        final long baseOffset = LogBatchLayout.baseOffset(buffer, batch);
        if (baseOffset < 0 || baseOffset > Long.MAX_VALUE - lastDelta - 1) {
            throw damaged(batch, "base offset " + baseOffset);
        }
    }

    private CorruptDataException damaged(final int at, final String what) {
        return new CorruptDataException(
                "damaged log batch at byte " + (at - start) + " of " + (limit - start) + ": " + what);
    }
}
