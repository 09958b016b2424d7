package dev.millrace.scan;

import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.metadata.TableBucket;

/** Turns log batches of one format into batches for the application. For one thread. */
sealed interface BatchMaker extends AutoCloseable permits ArrowBatchMaker, RowBatchMaker {
    /**
     * A batch of the rows from one on.
     *
     * @param reader stands at the log batch.
     * @param block the memory that the log batch lies in.
     */
    ScanBatch make(TableBucket bucket, LogBatchReader reader, SharedBlock block, int from, long deadlineNs);

    @Override
    void close();
}
