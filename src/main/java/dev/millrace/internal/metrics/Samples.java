package dev.millrace.internal.metrics;

import dev.millrace.metrics.ClientMetric;
import dev.millrace.metrics.HistogramSnapshot;
import dev.millrace.metrics.MetricSample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Gathers what a part of a connection has counted. For one thread. */
public final class Samples {
    private final List<MetricSample> samples = new ArrayList<>();

    /** Adds a counter or a gauge; {@code labelValues} as its labels have it. */
    public void add(final ClientMetric metric, final double value, final String... labelValues) {
        samples.add(new MetricSample(metric, labels(metric, labelValues), value, HistogramSnapshot.EMPTY));
    }

    /** Adds a histogram; {@code labelValues} as its labels have it. */
    public void add(final ClientMetric metric, final Histogram histogram, final String... labelValues) {
        final HistogramSnapshot snapshot = histogram.snapshot();
        samples.add(new MetricSample(metric, labels(metric, labelValues), snapshot.count(), snapshot));
    }

    /** All that was added. */
    public List<MetricSample> toList() {
        return List.copyOf(samples);
    }

    private static Map<String, String> labels(final ClientMetric metric, final String... values) {
        if (values.length != metric.labels().size()) {
            throw new IllegalArgumentException(metric + " has the labels " + metric.labels());
        }
        final Map<String, String> labels = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            labels.put(metric.labels().get(i), values[i]);
        }
        return labels;
    }
}
