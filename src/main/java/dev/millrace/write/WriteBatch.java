package dev.millrace.write;

import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.internal.codec.BatchBuilder;
import dev.millrace.internal.codec.BufferCompressor;
import dev.millrace.internal.codec.KvBatchBuilder;
import dev.millrace.internal.memory.Block;
import dev.millrace.row.InternalRow;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch on its way: the builder with its memory, and where it stands. Owned by its {@link BucketQueue}, under whose
 * lock all state changes; the bytes are touched by the sender alone once the batch is closed.
 */
final class WriteBatch implements Delivery {
    private static final int UNSENT = -1;

    final BucketQueue queue;
    /** The place among the bucket's batches, by which they are sent again. */
    final long ordinal;

    final BatchFormat format;
    final BatchBuilder builder;
    /** The builder of a primary-key table, and null for that of a log: so the calls of each know what they call. */
    private final @Nullable KvBatchBuilder kvBuilder;

    final WriteResultFuture future = new WriteResultFuture(this);
    final long lingerDeadlineNs;
    private final long deliveryDeadlineNs;
    private final Block block;

    // guarded by the queue's lock
    private RowWriter lastWriter;
    private final List<RowWriter> writers = new ArrayList<>(1);
    long writerId = UNSENT;
    int sequence = UNSENT;
    int attempts;
    boolean settled;
    private boolean sending;

    private boolean maybeArrived;
    private boolean unanswered;
    private @Nullable FlussException lastFailure;

    // touched by the sender only
    private boolean finished;

    WriteBatch(
            final BucketQueue queue,
            final long ordinal,
            final BatchBuilder builder,
            final Block block,
            final RowWriter writer,
            final long lingerDeadlineNs,
            final long deliveryDeadlineNs) {
        this.queue = queue;
        this.ordinal = ordinal;
        this.format = writer.format();
        this.builder = builder;
        this.kvBuilder = builder instanceof KvBatchBuilder kv ? kv : null;
        this.block = block;
        this.lastWriter = writer;
        this.lingerDeadlineNs = lingerDeadlineNs;
        this.deliveryDeadlineNs = deliveryDeadlineNs;
        writers.add(writer);
    }

    /** Adds a row, or its deletion; false if it does not fit any more. Under the queue's lock. */
    boolean tryAppend(final InternalRow row, final Change change) {
        final KvBatchBuilder kv = kvBuilder;
        if (kv == null) {
            return builder.tryAppend(row);
        }
        return change == Change.DELETE ? kv.tryDelete(row) : kv.tryAppend(row);
    }

    /** Notes whose rows lie here, so that a failure reaches them. Under the queue's lock. */
    void noteWriter(final RowWriter writer) {
        if (writer != lastWriter) {
            lastWriter = writer;
            if (!writers.contains(writer)) {
                writers.add(writer);
            }
        }
    }

    List<RowWriter> writers() {
        return writers;
    }

    @Override
    public int rowCount() {
        return builder.rowCount();
    }

    @Override
    public long deliveryDeadlineNs() {
        return deliveryDeadlineNs;
    }

    /** Whether the server may have any byte of it; if not, it never will. */
    boolean wasSent() {
        return maybeArrived;
    }

    /** The next thing that happens to the batch is a write to a socket. Under the queue's lock. */
    void beginWrite() {
        maybeArrived = true;
    }

    /** An attempt ends with an answer that is no acknowledgement, or without one. Under the queue's lock. */
    void noteFailure(final FlussException failure) {
        lastFailure = failure;
        if (!(failure instanceof FlussApiException refused) || saysNothing(refused.error())) {
            unanswered |= maybeArrived;
        }
    }

    /** Why the last attempt has failed; null if none has. */
    @Nullable FlussException lastFailure() {
        return lastFailure;
    }

    /** Whether the server may have taken the batch, or may still do so, that it answers this. */
    private static boolean saysNothing(final FlussError error) {
        return error == FlussError.REQUEST_TIME_OUT
                || error == FlussError.NOT_ENOUGH_REPLICAS_AFTER_APPEND_EXCEPTION
                || error == FlussError.UNKNOWN_SERVER_ERROR;
    }

    /** What those who wait are told if nothing more is tried. */
    DeliveryTimeoutException timeout(final String what) {
        final FlussException reason = lastFailure;
        return new DeliveryTimeoutException(
                this + " " + what + (reason == null ? "" : "; the last attempt failed: " + reason.getMessage()),
                maybeArrived
                        ? DeliveryTimeoutException.Outcome.OUTCOME_UNKNOWN
                        : DeliveryTimeoutException.Outcome.NOT_SENT,
                reason);
    }

    /** Whether an attempt has arrived or may at any time, for all we know. */
    boolean isUnanswered() {
        return unanswered;
    }

    /** Whether the sender still has the batch in his hands. Under the queue's lock. */
    boolean isSending() {
        return sending;
    }

    /** Takes the number away, for a batch that the server does not have; it gets the next one. */
    void unnumber() {
        sequence = UNSENT;
        writerId = UNSENT;
    }

    @Override
    public void hurry() {
        queue.hurry(this);
    }

    @Override
    public void expire() {
        queue.expire(this);
    }

    /** Brings the bytes into their final form for the sequence that the batch has now. Sender only. */
    void prepare(final @Nullable BufferCompressor compressor) {
        if (!finished) {
            builder.finish(compressor);
            finished = true;
        }
        builder.seal(writerId, sequence);
    }

    int length() {
        return builder.length();
    }

    List<ByteBuffer> parts() {
        return builder.parts();
    }

    /** From here to {@link #sent()} the sender reads the memory, and {@link #settle} must leave it to him. */
    void beginSend() {
        sending = true;
        attempts++;
    }

    /** The sender reads the memory no more. Under the queue's lock. */
    void sent() {
        sending = false;
        if (settled) {
            block.release();
        }
    }

    /** Ends the batch: gives the memory back and tells all who wait. Under the queue's lock; once. */
    void settle(final @Nullable FlussException failure) {
        settled = true;
        queue.partition.table.metrics().settled(rowCount(), failure);
        try {
            if (!sending) {
                block.release();
            }
        } finally {
            future.complete(failure);
        }
    }

    @Override
    public String toString() {
        return "a batch of " + rowCount() + " rows of " + queue;
    }
}
