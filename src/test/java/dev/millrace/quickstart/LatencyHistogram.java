package dev.millrace.quickstart;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts durations in buckets that grow with them, sixteen for each doubling, so that a percentile is off by at most six
 * per cent. Safe for any number of threads.
 */
final class LatencyHistogram {
    private static final int STEPS_BITS = 4;
    private static final int STEPS = 1 << STEPS_BITS;

    private final AtomicLongArray counts = new AtomicLongArray(Long.SIZE * STEPS);

    void record(long nanos) {
        counts.incrementAndGet(bucket(Math.max(nanos, 0)));
    }

    /** The duration that so much of what was recorded does not exceed, zero if nothing was. */
    Duration percentile(double percent) {
        long total = 0;
        for (int i = 0; i < counts.length(); i++) {
            total += counts.get(i);
        }
        long wanted = (long) Math.ceil(total * percent / 100);
        long seen = 0;
        for (int i = 0; i < counts.length(); i++) {
            seen += counts.get(i);
            if (seen >= wanted && seen > 0) {
                return Duration.ofNanos(upperBound(i));
            }
        }
        return Duration.ZERO;
    }

    private static int bucket(long nanos) {
        if (nanos < STEPS) {
            return (int) nanos;
        }
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
        int step = (int) (nanos >>> exponent - STEPS_BITS) & STEPS - 1;
        return (exponent - STEPS_BITS + 1) * STEPS + step;
    }

    private static long upperBound(int bucket) {
        if (bucket < STEPS) {
            return bucket;
        }
        int exponent = bucket / STEPS - 1 + STEPS_BITS;
        long lower = (long) (STEPS + bucket % STEPS) << exponent - STEPS_BITS;
        return lower + (1L << exponent - STEPS_BITS) - 1;
    }
}
