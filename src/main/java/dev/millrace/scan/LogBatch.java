package dev.millrace.scan;

import dev.millrace.internal.codec.ArrowBatch;
import dev.millrace.internal.codec.BatchRows;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.codec.LogLayout;
import dev.millrace.internal.memory.SharedBlock;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way to the application, with the memory it lies in. Held by the scanner while it reads on in it, and
 * by each result that has rows of it; with the last of them goes the memory, and the object is used again for another
 * batch. A result that is never closed keeps its batch from that: the object then goes to the collector, and the memory
 * goes back when nothing reaches it.
 *
 * <p>Written by the thread that polls, before others see it; then read only.
 */
final class LogBatch {
    private static final VarHandle HOLDERS;

    static {
        try {
            HOLDERS = MethodHandles.lookup().findVarHandle(LogBatch.class, "holders", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Shelf shelf;
    private final BatchRows rows;
    private long baseOffset;
    private long nextOffset;
    private long timestamp;
    private @Nullable SharedBlock received;
    private @Nullable SharedBlock decompressed;

    // accessed through HOLDERS
    @SuppressWarnings("FieldMayBeFinal")
    private volatile int holders;

    private LogBatch(final Shelf shelf, final LogLayout layout) {
        this.shelf = shelf;
        this.rows = layout.newBatch();
    }

    /** Wraps the batch that the reader stands at; this object keeps the block it lies in. */
    void wrap(final LogBatchReader reader, final boolean exact, final SharedBlock block) {
        rows.wrap(reader, exact);
        baseOffset = reader.baseOffset();
        nextOffset = reader.nextOffset();
        timestamp = reader.timestamp();
        received = block.retain();
    }

    /** Takes over the block that the decompressed columns lie in. */
    void takeDecompressed(final SharedBlock block) {
        decompressed = block;
    }

    BatchRows rows() {
        return rows;
    }

    /** The rows of an Arrow log; null if it has another format. */
    @Nullable ArrowBatch arrow() {
        return rows instanceof final ArrowBatch batch ? batch : null;
    }

    int rowCount() {
        return rows.rowCount();
    }

    long baseOffset() {
        return baseOffset;
    }

    /** Where the log goes on after this batch. */
    long nextOffset() {
        return nextOffset;
    }

    long timestamp() {
        return timestamp;
    }

    /** Whether the row is the first of the two of an update. */
    boolean isUpdateBefore(final int row) {
        return rows.changeType(row) == ChangeType.UPDATE_BEFORE.ordinal();
    }

    ChangeType changeType(final int row) {
        return ChangeType.of(rows.changeType(row));
    }

    /**
     * Checks what readers of Arrow vectors take as it is: offsets and change types.
     *
     * @throws dev.millrace.error.CorruptDataException one of them cannot be.
     */
    void checkValues() {
        final ArrowBatch arrow = arrow();
        if (arrow == null) {
            return;
        }
        arrow.checkOffsets();
        for (int row = 0; arrow.hasChangeTypes() && row < arrow.rowCount(); row++) {
            changeType(row);
        }
    }

    @Nullable SharedBlock received() {
        return received;
    }

    @Nullable SharedBlock decompressed() {
        return decompressed;
    }

    LogBatch retain() {
        HOLDERS.getAndAdd(this, 1);
        return this;
    }

    void release() {
        if ((int) HOLDERS.getAndAdd(this, -1) == 1) {
            rows.unwrap();
            final SharedBlock first = received;
            final SharedBlock second = decompressed;
            received = null;
            decompressed = null;
            if (first != null) {
                first.release();
            }
            if (second != null) {
                second.release();
            }
            shelf.put(this);
        }
    }

    /** Batches that are used again, so that a batch costs no objects. Safe for any number of threads. */
    static final class Shelf {
        private static final int MAX_BATCHES = 32;

        private final LogLayout layout;
        private final ReentrantLock lock = new ReentrantLock();
        // guarded by lock
        private final ArrayDeque<LogBatch> batches = new ArrayDeque<>();

        Shelf(final LogLayout layout) {
            this.layout = layout;
        }

        /** A batch with the caller as its only holder. */
        LogBatch take() {
            lock.lock();
            try {
                final LogBatch free = batches.poll();
                return (free == null ? new LogBatch(this, layout) : free).retain();
            } finally {
                lock.unlock();
            }
        }

        private void put(final LogBatch batch) {
            lock.lock();
            try {
                if (batches.size() < MAX_BATCHES) {
                    batches.push(batch);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
