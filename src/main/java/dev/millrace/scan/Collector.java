package dev.millrace.scan;

import dev.millrace.metadata.TableBucket;

/**
 * What a poll gathers: rows or whole batches. Used by the thread inside {@link LogSource} only.
 *
 * @param <R> the result of a poll.
 */
interface Collector<R> {
    boolean isFull();

    /** How many rows the next result will have. */
    int rows();

    /** Whether no rows were gathered. */
    boolean isEmpty();

    /**
     * Takes rows of a batch, one or more of them, or none and is full; to keep them it retains the batch.
     *
     * @param from the first row that was not taken yet.
     * @param to the row after the last one wanted.
     * @return the row to go on with.
     */
    int take(TableBucket bucket, LogBatch batch, int from, int to);

    /** The bucket goes on at this offset, without rows. */
    void skip(TableBucket bucket, long nextOffset);

    /** Everything gathered; this object is empty again. */
    R result();
}
