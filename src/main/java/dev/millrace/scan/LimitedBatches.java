package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussInterruptedException;
import org.jspecify.annotations.Nullable;

/** What a leader answered to a limit scan, to be taken batch by batch. Holds its memory until it is closed. */
sealed interface LimitedBatches extends AutoCloseable permits LimitedLog, LimitedValues {
    /**
     * Makes the next batch. After any exception but the first the same batch may be asked for again.
     *
     * @return null after the last one.
     * @throws CorruptDataException the batch is damaged.
     * @throws BufferExhaustedException there is no memory for it.
     * @throws FlussInterruptedException interrupted while waiting for memory; the flag is set again.
     */
    @Nullable ScanBatch next(long deadlineNs);

    @Override
    void close();
}
