package dev.millrace.write;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
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
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * Sequences, so that each row is in the log once and in order. The server takes a batch only if its sequence follows
 * the last one of the same writer id, and knows the last five again.
 *
 * <ul>
 *   <li>A batch gets the bucket's next sequence when it is drained for the first time and keeps it for its retries, so
 *       that an attempt that arrives twice counts once. While a retry is pending, one batch at a time is in flight, the
 *       lowest.
 *   <li>A batch that ends without being in the log leaves a gap. If no later one was sent, its sequence is used again.
 *       Otherwise, and where nobody knows whether it is in the log, the bucket goes on under another writer id, with
 *       sequences from 0, as soon as none of its batches is out.
 *   <li>What was sent behind a gap keeps its number until the server says that it does not have it ('out of order').
 *       Then it is numbered anew, unless an attempt is still without an answer and could arrive behind the one that
 *       the gap is of: then its outcome is unknown, and it ends.
 *   <li>'Out of order' for a batch at or below the last acknowledged one says that the server has it; for one further
 *       on, that those before it go first; for the very next one, that the server has forgotten this writer.
 * </ul>
 *
 * <p>{@link #readyAtNs()} tells the sender, without the lock, when to come back.
 */
final class BucketQueue {
    private static final Logger LOG = LoggerFactory.getLogger(BucketQueue.class);

    /** Nothing to do until something changes. */
    static final long NEVER = Long.MAX_VALUE;

    /** At once, whatever the clock says. */
    private static final long NOW = Long.MIN_VALUE;

    private static final long RETRY_BACKOFF_MIN_NS = 20_000_000L;
    private static final long RETRY_BACKOFF_MAX_NS = 1_000_000_000L;
    private static final long LOOK_AGAIN_NS = 1_000_000_000L;

    final PartitionQueues partition;
    final int bucket;
    private final WriteSettings settings;
    private final WriterIdentity identity;
    private final NanoClock clock;
    private final Leaders leaders;
    private final BlockLength blockLength;
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private BatchFormat format;
    private BatchFormat.Sizing sizing;
    private final ArrayDeque<WriteBatch> closed = new ArrayDeque<>();
    private final ArrayDeque<WriteBatch> inFlight = new ArrayDeque<>();
    private @Nullable WriteBatch open;
    private boolean openIsUrgent;
    private @Nullable Supplier<? extends RuntimeException> ending;
    private long nextOrdinal;
    // The id that was given up last: whoever still comes with it was too late.
    private long renouncedWriterId = Long.MIN_VALUE;
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
            final NanoClock clock,
            final Leaders leaders,
            final BlockLength blockLength) {
        this.partition = partition;
        this.bucket = bucket;
        this.settings = settings;
        this.identity = identity;
        this.clock = clock;
        this.leaders = leaders;
        this.format = partition
                .table
                .shape(partition.table.info(), KvTarget.WHOLE_ROWS)
                .format();
        this.sizing = format.newSizing();
        this.blockLength = blockLength;
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

    /**
     * Adds to the open batch; null if there is none, or it has no room or is of another format, and then it is on its way.
     */
    @Nullable WriteResultFuture tryAppend(final InternalRow row, final Change change, final RowWriter writer) {
        lock.lock();
        try {
            final WriteBatch batch = open;
            if (batch == null) {
                ensureOpen();
                return null;
            }
            if (batch.format != writer.format()) {
                closeOpen(false);
                return null;
            }
            if (!batch.tryAppend(row, change)) {
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
    BatchFormat.Plan planFor(final InternalRow row, final Change change, final RowWriter writer) {
        lock.lock();
        try {
            if (format != writer.format()) {
                // What was learnt of rows with other columns does not hold for these.
                format = writer.format();
                sizing = format.newSizing();
            }
            return sizing.planFor(row, change, blockLength.bytes(), settings);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds to a new batch in {@code block}, which is taken, or to one that somebody else opened meanwhile, and then
     * the block is released. Null if neither had room.
     */
    @Nullable WriteResultFuture appendToNew(
            final InternalRow row,
            final Change change,
            final RowWriter writer,
            final BatchFormat.Plan plan,
            final Block block) {
        boolean taken = false;
        lock.lock();
        try {
            ensureOpen();
            if (open != null) {
                final WriteBatch batch = open;
                final boolean isOfItsFormat = batch.format == writer.format();
                if (isOfItsFormat && batch.tryAppend(row, change)) {
                    batch.noteWriter(writer);
                    return batch.future;
                }
                closeOpen(isOfItsFormat);
            }
            final WriteBatch batch = newBatch(plan.opener().apply(block), writer, block);
            if (!batch.tryAppend(row, change)) {
                return null;
            }
            taken = true;
            open = batch;
            openIsUrgent = false;
            if (batch.builder.isFull() || plan.isForOneRow()) {
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

    /**
     * Takes a batch that is complete, behind all rows that came before it.
     *
     * @param block which the batch lies in; taken, unless this throws.
     */
    WriteResultFuture appendWhole(final BatchBuilder builder, final RowWriter writer, final Block block) {
        lock.lock();
        try {
            ensureOpen();
            closeOpen(true);
            final WriteBatch batch = newBatch(builder, writer, block);
            closed.add(batch);
            updateReadiness();
            return batch.future;
        } finally {
            lock.unlock();
        }
    }

    private WriteBatch newBatch(final BatchBuilder builder, final RowWriter writer, final Block block) {
        final long nowNs = clock.nanoTime();
        return new WriteBatch(
                this,
                nextOrdinal++,
                builder,
                block,
                writer,
                nowNs + settings.lingerNs(),
                nowNs + settings.deliveryTimeoutNs());
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
    void collectOutstanding(final RowWriter writer, final List<WriteResultFuture> futures) {
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
        if (nextIsUnnumbered() && isAnyOutUnderAnother(currentWriterId)) {
            return false;
        }
        if (!closed.isEmpty()) {
            return retryAtNs <= nowNs && !closed.peek().isSending();
        }
        // Rows with waiters gather while a batch is out, and leave together when it is back (group commit).
        return open != null && inFlight.isEmpty() && (openIsUrgent || open.lingerDeadlineNs <= nowNs);
    }

    /** Whether a batch is in flight whose fate under its own writer id must be known before another id is used. */
    private boolean isAnyOutUnderAnother(final long id) {
        for (final WriteBatch batch : inFlight) {
            if (batch.writerId != id) {
                return true;
            }
        }
        return false;
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
                if (batch.writerId == writerId) {
                    lastAcknowledged = Math.max(lastAcknowledged, batch.sequence);
                }
                retrying = false;
                retryAtNs = NOW;
                batch.settle(null);
                updateReadiness();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * An attempt to deliver a batch has failed: decides whether it is delivered after all, is sent again, or ends.
     *
     * @param failure the server's answer, or why there is none.
     */
    void attemptFailed(final WriteBatch batch, final FlussException failure) {
        lock.lock();
        try {
            final FlussError error = failure instanceof FlussApiException refused ? refused.error() : FlussError.NONE;
            batch.noteFailure(failure);
            if (error == FlussError.DUPLICATE_SEQUENCE_EXCEPTION) {
                acknowledge(batch);
            } else if (error == FlussError.OUT_OF_ORDER_SEQUENCE_EXCEPTION
                    || error == FlussError.UNKNOWN_WRITER_ID_EXCEPTION) {
                outOfOrder(batch, failure);
            } else if (failure.isRetriable() && batch.attempts <= settings.retries()) {
                retry(batch);
            } else {
                // A refusal of a later attempt says nothing of the earlier ones.
                fail(batch, failure, batch.attempts == 1 && provesAbsence(failure));
            }
        } finally {
            lock.unlock();
        }
    }

    private void outOfOrder(final WriteBatch batch, final FlussException failure) {
        final boolean isOfThisWriter = batch.writerId == writerId;
        if (isOfThisWriter && batch.sequence <= lastAcknowledged) {
            acknowledge(batch);
        } else if (isOfThisWriter && batch.sequence != lastAcknowledged + 1) {
            retry(batch);
        } else if (batch.isUnanswered()) {
            fail(batch, failure, false);
        } else if (inFlight.remove(batch)) {
            if (isOfThisWriter) {
                LOG.warn("{} was forgotten by the server; going on under another writer id", this);
            }
            beginAnewAfter(batch);
            batch.unnumber();
            putBack(batch);
        }
    }

    /** Whether a failure says that the server did not take the batch; many only say that it is not known. */
    private static boolean provesAbsence(final FlussException failure) {
        return failure instanceof FlussApiException refused
                && !refused.isRetriable()
                && refused.error() != FlussError.UNKNOWN_SERVER_ERROR;
    }

    /** Puts a batch back in its place after a failure that another attempt may mend. */
    private void retry(final WriteBatch batch) {
        if (inFlight.remove(batch)) {
            putBack(batch);
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
        partition.table.metrics().retrying(batch, batch.lastFailure());
        retryAtNs = clock.nanoTime() + backoffNs(batch.attempts);
        updateReadiness();
    }

    private static long backoffNs(final int attempts) {
        final long ceiling = Math.min(RETRY_BACKOFF_MAX_NS, RETRY_BACKOFF_MIN_NS << Math.min(attempts - 1, 10));
        return ceiling / 2 + ThreadLocalRandom.current().nextLong(ceiling / 2);
    }

    /**
     * Ends a batch in failure.
     *
     * @param isAbsent whether the server certainly does not have it.
     */
    void fail(final WriteBatch batch, final FlussException failure, final boolean isAbsent) {
        lock.lock();
        try {
            if (inFlight.remove(batch)) {
                leaveGap(batch, isAbsent || !batch.wasSent());
                settle(batch, about(batch, failure));
                updateReadiness();
            }
        } finally {
            lock.unlock();
        }
    }

    /** A batch has left the queue without being acknowledged: its sequence is used again, or its writer id no more. */
    private void leaveGap(final WriteBatch ended, final boolean isAbsent) {
        if (ended.sequence < 0 || ended.writerId != writerId) {
            return;
        }
        if (!isAbsent || isFollowed(ended)) {
            beginAnewAfter(ended);
            return;
        }
        nextSequence = ended.sequence;
        for (final WriteBatch batch : closed) {
            if (batch.ordinal > ended.ordinal) {
                batch.unnumber();
            }
        }
    }

    /** Whether the server may have seen a sequence behind that of a batch. */
    private boolean isFollowed(final WriteBatch ended) {
        return inFlight.stream().anyMatch(batch -> batch.ordinal > ended.ordinal)
                || closed.stream().anyMatch(batch -> batch.ordinal > ended.ordinal && batch.wasSent());
    }

    /** Ends all batches of the bucket in one failure. */
    void failAll(final FlussException failure) {
        lock.lock();
        try {
            failOutstanding(batch -> about(batch, failure));
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
            expireOverdue(clock.nanoTime());
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
            leaveGap(batch, !batch.wasSent());
            settle(
                    batch,
                    batch.timeout("was not acknowledged within " + settings.deliveryTimeoutNs() / 1_000_000 + " ms"));
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

    private static FlussException about(final WriteBatch batch, final FlussException failure) {
        final String earlier = batch.isUnanswered() ? ", which an earlier attempt may have written" : "";
        return failure.again(batch + earlier + ": " + failure.getMessage());
    }

    private void settle(final WriteBatch batch, final FlussException failure) {
        // First noted, then told: one who waits for the batch to flush looks for failures next.
        for (final RowWriter writer : batch.writers()) {
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
        if (batch.format == format) {
            sizing.observe(batch.builder);
        }
        blockLength.observe(full);
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
        if (nextIsUnnumbered() && isAnyOutUnderAnother(identity.current())) {
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
