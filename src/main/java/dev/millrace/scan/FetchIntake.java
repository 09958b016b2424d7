package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.memory.SharedBlock;
import java.util.List;

/**
 * Reads fetch responses in two steps. {@link #read} walks over the headers and leaves at each subscription what arrived
 * for it and where its log goes on, which is all that the next request needs. {@link #verify} then takes the checksums,
 * while that request is on its way. For the fetching thread only.
 */
final class FetchIntake {
    private final ScanContext context;
    private final int serverId;
    private final FetchResponse response = new FetchResponse(OffHeap.flyweight());
    private final LogBatchReader batches = new LogBatchReader();
    private final BucketIndex index = new BucketIndex();

    FetchIntake(final ScanContext context, final int serverId) {
        this.context = context;
        this.serverId = serverId;
    }

    /**
     * Leaves at each subscription what arrived for it.
     *
     * @throws CorruptDataException the bytes are no response.
     */
    void read(final List<Subscription> planned, final SharedBlock block, final int length) {
        for (int i = 0; i < planned.size(); i++) {
            planned.get(i).forgetArrival();
        }
        response.wrap(block.buffer(), length);
        index.fill(planned);
        while (response.nextBucket()) {
            final Subscription subscription = index.find(response);
            if (subscription != null) {
                readBucket(subscription, block);
            }
        }
        batches.unwrap();
    }

    /** Takes the checksums of what arrived for a subscription, and cuts it off before the first batch that is damaged. */
    void verify(final Subscription subscription, final SharedBlock block) {
        final int offset = subscription.arrivedOffset;
        int end = offset;
        long next = subscription.arrivedFrom;
        try {
            batches.wrap(block.bytes(), offset, subscription.arrivedLength);
            while (batches.next()) {
                batches.checkCrc();
                end = batches.position();
                next = batches.nextOffset();
            }
        } catch (CorruptDataException e) {
            subscription.arrivedLength = end - offset;
            subscription.arrivedNextOffset = next;
            subscription.arrivedFailure = damaged(subscription, next, e);
        }
        batches.unwrap();
    }

    private void readBucket(final Subscription subscription, final SharedBlock block) {
        if (response.highWatermark() >= 0) {
            subscription.highWatermark = response.highWatermark();
        }
        subscription.arrivedProjected = context.isProjected() && !subscription.needsWholeBatches;
        if (subscription.arrivedProjected && response.errorCode() == FlussError.INVALID_COLUMN_PROJECTION.code()) {
            subscription.needsWholeBatches = true;
        } else if (response.errorCode() != 0) {
            readError(subscription);
        } else if (response.hasRemoteLog()) {
            readRemoteLog(subscription);
        } else {
            readBatches(subscription, block);
        }
    }

    private void readError(final Subscription subscription) {
        final int code = response.errorCode();
        final FlussError error = FlussError.forCode(code);
        subscription.arrivedFailure = new FlussApiException(
                error,
                code,
                context.describe(subscription.bucket, subscription.fetchOffset) + ", by tablet server " + serverId
                        + ": " + response.errorMessage());
        subscription.isOutOfRange = error == FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION;
        subscription.hasMoved = error.isInvalidMetadata() || error == FlussError.FENCED_LEADER_EPOCH_EXCEPTION;
        subscription.mayRetry = code == FlussError.UNKNOWN_SERVER_ERROR.code()
                || (error.isRetriable()
                        && error != FlussError.CORRUPT_MESSAGE
                        && error != FlussError.CORRUPT_RECORD_EXCEPTION);
    }

    private void readRemoteLog(final Subscription subscription) {
        try {
            subscription.arrivedRemote = response.remoteLog(subscription.fetchOffset);
        } catch (CorruptDataException e) {
            subscription.arrivedFailure = damaged(subscription, subscription.fetchOffset, e);
        }
    }

    private void readBatches(final Subscription subscription, final SharedBlock block) {
        final int offset = response.recordsOffset();
        final int length = response.recordsLength();
        long next = subscription.fetchOffset;
        int end = offset;
        boolean anyOlder = false;
        try {
            batches.wrap(block.bytes(), offset, length);
            while (batches.next()) {
                if (batches.nextOffset() <= next || (end > offset && batches.baseOffset() < next)) {
                    throw new CorruptDataException("damaged log: a batch of the offsets " + batches.baseOffset()
                            + " to " + (batches.nextOffset() - 1) + " where " + next + " is due");
                }
                next = batches.nextOffset();
                end = batches.position();
                anyOlder |= batches.schemaId() < context.table().schemaId();
            }
            if (end == offset && length > 0) {
                cutOff(subscription, batches.announcedLength());
            }
        } catch (CorruptDataException e) {
            subscription.arrivedFailure = damaged(subscription, next, e);
        }
        subscription.arrivedOffset = offset;
        subscription.arrivedLength = end - offset;
        subscription.arrivedNextOffset = next;
        // A writer that has not seen the new columns yet goes on without them, between others that have.
        subscription.needsWholeBatches &= anyOlder || end == offset;
    }

    /** The byte limit cut off the first batch already: the next request must ask for more. */
    private void cutOff(final Subscription subscription, final int batchLength) {
        subscription.arrivedCutLength = batchLength;
        if (batchLength > context.memory().budgetBytes()) {
            subscription.arrivedCutLength = 0;
            subscription.arrivedFailure = new BufferExhaustedException(
                    context.describe(subscription.bucket, subscription.fetchOffset) + ": a batch of " + batchLength
                            + " bytes is larger than all memory for reading ("
                            + context.memory().budgetBytes() + " bytes, scannerBufferMemorySize)");
        }
    }

    private CorruptDataException damaged(
            final Subscription subscription, final long offset, final CorruptDataException cause) {
        return new CorruptDataException(
                context.describe(subscription.bucket, offset) + ": " + cause.getMessage(), cause);
    }
}
