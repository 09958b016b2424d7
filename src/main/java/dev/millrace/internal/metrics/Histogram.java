package dev.millrace.internal.metrics;

import dev.millrace.metrics.HistogramSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/**
 * A distribution of numbers, 0 or more, in buckets that begin at 1 and are never wider than a sixteenth of what they hold.
 * Recording costs three additions without a lock and allocates nothing. 8 KiB. Safe for any number of threads.
 */
public final class Histogram {
    private static final int PRECISION_BITS = 4;
    private static final int STEPS = 1 << PRECISION_BITS;
    // Numbers below 2 * STEPS have a bucket each; each doubling of a long beyond that has STEPS of them.
    private static final int BUCKETS = (Long.SIZE - PRECISION_BITS) * STEPS;

    private final double unit;
    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final LongAdder sum = new LongAdder();
    private final LongAccumulator max = new LongAccumulator(Math::max, 0);

    /** @param unit what a number that is recorded stands for: 1e-6 if it is of nanoseconds and milliseconds are read. */
    public Histogram(final double unit) {
        this.unit = unit;
    }

    /** A histogram of times in nanoseconds that is read in milliseconds. */
    public static Histogram ofTimes() {
        return new Histogram(1e-6);
    }

    /** A histogram of numbers. */
    public static Histogram ofNumbers() {
        return new Histogram(1);
    }

    /** Counts a number; a negative one as 0. */
    public void record(final long number) {
        final long counted = Math.max(0, number);
        counts.getAndIncrement(bucket(counted));
        sum.add(counted);
        max.accumulate(counted);
    }

    /** What was recorded so far. */
    public HistogramSnapshot snapshot() {
        final List<HistogramSnapshot.Bucket> filled = new ArrayList<>();
        for (int i = 0; i < BUCKETS; i++) {
            final long count = counts.get(i);
            if (count > 0) {
                filled.add(new HistogramSnapshot.Bucket(last(i) * unit, count));
            }
        }
        return new HistogramSnapshot(filled, sum.sum() * unit, max.get() * unit);
    }

    private static int bucket(final long number) {
        final int shift = Math.max(0, Long.SIZE - 1 - PRECISION_BITS - Long.numberOfLeadingZeros(number));
        return shift * STEPS + (int) (number >>> shift);
    }

    /** The largest number in a bucket. */
    private static long last(final int bucket) {
        final int shift = Math.max(0, bucket / STEPS - 1);
        return ((bucket - shift * STEPS + 1L) << shift) - 1;
    }
}
