package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.codec.LogBatchReader;
import org.jspecify.annotations.Nullable;

/**
 * Walks over what was read of a remote segment: which batches are complete and wanted, and whether they are those that
 * should be there. The checksums are taken also where columns are left out, for a remote file has all of them. For the
 * fetching thread only.
 */
final class RemoteIntake {
    private final ScanContext context;
    private final LogBatchReader batches = new LogBatchReader();

    // Of the last read: where the wanted batches begin and end in it, and where the log goes on after them.
    int from;
    int to;
    long nextOffset;
    /** The length of the first batch, if it is not complete; or 0. */
    int cutBatchLength;
    /** What is wrong after the batches that are good; null if nothing is. */
    @Nullable RuntimeException failure;

    RemoteIntake(final ScanContext context) {
        this.context = context;
    }

    void read(final RemoteRead read) {
        final RemoteSegment segment = read.segment;
        from = 0;
        to = 0;
        nextOffset = segment.nextOffset;
        cutBatchLength = 0;
        failure = null;
        try {
            batches.wrap(read.block.bytes(), 0, read.length());
            while (batches.next()) {
                accept(segment, read.log.wantedOffset);
            }
            checkEnd(segment, read);
        } catch (CorruptDataException e) {
            failure = new CorruptDataException(describe(read) + ": " + e.getMessage(), e);
        }
        batches.unwrap();
    }

    private void accept(final RemoteSegment segment, final long wantedOffset) {
        final long base = batches.baseOffset();
        final boolean isDue = nextOffset == RemoteSegment.UNKNOWN
                ? base >= segment.startOffset && base <= wantedOffset
                : base == nextOffset;
        if (!isDue || batches.nextOffset() > segment.endOffset) {
            throw new CorruptDataException("damaged log: a batch of the offsets " + base + " to "
                    + (batches.nextOffset() - 1) + " where "
                    + (nextOffset == RemoteSegment.UNKNOWN ? "the one of " + wantedOffset : nextOffset)
                    + " is due, in a segment that ends at " + (segment.endOffset - 1));
        }
        if (context.checksCrc(false)) {
            batches.checkCrc();
        }
        nextOffset = batches.nextOffset();
        to = batches.position();
        if (nextOffset <= wantedOffset) {
            from = to;
        }
    }

    private void checkEnd(final RemoteSegment segment, final RemoteRead read) {
        final int left = segment.length - segment.position - to;
        if (segment.position + read.length() == segment.length) {
            if (left > 0 || nextOffset != segment.endOffset) {
                throw new CorruptDataException("damaged log: the segment ends before offset " + nextOffset + ", with "
                        + left + " bytes of another batch, where it should end before " + segment.endOffset);
            }
        } else if (to == 0) {
            cutOff(read, batches.announcedLength(), left);
        }
    }

    /** Too little was read for the first batch already: more will be. */
    private void cutOff(final RemoteRead read, final int batchLength, final int left) {
        if (batchLength <= 0 || batchLength > left) {
            throw new CorruptDataException(
                    "damaged log: a batch of " + batchLength + " bytes where " + left + " are left of the segment");
        }
        if (batchLength > context.memory().budgetBytes()) {
            failure = new BufferExhaustedException(describe(read) + ": a batch of " + batchLength
                    + " bytes is larger than all memory for reading ("
                    + context.memory().budgetBytes() + " bytes, scannerBufferMemorySize)");
        }
        cutBatchLength = batchLength;
    }

    private String describe(final RemoteRead read) {
        final long offset = nextOffset == RemoteSegment.UNKNOWN ? read.log.wantedOffset : nextOffset;
        return context.describe(read.subscription.bucket, offset) + " in " + read.segment.file;
    }
}
