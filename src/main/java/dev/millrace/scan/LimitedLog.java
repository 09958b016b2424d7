package dev.millrace.scan;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.metadata.TableBucket;
import org.jspecify.annotations.Nullable;

/**
 * The last rows of a log. A server sends whole batches, so that there may be more rows than were asked for; the first
 * ones are left out then. For one thread.
 */
final class LimitedLog implements LimitedBatches {
    private final ScanContext context;
    private final TableBucket bucket;
    private final LimitRequest.Records records;
    private final BatchMaker maker;
    private final LogBatchReader reader = new LogBatchReader();
    /** Rows that are still to be left out. */
    private long surplus;

    /** Whether the reader stands at a batch that was not given out yet. */
    private boolean isPending;

    /**
     * Takes over the records and the maker if nothing is thrown.
     *
     * @throws CorruptDataException the batches do not follow each other whole, or fail their checksums.
     */
    LimitedLog(
            final ScanContext context,
            final TableBucket bucket,
            final LimitRequest.Records records,
            final int limit,
            final BatchMaker maker) {
        this.context = context;
        this.bucket = bucket;
        this.records = records;
        this.maker = maker;
        this.surplus = Math.max(0, checkedRowCount() - limit);
        reader.seek(records.offset());
    }

    private long checkedRowCount() {
        long rows = 0;
        long next = 0;
        reader.wrap(records.block().bytes(), records.offset(), records.length());
        while (reader.next()) {
            if (context.checksCrc(false)) {
                reader.checkCrc();
            }
            if (reader.baseOffset() < next) {
                throw new CorruptDataException(
                        "damaged log: a batch of offset " + reader.baseOffset() + " where " + next + " is due");
            }
            next = reader.nextOffset();
            rows += reader.recordCount();
        }
        final int left = records.offset() + records.length() - reader.position();
        if (left > 0) {
            throw new CorruptDataException("damaged log: its last batch is cut off, after " + left + " bytes");
        }
        return rows;
    }

    @Override
    public @Nullable ScanBatch next(final long deadlineNs) {
        while (isPending || reader.next()) {
            final int count = reader.recordCount();
            isPending = surplus < count;
            if (isPending) {
                final ScanBatch batch = maker.make(bucket, reader, records.block(), (int) surplus, deadlineNs);
                surplus = 0;
                isPending = false;
                return batch;
            }
            surplus -= count;
        }
        return null;
    }

    @Override
    public void close() {
        reader.unwrap();
        maker.close();
        records.block().release();
    }
}
