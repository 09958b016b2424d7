package dev.millrace.quickstart;

import java.util.concurrent.atomic.LongAdder;

/** What has gone in and come out so far, for whoever watches. Safe for any number of threads. */
final class Counters {
    private final LongAdder rowsIn = new LongAdder();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder rowsOut = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final LatencyHistogram acknowledgements = new LatencyHistogram();

    void in(long rows, long bytes) {
        rowsIn.add(rows);
        bytesIn.add(bytes);
    }

    void out(long rows, long bytes) {
        rowsOut.add(rows);
        bytesOut.add(bytes);
    }

    long rowsIn() {
        return rowsIn.sum();
    }

    long bytesIn() {
        return bytesIn.sum();
    }

    long rowsOut() {
        return rowsOut.sum();
    }

    long bytesOut() {
        return bytesOut.sum();
    }

    /** From the append of a row to its acknowledgement, sampled. */
    LatencyHistogram acknowledgements() {
        return acknowledgements;
    }
}
