package dev.millrace.quickstart;

import dev.millrace.error.FlussException;
import dev.millrace.write.WriteResultFuture;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;

/**
 * Follows the rows of one writing thread to their acknowledgement: how many arrived, and how long a sample of them took.
 * Rows are counted by batch, since all rows of a batch share one future; what is done is forgotten, so that memory does
 * not grow with the rows. For that one thread; only {@link Batch#completedNs} is written by others.
 */
final class Acknowledgements {
    private static final int SAMPLE_EVERY = 64;
    private static final int FOLD_BEYOND = 4;

    /** The rows of this thread in one batch. */
    private static final class Batch {
        private final WriteResultFuture result;
        private long rows;
        private long[] sampledNs = new long[16];
        private int samples;
        private volatile long completedNs;

        Batch(WriteResultFuture result) {
            this.result = result;
            // Asking for this does not hurry the batch, as waiting would.
            result.toCompletableFuture().whenComplete((nothing, failure) -> completedNs = System.nanoTime());
        }

        void sample(long nowNs) {
            if (samples == sampledNs.length) {
                sampledNs = Arrays.copyOf(sampledNs, 2 * samples);
            }
            sampledNs[samples++] = nowNs;
        }
    }

    private final LatencyHistogram histogram;
    private final Deque<Batch> open = new ArrayDeque<>();
    private long appended;
    private long accepted;

    Acknowledgements(LatencyHistogram histogram) {
        this.histogram = histogram;
    }

    /** Notes a row; called right after its append. */
    void appended(WriteResultFuture result) {
        Batch batch = batchOf(result);
        batch.rows++;
        if (appended++ % SAMPLE_EVERY == 0) {
            batch.sample(System.nanoTime());
        }
    }

    private Batch batchOf(WriteResultFuture result) {
        Batch last = open.peekLast();
        if (last != null && last.result == result) {
            return last;
        }
        if (open.size() > FOLD_BEYOND) {
            foldDone();
        }
        Batch batch = new Batch(result);
        open.addLast(batch);
        return batch;
    }

    private void foldDone() {
        for (Iterator<Batch> batches = open.iterator(); batches.hasNext(); ) {
            Batch batch = batches.next();
            if (batch.completedNs != 0) {
                fold(batch);
                batches.remove();
            }
        }
    }

    /** Waits for every row's fate and returns how many were accepted; failures are counted here and told elsewhere. */
    long awaitAccepted() {
        while (!open.isEmpty()) {
            fold(open.removeFirst());
        }
        return accepted;
    }

    private void fold(Batch batch) {
        try {
            batch.result.await();
            accepted += batch.rows;
        } catch (FlussException e) {
            return; // the writer's flush throws it to the one who reports it
        }
        long completedNs = batch.completedNs;
        for (int i = 0; i < batch.samples && completedNs != 0; i++) {
            histogram.record(completedNs - batch.sampledNs[i]);
        }
    }
}
