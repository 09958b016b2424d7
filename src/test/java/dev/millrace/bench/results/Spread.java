package dev.millrace.bench.results;

import java.util.Arrays;

/** Where the rounds of a run lie. */
public record Spread(double median, double min, double max) {
    static Spread of(final double[] values) {
        final double[] sorted = values.clone();
        Arrays.sort(sorted);
        final int middle = sorted.length / 2;
        final double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** How far a round may lie from the median, as a part of it. */
    double relative() {
        return Math.max(max - median, median - min) / median;
    }
}
