package dev.millrace.write;

import dev.millrace.error.FlussException;
import dev.millrace.metadata.TablePath;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.ToLongFunction;

/**
 * The id under which the servers know this client's batches, asked for when it is first needed. All senders share it;
 * one asks, the others wait for him. Without idempotence it is -1 and nobody is asked.
 */
final class WriterIdentity {
    static final long NONE = -1;

    private final boolean idempotent;
    private final ToLongFunction<TablePath> initWriter;
    private final ReentrantLock asking = new ReentrantLock();
    private final AtomicLong writerId = new AtomicLong(NONE);

    /** @param initWriter asks a server for a new id, for writing to a table. */
    WriterIdentity(final boolean idempotent, final ToLongFunction<TablePath> initWriter) {
        this.idempotent = idempotent;
        this.initWriter = initWriter;
    }

    /**
     * The current id. Senders only: it may ask a server.
     *
     * @throws FlussException no server gave one; the caller tries again later.
     */
    long obtain(final TablePath table) {
        final long known = writerId.get();
        if (!idempotent || known != NONE) {
            return known;
        }
        asking.lock();
        try {
            // Read once: an id that somebody renounces meanwhile is still one, and none would mean no idempotence.
            long id = writerId.get();
            if (id == NONE) {
                id = initWriter.applyAsLong(table);
                writerId.set(id);
            }
            return id;
        } finally {
            asking.unlock();
        }
    }

    /** The current id, or {@link #NONE} while there is none. Never blocks. */
    long current() {
        return writerId.get();
    }

    /** Gives up an id that the servers do not follow any more; the next need asks for another. Never blocks. */
    void renounce(final long staleWriterId) {
        writerId.compareAndSet(staleWriterId, NONE);
    }
}
