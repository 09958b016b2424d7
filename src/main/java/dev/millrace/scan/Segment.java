package dev.millrace.scan;

import dev.millrace.metadata.TableBucket;
import org.jspecify.annotations.Nullable;

/**
 * Neighbouring rows of one batch in a result, and where the bucket goes on after them. Without rows it only tells that
 * the position has moved on, over empty batches.
 *
 * @param batch null if and only if there are no rows; held by the result.
 * @param from the first row.
 * @param to the row after the last one.
 */
record Segment(TableBucket bucket, @Nullable LogBatch batch, int from, int to, long nextOffset) {
    int count() {
        return to - from;
    }
}
