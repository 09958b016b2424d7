package dev.millrace.write;

import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussException;
import dev.millrace.internal.codec.BatchBuilder;
import dev.millrace.internal.memory.Block;
import dev.millrace.row.InternalRow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one bucket, from the one that is being filled to those whose acknowledgement is awaited.
 *
 * <p>Appenders, the bucket's sender, the connection's reader (with answers) and waiters meet here, under one lock that
 * nobody holds while he blocks. A batch moves one way:
 *
 * <pre>
 *   open --full, linger over, or somebody waits--> closed --drain--> in flight --answer--> settled
 *                                                    ^-----retriable failure----'
 * </pre>
 *
 * Sequences: a batch gets the bucket's next one when it is drained for the first time and keeps it for its retries.
 * While a retry is pending, one batch at a time is in flight, the lowest. When a batch fails for good, those behind it
 * move up by one. A bucket takes over a new writer id, and counts from 0 again, when none of its batches is out.
 *
 * <p>{@link #readyAtNs()} tells the sender, without the lock, when to come back.
 */
final class BucketQueue {
    /** Nothing to do until something changes. */
    static final long NEVER = Long.MAX_VALUE;

    /** At once, whatever the clock says. */
    private static final long NOW = Long.MIN_VALUE;

    private static final int MIN_BLOCK_LENGTH = 16 * 1024;
    private static final long RETRY_BACKOFF_MIN_NS = 20_000_000L;
    private static final long RETRY_BACKOFF_MAX_NS = 1_000_000_000L;
    private static final long LOOK_AGAIN_NS = 1_000_000_000L;

    final PartitionQueues partition;
    final int bucket;
    private final WriteSettings settings;
    private final WriterIdentity identity;
    private final Leaders leaders;
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private final BatchFormat.Sizing sizing;
    private final ArrayDeque<WriteBatch> closed = new ArrayDeque<>();
    private final ArrayDeque<WriteBatch> inFlight = new ArrayDeque<>();
    private @Nullable WriteBatch open;
    private boolean openIsUrgent;
    private @Nullable Supplier<? extends RuntimeException> ending;
    private long nextOrdinal;
    // The id that was given up last: whoever still comes with it was too late.
    private long renouncedWriterId = Long.MIN_VALUE;
    private int blockLength;
    private boolean retrying;
    private long retryAtNs = NOW;
    private long writerId = WriterIdentity.NONE;
    private int nextSequence;
    private int lastAcknowledged = -1;

    // written under lock, read by the sender without
    private volatile long readyAtNs = NEVER;
    // who sends for this bucket; null while its leader is sought
    private volatile @Nullable Sender sender;
    private volatile boolean leaderless;
    private volatile long leaderlessSinceNs;

    BucketQueue(
            final PartitionQueues partition,
            final int bucket,
            final WriteSettings settings,
            final WriterIdentity identity,
            final Leaders leaders) {
        this.partition = partition;
        this.bucket = bucket;
        this.settings = settings;
        this.identity = identity;
        this.leaders = leaders;
        this.sizing = partition.table.format().newSizing();
        this.blockLength = Math.min(settings.batchLength(), 2 * MIN_BLOCK_LENGTH);
    }

    long readyAtNs() {
        return readyAtNs;
    }

    void sender(final @Nullable Sender newSender) {
        sender = newSender;
    }

    /** Takes in whether the bucket has a leader that answers. */
    void noteLeader(final boolean hasLeader) {
        if (!hasLeader) {
            leaderlessSinceNs = System.nanoTime();
        }
        leaderless = !hasLeader;
    }

    /**
     * Whether the bucket is known to have no leader. Who asks writes to the table: so that the bucket is not passed over
     * for ever, this lets somebody look again from time to time. Never blocks.
     */
    boolean lacksLeader() {
        if (!leaderless) {
            return false;
        }
        final long nowNs = System.nanoTime();
        if (nowNs - leaderlessSinceNs > LOOK_AGAIN_NS) {
            // Two threads may get here at once, and the second look costs little.
            leaderlessSinceNs = nowNs;
            leaders.lookAgain(this);
        }
        return true;
    }

    /** Appends to the open batch; null if there is none or it has no room, and then it is on its way. */
    @Nullable WriteResultFuture tryAppend(final InternalRow row, final AppendWriter writer) {
        lock.lock();
        try {
            final WriteBatch batch = open;
            if (batch == null) {
                ensureOpen();
                return null;
            }
            if (!batch.builder.tryAppend(row)) {
                closeOpen(true);
                return null;
            }
            batch.noteWriter(writer);
            if (batch.builder.isFull()) {
                closeOpen(true);
            }
            return batch.future;
        } finally {
            lock.unlock();
        }
    }

    private void ensureOpen() {
        if (ending != null) {
            throw ending.get();
        }
    }

    /** What the next batch should be like, so that it holds this row. */
    BatchFormat.Plan planFor(final InternalRow row) {
        lock.lock();
        try {
            return sizing.planFor(row, blockLength, settings);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Appends to a new batch in {@code block}, which is taken, or to one that somebody else opened meanwhile, and then
     * the block is released. Null if neither had room.
     */
    @Nullable WriteResultFuture appendToNew(
            final InternalRow row, final AppendWriter writer, final BatchFormat.Plan plan, final Block block) {
        boolean taken = false;
        lock.lock();
        try {
            ensureOpen();
            if (open != null) {
                final WriteBatch batch = open;
                if (batch.builder.tryAppend(row)) {
                    batch.noteWriter(writer);
                    return batch.future;
                }
                closeOpen(true);
            }
            final BatchBuilder builder = plan.opener().apply(block);
            if (!builder.tryAppend(row)) {
                return null;
            }
            taken = true;
            final long nowNs = System.nanoTime();
            final WriteBatch batch = new WriteBatch(
                    this,
                    nextOrdinal++,
                    builder,
                    block,
                    writer,
                    nowNs + settings.lingerNs(),
                    nowNs + settings.deliveryTimeoutNs());
            open = batch;
            openIsUrgent = false;
            if (builder.isFull() || plan.isForOneRow()) {
                closeOpen(true);
            } else {
                updateReadiness();
            }
            return batch.future;
        } finally {
            lock.unlock();
            if (!taken) {
                block.release();
            }
        }
    }

    /** Somebody waits for this batch. */
    void hurry(final WriteBatch batch) {
        lock.lock();
        try {
            if (batch == open && !openIsUrgent) {
                openIsUrgent = true;
                updateReadiness();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets the open batch leave without waiting for its linger. */
    void hurryOpen() {
        lock.lock();
        try {
            if (open != null) {
                hurry(open);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Adds the futures of all batches with rows of this writer that are not settled yet, oldest first. */
    void collectOutstanding(final AppendWriter writer, final List<WriteResultFuture> futures) {
        lock.lock();
        try {
            for (final WriteBatch batch : outstanding()) {
                if (batch.writers().contains(writer)) {
                    futures.add(batch.future);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Adds the futures of all batches that are not settled yet, oldest first. */
    void collectOutstanding(final List<WriteResultFuture> futures) {
        lock.lock();
        try {
            outstanding().forEach(batch -> futures.add(batch.future));
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the next batch that may leave now, and counts it as in flight. Sender only.
     *
     * @param currentWriterId the client's writer id, -1 without idempotence
     */
    @Nullable WriteBatch drain(final long nowNs, final long currentWriterId) {
        lock.lock();
        try {
            expireOverdue(nowNs);
            if (currentWriterId == renouncedWriterId || !mayLeave(nowNs, currentWriterId)) {
                updateReadiness();
                return null;
            }
            if (closed.isEmpty()) {
                closeOpen(false);
            }
            final WriteBatch batch = closed.poll();
            if (batch == null) {
                throw new IllegalStateException("nothing to drain of " + this);
            }
            number(batch, currentWriterId);
            inFlight.add(batch);
            batch.beginSend();
            updateReadiness();
            return batch;
        } finally {
            lock.unlock();
        }
    }

    private void number(final WriteBatch batch, final long currentWriterId) {
        if (batch.sequence >= 0 || currentWriterId == WriterIdentity.NONE) {
            return;
        }
        if (writerId != currentWriterId) {
            writerId = currentWriterId;
            nextSequence = 0;
            lastAcknowledged = -1;
        }
        batch.writerId = writerId;
        batch.sequence = nextSequence;
        // The server counts on from 0 after the largest int.
        nextSequence = nextSequence == Integer.MAX_VALUE ? 0 : nextSequence + 1;
    }

    private boolean mayLeave(final long nowNs, final long currentWriterId) {
        if (inFlight.size() >= settings.maxInFlight() || retrying && !inFlight.isEmpty()) {
            return false;
        }
        if (nextIsUnnumbered() && writerId != currentWriterId && !inFlight.isEmpty()) {
            return false;
        }
        if (!closed.isEmpty()) {
            return retryAtNs <= nowNs && !closed.peek().isSending();
        }
        // Rows with waiters gather while a batch is out, and leave together when it is back (group commit).
        return open != null && inFlight.isEmpty() && (openIsUrgent || open.lingerDeadlineNs <= nowNs);
    }

    private boolean nextIsUnnumbered() {
        return closed.isEmpty() || closed.peek().sequence < 0;
    }

    /** Whether the batch may be written to a socket now; false if it has ended since it was drained. */
    boolean beginWrite(final WriteBatch batch) {
        lock.lock();
        try {
            if (!batch.settled) {
                batch.beginWrite();
            }
            return !batch.settled;
        } finally {
            lock.unlock();
        }
    }

    /** The sender has read the batch's memory for the last time in this attempt. */
    void sent(final WriteBatch batch) {
        lock.lock();
        try {
            batch.sent();
            updateReadiness();
        } finally {
            lock.unlock();
        }
    }

    void acknowledge(final WriteBatch batch) {
        lock.lock();
        try {
            if (inFlight.remove(batch)) {
                lastAcknowledged = Math.max(lastAcknowledged, batch.sequence);
                retrying = false;
                retryAtNs = NOW;
                batch.settle(null);
                updateReadiness();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether an answer 'out of order' to this batch only says that an earlier answer was lost. */
    boolean isKnownAcknowledged(final WriteBatch batch) {
        lock.lock();
        try {
            return batch.writerId == writerId && batch.sequence <= lastAcknowledged;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a batch before this one is missing at the server, so that this one may succeed after it. */
    boolean waitsForEarlier(final WriteBatch batch) {
        lock.lock();
        try {
            return batch.renumbered || batch.sequence != lastAcknowledged + 1;
        } finally {
            lock.unlock();
        }
    }

    /** Puts a batch back in its place after a failure that another attempt may mend. */
    void retry(final WriteBatch batch) {
        lock.lock();
        try {
            if (inFlight.remove(batch)) {
                batch.renumbered = false;
                putBack(batch);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Puts a batch back that the server has refused because one before it is missing. If the bucket has gone on under
     * another writer id, the missing one never comes: then this one is not at the server either and is numbered anew.
     */
    void retryOutOfOrder(final WriteBatch batch) {
        lock.lock();
        try {
            if (inFlight.remove(batch)) {
                if (batch.writerId != writerId) {
                    batch.unnumber();
                }
                batch.renumbered = false;
                putBack(batch);
            }
        } finally {
            lock.unlock();
        }
    }

    private void putBack(final WriteBatch batch) {
        final ArrayDeque<WriteBatch> earlier = new ArrayDeque<>();
        while (!closed.isEmpty() && closed.peek().ordinal < batch.ordinal) {
            earlier.add(closed.poll());
        }
        closed.push(batch);
        while (!earlier.isEmpty()) {
            closed.push(earlier.pollLast());
        }
        retrying = true;
        retryAtNs = System.nanoTime() + backoffNs(batch.attempts);
        updateReadiness();
    }

    private static long backoffNs(final int attempts) {
        final long ceiling = Math.min(RETRY_BACKOFF_MAX_NS, RETRY_BACKOFF_MIN_NS << Math.min(attempts - 1, 10));
        return ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2);
    }

    /**
     * Ends a batch in failure.
     *
     * @param isAbsent whether the server certainly does not have it: then those behind it move up. If it may have it,
     *     the bucket goes on under another writer id.
     */
    void fail(final WriteBatch batch, final FlussException failure, final boolean isAbsent) {
        lock.lock();
        try {
            if (inFlight.remove(batch)) {
                if (isAbsent || !batch.wasSent()) {
                    moveUpBehind(batch);
                } else {
                    beginAnewAfter(batch);
                }
                settle(batch, failure);
                updateReadiness();
            }
        } finally {
            lock.unlock();
        }
    }

    private void moveUpBehind(final WriteBatch failed) {
        if (failed.sequence < 0 || failed.writerId != writerId) {
            return;
        }
        for (final WriteBatch batch : outstanding()) {
            if (batch.sequence > failed.sequence && batch.writerId == failed.writerId) {
                batch.sequence--;
                batch.renumbered = true;
            }
        }
        nextSequence--;
    }

    /** Ends all batches of the bucket in one failure. */
    void failAll(final FlussException failure) {
        lock.lock();
        try {
            failOutstanding(batch -> failure);
        } finally {
            lock.unlock();
        }
    }

    /** Ends all batches of the bucket, each in a failure of its own, and refuses rows from now on. */
    void end(final Supplier<? extends RuntimeException> reason, final Function<WriteBatch, FlussException> failure) {
        lock.lock();
        try {
            ending = reason;
            failOutstanding(failure);
        } finally {
            lock.unlock();
        }
    }

    private void failOutstanding(final Function<WriteBatch, FlussException> failure) {
        final List<WriteBatch> all = outstanding();
        inFlight.clear();
        closed.clear();
        open = null;
        for (final WriteBatch batch : all) {
            if (ending == null) {
                beginAnewAfter(batch);
            }
            settle(batch, failure.apply(batch));
        }
        updateReadiness();
    }

    /** Runs {@code action} under the lock if the bucket has nothing to send; it must not block. */
    void ifIdle(final Runnable action) {
        lock.lock();
        try {
            if (isIdle()) {
                action.run();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Whether there is nothing to send and nothing on its way. */
    boolean isIdle() {
        lock.lock();
        try {
            return open == null && closed.isEmpty() && inFlight.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /** Ends a batch whose time is over. */
    void expire(final WriteBatch batch) {
        lock.lock();
        try {
            if (!batch.settled) {
                expireOverdue();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends what is overdue, for a bucket that has no sender to do it. */
    void expireOverdue() {
        lock.lock();
        try {
            expireOverdue(System.nanoTime());
            updateReadiness();
        } finally {
            lock.unlock();
        }
    }

    private void expireOverdue(final long nowNs) {
        if (oldestDeadlineNs() > nowNs) {
            return;
        }
        final List<WriteBatch> overdue = new ArrayList<>();
        for (final WriteBatch batch : outstanding()) {
            if (batch.deliveryDeadlineNs() <= nowNs) {
                overdue.add(batch);
            }
        }
        for (final WriteBatch batch : overdue) {
            inFlight.remove(batch);
            closed.remove(batch);
            if (batch == open) {
                open = null;
            }
            beginAnewAfter(batch);
            settle(
                    batch,
                    new DeliveryTimeoutException(
                            batch + " was not acknowledged within " + settings.deliveryTimeoutNs() / 1_000_000 + " ms",
                            batch.wasSent()
                                    ? DeliveryTimeoutException.Outcome.OUTCOME_UNKNOWN
                                    : DeliveryTimeoutException.Outcome.NOT_SENT));
        }
    }

    /**
     * A batch ends of which the server may have seen the sequence, or will never see it: what comes next must not depend
     * on it, and goes on under a writer id that the server has not seen here.
     */
    private void beginAnewAfter(final WriteBatch ended) {
        if (ended.sequence < 0 || ended.writerId != writerId) {
            return;
        }
        renouncedWriterId = writerId;
        identity.renounce(writerId);
        writerId = WriterIdentity.NONE;
        for (final WriteBatch batch : closed) {
            if (!batch.wasSent()) {
                batch.unnumber();
            }
        }
    }

    private void settle(final WriteBatch batch, final FlussException failure) {
        // First noted, then told: one who waits for the batch to flush looks for failures next.
        for (final AppendWriter writer : batch.writers()) {
            writer.noteFailure(failure);
        }
        batch.settle(failure);
    }

    private List<WriteBatch> outstanding() {
        final List<WriteBatch> all = new ArrayList<>(inFlight);
        all.addAll(closed);
        if (open != null) {
            all.add(open);
        }
        return all;
    }

    private void closeOpen(final boolean full) {
        final WriteBatch batch = open;
        if (batch == null) {
            return;
        }
        open = null;
        closed.add(batch);
        sizing.observe(batch.builder);
        if (full) {
            blockLength = Math.min(settings.batchLength(), blockLength * 2);
        } else {
            blockLength = Math.max(Math.min(MIN_BLOCK_LENGTH, settings.batchLength()), blockLength / 2);
        }
        updateReadiness();
    }

    private long oldestDeadlineNs() {
        long deadlineNs = NEVER;
        for (final Iterator<WriteBatch> it = inFlight.iterator(); it.hasNext(); ) {
            deadlineNs = Math.min(deadlineNs, it.next().deliveryDeadlineNs());
        }
        if (!closed.isEmpty()) {
            deadlineNs = Math.min(deadlineNs, closed.peek().deliveryDeadlineNs());
        }
        return open == null ? deadlineNs : Math.min(deadlineNs, open.deliveryDeadlineNs());
    }

    private void updateReadiness() {
        final long before = readyAtNs;
        final long at = Math.min(oldestDeadlineNs(), nextDepartureNs());
        readyAtNs = at;
        final Sender current = sender;
        if (at < before && current != null) {
            current.wake(at);
        } else if (at < before) {
            leaders.seek(this);
        }
    }

    /** When the next batch may leave; what would let it leave earlier changes the readiness when it happens. */
    private long nextDepartureNs() {
        if (inFlight.size() >= settings.maxInFlight() || retrying && !inFlight.isEmpty()) {
            return NEVER;
        }
        if (nextIsUnnumbered() && !inFlight.isEmpty() && writerId != identity.current()) {
            // It goes under another writer id, once those in flight are back.
            return NEVER;
        }
        if (!closed.isEmpty()) {
            return closed.peek().isSending() ? NEVER : retryAtNs;
        }
        if (open == null || !inFlight.isEmpty()) {
            return NEVER;
        }
        return openIsUrgent ? NOW : open.lingerDeadlineNs;
    }

    @Override
    public String toString() {
        return "bucket " + bucket + " of " + partition;
    }
}
