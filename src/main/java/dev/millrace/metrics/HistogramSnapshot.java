package dev.millrace.metrics;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A distribution of values as it was at one moment, in the unit of its metric. Values are known by buckets that are
 * narrower than a sixteenth of the values in them, so quantiles are at most so much too large. Immutable; safe for any
 * number of threads.
 *
 * @param buckets those that hold a value, by ascending bounds.
 * @param sum of all values.
 * @param max the largest value; 0 if there was none.
 */
public record HistogramSnapshot(List<Bucket> buckets, double sum, double max) {
    /** No value at all. */
    public static final HistogramSnapshot EMPTY = new HistogramSnapshot(List.of(), 0, 0);

    /**
     * The values between two bounds. Immutable.
     *
     * @param upTo the largest value that falls in here; the bound of the bucket before is below all of them.
     * @param count how many did, at least 1.
     */
    public record Bucket(double upTo, long count) {}

    /** Keeps a copy of the list. */
    public HistogramSnapshot {
        buckets = List.copyOf(buckets);
    }

    /** {@return how many values there were} */
    public long count() {
        return buckets.stream().mapToLong(Bucket::count).sum();
    }

    /** {@return the average of the values; 0 if there was none} */
    public double mean() {
        final long count = count();
        return count == 0 ? 0 : sum / count;
    }

    /**
     * {@return a bound that this part of all values does not exceed; 0 if there was no value}
     *
     * @param part 0.99 for example, for 99 of 100.
     * @throws IllegalArgumentException the part is not within 0 and 1.
     */
    public double quantile(final double part) {
        if (!(part >= 0 && part <= 1)) {
            throw new IllegalArgumentException("a quantile is of a part from 0 to 1, not of " + part);
        }
        final long rank = Math.max(1, (long) Math.ceil(part * count()));
        long seen = 0;
        for (final Bucket bucket : buckets) {
            seen += bucket.count;
            if (seen >= rank) {
                return Math.min(bucket.upTo, max);
            }
        }
        return 0;
    }

    /**
     * {@return the distribution of the values of both}
     *
     * @param other in the same unit.
     */
    public HistogramSnapshot plus(final HistogramSnapshot other) {
        final Map<Double, Long> counts = new TreeMap<>();
        buckets.forEach(bucket -> counts.merge(bucket.upTo, bucket.count, Long::sum));
        other.buckets.forEach(bucket -> counts.merge(bucket.upTo, bucket.count, Long::sum));
        return new HistogramSnapshot(
                counts.entrySet().stream()
                        .map(entry -> new Bucket(entry.getKey(), entry.getValue()))
                        .toList(),
                sum + other.sum,
                Math.max(max, other.max));
    }
}
