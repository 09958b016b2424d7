package dev.millrace.lookup;

import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.BucketLeaders;
import dev.millrace.internal.cluster.PartitionLocation;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.codec.KeyBuffer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One key that is looked up, the thread that waits for it, and where its answer goes. Used again for other lookups.
 *
 * <p>The state decides who may touch what. While it is waiting, the sender may read the key, and whoever takes it from
 * waiting to filling may write the result, until it is answered or failed. A caller that leaves, or is told that his time
 * is over, takes it from waiting to ended; then nobody touches his result any more. Such a call is never used again, for a
 * sender or a request may still hold it and read its key. The number of the use is a part of the state, so that who looks
 * at one use cannot end the next.
 *
 * <pre>
 *   IDLE -> WAITING -> FILLING -> ANSWERED or FAILED -> WAITING again, or IDLE
 *              |
 *              +-> EXPIRED, CLOSED or LEFT
 * </pre>
 */
final class LookupCall {
    static final int IDLE = 0;
    static final int WAITING = 1;
    static final int FILLING = 2;
    static final int ANSWERED = 3;
    static final int FAILED = 4;
    /** The deadline has passed. */
    static final int EXPIRED = 5;
    /** The connection to the cluster was closed. */
    static final int CLOSED = 6;
    /** The caller was interrupted. */
    static final int LEFT = 7;

    static final long NO_PARTITION = -1;

    private static final int PHASE_MASK = 7;
    private static final int NEXT_USE = PHASE_MASK + 1;
    private static final int FIRST_KEY_LENGTH = 64;
    private static final int MAX_KEPT_KEY_LENGTH = 4 * 1024;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(LookupCall.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Of the calling thread until it waits; then read by the others.
    private final KeyBuffer key = new KeyBuffer(FIRST_KEY_LENGTH);
    private int keyLength;
    private @Nullable PartitionPath partition;
    private int bucket;
    private @Nullable BucketLeaders location;
    private @Nullable LookupTarget target;
    private @Nullable LookupResult result;
    private @Nullable Thread caller;
    private long deadlineNs;
    private boolean isAlone;
    private boolean isTooLong;

    // Of whoever has filling; read by the calling thread afterwards.
    private @Nullable FlussException failure;

    /** The next one in the queue of a sender, to which it belongs while the call is queued. */
    @Nullable LookupCall next;

    private volatile int state;

    // ---- the calling thread --------------------------------------------------------------------------------------

    KeyBuffer key() {
        return key;
    }

    void setKey(final int length, final @Nullable PartitionPath ofPartition, final int ofBucket) {
        keyLength = length;
        partition = ofPartition;
        bucket = ofBucket;
    }

    /** Begins a lookup. */
    void begin(final LookupTarget lookupTarget, final LookupResult lookupResult, final long untilNs) {
        target = lookupTarget;
        result = lookupResult;
        caller = Thread.currentThread();
        deadlineNs = untilNs;
        isAlone = false;
        isTooLong = false;
    }

    /** From now on an answer may come. */
    void startWaiting(final BucketLeaders at) {
        location = at;
        failure = null;
        next = null;
        state = (state & ~PHASE_MASK) + NEXT_USE | WAITING;
    }

    /** Ends the waiting; false if it is too late for that, and the outcome is there or will be in a moment. */
    boolean leave() {
        return end(state, LEFT);
    }

    /** Gets ready for another lookup. Returns false if somebody may still hold this call, or its key is very long. */
    boolean reset() {
        final int now = phase();
        if (now != IDLE && now != ANSWERED && now != FAILED || key.capacity() > MAX_KEPT_KEY_LENGTH) {
            return false;
        }
        target = null;
        result = null;
        caller = null;
        location = null;
        partition = null;
        failure = null;
        state = state & ~PHASE_MASK | IDLE;
        return true;
    }

    /** Whether the answer to this call alone was too long. */
    boolean isTooLong() {
        return isTooLong;
    }

    @Nullable FlussException failure() {
        return failure;
    }

    @Nullable BucketLeaders location() {
        return location;
    }

    @Nullable PartitionPath partition() {
        return partition;
    }

    // ---- any thread ----------------------------------------------------------------------------------------------

    int phase() {
        return state & PHASE_MASK;
    }

    /** All of the state, for {@link #end}. */
    int state() {
        return state;
    }

    /** Whether no lookup uses the call, by what {@link #state} gave. */
    static boolean isIdle(final int state) {
        return (state & PHASE_MASK) == IDLE;
    }

    boolean isWaiting() {
        return phase() == WAITING;
    }

    long deadlineNs() {
        return deadlineNs;
    }

    /**
     * Ends the waiting of one use, for another reason than an outcome.
     *
     * @param seen what {@link #state} gave.
     * @return false if it does not wait, or another use has begun.
     */
    boolean end(final int seen, final int phase) {
        final Thread waiter = caller;
        if ((seen & PHASE_MASK) != WAITING || !STATE.compareAndSet(this, seen, seen & ~PHASE_MASK | phase)) {
            return false;
        }
        LockSupport.unpark(waiter);
        return true;
    }

    // ---- sender and reader ---------------------------------------------------------------------------------------

    LookupTarget target() {
        return required(target);
    }

    int keyLength() {
        return keyLength;
    }

    int bucket() {
        return bucket;
    }

    /** The id of the partition, or {@link #NO_PARTITION}. */
    long partitionId() {
        return location instanceof final PartitionLocation found ? found.partitionId() : NO_PARTITION;
    }

    boolean isAlone() {
        return isAlone;
    }

    /** The answer was too long: it is to go in a request of its own, or has done so in vain. */
    void tooLong(final boolean wasAlone) {
        isAlone = true;
        isTooLong = wasAlone;
    }

    /** Takes the right to write the outcome. Returns false if the caller does not wait any more. */
    boolean claim() {
        final int seen = state;
        return (seen & PHASE_MASK) == WAITING && STATE.compareAndSet(this, seen, seen & ~PHASE_MASK | FILLING);
    }

    /** Where the answer goes; for the one who claimed this call. */
    LookupResult result() {
        return required(result);
    }

    /** The result is filled; for the one who claimed this call, and who must not touch it any more. */
    void answered() {
        finish(ANSWERED);
    }

    /** There is no answer; for the one who claimed this call, and who must not touch it any more. */
    void failed(final FlussException cause) {
        failure = cause;
        finish(FAILED);
    }

    private void finish(final int phase) {
        final Thread waiter = caller;
        state = state & ~PHASE_MASK | phase;
        LockSupport.unpark(waiter);
    }

    private static <T> T required(final @Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a call that was not begun");
        }
        return value;
    }
}
