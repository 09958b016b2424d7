package dev.millrace.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The value of one series of a metric at one moment. Immutable; safe for any number of threads.
 *
 * @param metric what was measured.
 * @param labels which series of it: a value for each of {@link ClientMetric#labels()}, in that order.
 * @param value of a counter or gauge, in the unit of the metric; of a histogram the number of its values.
 * @param histogram the distribution; empty unless the metric is a histogram.
 */
public record MetricSample(ClientMetric metric, Map<String, String> labels, double value, HistogramSnapshot histogram) {
    /** Keeps a copy of the labels. */
    public MetricSample {
        labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
    }

    @Override
    public String toString() {
        return metric.metricName() + labels + " = "
                + (metric.type() == MetricType.HISTOGRAM
                        ? (long) value + " values, median " + histogram.quantile(0.5) + ", max " + histogram.max()
                        : value);
    }
}
