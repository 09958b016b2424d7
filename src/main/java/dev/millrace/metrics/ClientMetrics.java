package dev.millrace.metrics;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * All metrics of a connection as they were at one moment. Got from {@code FlussConnection.metrics()}.
 *
 * <pre>{@code
 * ClientMetrics metrics = connection.metrics();
 * double rows = metrics.value(ClientMetric.WRITER_RECORDS_SEND);
 * double p99 = metrics.histogram(ClientMetric.REQUEST_LATENCY, "produce_log").quantile(0.99);
 * double lag = metrics.value(ClientMetric.SCANNER_LAG, "market", "ticks");
 * }</pre>
 *
 * <p>A series is there once there is something to say of it: that of a request after the first one was sent, that of a
 * table after a scanner was made. Counters were read one after the other while others counted on, so two of them need not
 * fit together to the last unit.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class ClientMetrics {
    private final List<MetricSample> samples;

    /**
     * Makes the metrics of these samples, as {@code FlussConnection} does; for tests of programs that read metrics.
     *
     * @param samples in any order; copied.
     */
    public ClientMetrics(final List<MetricSample> samples) {
        this.samples = samples.stream()
                .sorted(Comparator.comparing(MetricSample::metric))
                .toList();
    }

    /** {@return all samples, those of a metric one after the other in the order of {@link ClientMetric}; unmodifiable} */
    public List<MetricSample> samples() {
        return samples;
    }

    /**
     * {@return the samples of one metric; none if there is nothing to say of it yet}
     *
     * @param metric which.
     */
    public List<MetricSample> samples(final ClientMetric metric) {
        return matching(metric).toList();
    }

    /**
     * {@return the sum of all series of a metric that have these labels; 0 if there is none} For a gauge that does not add
     * up, such as a ratio, name all labels.
     *
     * @param metric a counter or a gauge; of a histogram this is the number of values.
     * @param labelValues of the first so many of {@link ClientMetric#labels()}; none for all series.
     * @throws IllegalArgumentException the metric does not have so many labels.
     */
    public double value(final ClientMetric metric, final String... labelValues) {
        return matching(metric, labelValues).mapToDouble(MetricSample::value).sum();
    }

    /**
     * {@return the distribution over all series of a histogram that have these labels; empty if there is none}
     *
     * @param metric a histogram.
     * @param labelValues of the first so many of {@link ClientMetric#labels()}; none for all series.
     * @throws IllegalArgumentException the metric is no histogram, or does not have so many labels.
     */
    public HistogramSnapshot histogram(final ClientMetric metric, final String... labelValues) {
        if (metric.type() != MetricType.HISTOGRAM) {
            throw new IllegalArgumentException(metric.metricName() + " is no histogram but a " + metric.type());
        }
        return matching(metric, labelValues)
                .map(MetricSample::histogram)
                .reduce(HistogramSnapshot.EMPTY, HistogramSnapshot::plus);
    }

    private Stream<MetricSample> matching(final ClientMetric metric, final String... labelValues) {
        if (labelValues.length > metric.labels().size()) {
            throw new IllegalArgumentException(metric.metricName() + " has the labels " + metric.labels() + ", not "
                    + labelValues.length + " of them");
        }
        final List<String> wanted = List.of(labelValues);
        return samples.stream()
                .filter(sample -> sample.metric() == metric
                        && new ArrayList<>(sample.labels().values())
                                .subList(0, wanted.size())
                                .equals(wanted));
    }

    @Override
    public String toString() {
        return samples.toString();
    }
}
