package dev.millrace.scan;

import java.util.concurrent.TimeUnit;

/** When a scanner was polled. Written by the thread that polls, read by any. */
final class PollTimes {
    private static final double UNKNOWN = Double.NaN;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    // Of the thread that polls.
    private long startNs;
    private long endNs;
    private boolean wasPolled;

    private volatile long lastStartNs;
    private volatile boolean isPolled;
    private volatile double betweenMs = UNKNOWN;
    private volatile double idleRatio = UNKNOWN;

    /** A poll begins. */
    void begin(final long nowNs) {
        if (wasPolled) {
            betweenMs = (nowNs - startNs) / NANOS_PER_MILLI;
        }
        startNs = nowNs;
        lastStartNs = nowNs;
        isPolled = true;
    }

    /** A poll ends. */
    void end(final long nowNs) {
        if (wasPolled && nowNs > endNs) {
            idleRatio = (double) (nowNs - startNs) / (nowNs - endNs);
        }
        endNs = nowNs;
        wasPolled = true;
    }

    /** Between the starts of the last two polls; not a number before the second. */
    double betweenMs() {
        return betweenMs;
    }

    /** Which part of the time between the ends of the last two polls the last one took; not a number before the second. */
    double idleRatio() {
        return idleRatio;
    }

    /** How long ago the last poll began; not a number before the first. */
    double secondsAgo() {
        return isPolled ? (System.nanoTime() - lastStartNs) / NANOS_PER_SECOND : UNKNOWN;
    }
}
