package dev.millrace.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one connection in one registry. They all read from one snapshot, which the first of them that finds it too
 * old takes anew; then it also registers the meters of new series and removes those of series that are gone. Safe for any
 * number of threads.
 */
final class BoundMeters {
    private static final long MAX_AGE_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final double[] PERCENTILES = {0.5, 0.95, 0.99, 0.999};

    private final MeterRegistry registry;
    private final Supplier<ClientMetrics> source;
    private final Tags tags;
    private final ReentrantLock lock = new ReentrantLock();

    // guarded by lock
    private final Map<Series, List<Meter>> meters = new HashMap<>();

    private volatile Reading reading = new Reading(0, Map.of());

    /** One series of a metric. */
    private record Series(ClientMetric metric, Map<String, String> labels) {
        static Series of(final MetricSample sample) {
            return new Series(sample.metric(), sample.labels());
        }
    }

    private record Reading(long takenNs, Map<Series, MetricSample> samples) {}

    BoundMeters(final MeterRegistry registry, final Supplier<ClientMetrics> source, final Tags tags) {
        this.registry = registry;
        this.source = source;
        this.tags = tags;
    }

    /** Takes a new snapshot, unless another thread is about to. */
    void refresh() {
        if (!lock.tryLock()) {
            return;
        }
        try {
            final Map<Series, MetricSample> samples = new HashMap<>();
            source.get().samples().forEach(sample -> samples.put(Series.of(sample), sample));
            reading = new Reading(System.nanoTime(), samples);
            samples.keySet().forEach(series -> meters.computeIfAbsent(series, this::register));
            removeGone(samples);
        } finally {
            lock.unlock();
        }
    }

    private void removeGone(final Map<Series, MetricSample> samples) {
        for (final Iterator<Map.Entry<Series, List<Meter>>> each =
                        meters.entrySet().iterator();
                each.hasNext(); ) {
            final Map.Entry<Series, List<Meter>> entry = each.next();
            if (!samples.containsKey(entry.getKey())) {
                each.remove();
                entry.getValue().forEach(registry::remove);
            }
        }
    }

    private List<Meter> register(final Series series) {
        final ClientMetric metric = series.metric;
        Tags all = tags;
        for (final Map.Entry<String, String> label : series.labels.entrySet()) {
            all = all.and(label.getKey(), label.getValue());
        }
        // No base unit: registries would add it to the names, which have it where it matters.
        return switch (metric.type()) {
            case COUNTER ->
                List.of(FunctionCounter.builder(metric.metricName(), this, meters -> meters.value(series))
                        .description(metric.description())
                        .tags(all)
                        .register(registry));
            case GAUGE -> List.of(gauge(metric.metricName(), series, all, MetricSample::value));
            case HISTOGRAM -> histogram(series, all);
        };
    }

    private Gauge gauge(
            final String name, final Series series, final Tags all, final ToDoubleFunction<MetricSample> value) {
        // A strong reference: nobody but the registry holds this object.
        return Gauge.builder(name, this, meters -> meters.read(series, value))
                .description(series.metric.description())
                .tags(all)
                .strongReference(true)
                .register(registry);
    }

    private List<Meter> histogram(final Series series, final Tags all) {
        final ClientMetric metric = series.metric;
        final List<Meter> made = new ArrayList<>();
        made.add(Meter.builder(
                        metric.metricName(),
                        Meter.Type.DISTRIBUTION_SUMMARY,
                        List.of(
                                new Measurement(() -> value(series), Statistic.COUNT),
                                new Measurement(
                                        () -> read(
                                                series,
                                                sample -> sample.histogram().sum()),
                                        Statistic.TOTAL),
                                new Measurement(
                                        () -> read(
                                                series,
                                                sample -> sample.histogram().max()),
                                        Statistic.MAX)))
                .description(metric.description())
                .tags(all)
                .register(registry));
        for (final double phi : PERCENTILES) {
            made.add(gauge(
                    metric.metricName() + ".percentile",
                    series,
                    all.and("phi", Double.toString(phi)),
                    sample -> sample.histogram().quantile(phi)));
        }
        return made;
    }

    private double value(final Series series) {
        return read(series, MetricSample::value);
    }

    /** Not a number once the series is gone. */
    private double read(final Series series, final ToDoubleFunction<MetricSample> value) {
        if (System.nanoTime() - reading.takenNs > MAX_AGE_NS) {
            refresh();
        }
        final @Nullable MetricSample sample = reading.samples.get(series);
        return sample == null ? Double.NaN : value.applyAsDouble(sample);
    }
}
