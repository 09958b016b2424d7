package dev.millrace.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.FlussConnection;
import dev.millrace.support.ClassPath;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.InvocationTargetException;
import java.net.URLClassLoader;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MillraceMeterBinderTest {
    private static final MetricSample OPEN =
            new MetricSample(ClientMetric.CONNECTIONS_OPEN, Map.of(), 2, HistogramSnapshot.EMPTY);

    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicReference<ClientMetrics> metrics = new AtomicReference<>(new ClientMetrics(List.of(OPEN)));

    private static MetricSample requests(final double value) {
        return new MetricSample(ClientMetric.REQUESTS, Map.of("api_key", "lookup"), value, HistogramSnapshot.EMPTY);
    }

    @Test
    void shouldKeepNamesAndTags() {
        metrics.set(new ClientMetrics(List.of(OPEN, requests(7))));
        new MillraceMeterBinder(metrics::get, List.of(Tag.of("cluster", "blue"))).bindTo(registry);
        assertThat(registry.get("fluss.client.connections_open")
                        .tags("cluster", "blue")
                        .gauge()
                        .value())
                .isEqualTo(2);
        assertThat(registry.get("fluss.client.requests.total")
                        .tags("cluster", "blue", "api_key", "lookup")
                        .functionCounter()
                        .count())
                .isEqualTo(7);
    }

    @Test
    void shouldMakeSummariesOfHistograms() {
        final HistogramSnapshot histogram = new HistogramSnapshot(
                List.of(new HistogramSnapshot.Bucket(1, 90), new HistogramSnapshot.Bucket(8, 10)), 150, 7.5);
        metrics.set(new ClientMetrics(
                List.of(new MetricSample(ClientMetric.WRITER_SEND_LATENCY, Map.of(), 100, histogram))));
        new MillraceMeterBinder(metrics::get).bindTo(registry);
        final String name = "fluss.client.writer.send_latency_ms";
        assertThat(registry.get(name).meter().measure())
                .extracting(Measurement::getStatistic, Measurement::getValue)
                .containsExactly(
                        tuple(Statistic.COUNT, 100.0), tuple(Statistic.TOTAL, 150.0), tuple(Statistic.MAX, 7.5));
        assertThat(registry.get(name + ".percentile").tags("phi", "0.5").gauge().value())
                .isEqualTo(1);
        assertThat(registry.get(name + ".percentile")
                        .tags("phi", "0.99")
                        .gauge()
                        .value())
                .isEqualTo(7.5);
    }

    @Test
    void shouldFollowSeriesThatComeAndGo() {
        new MillraceMeterBinder(metrics::get).bindTo(registry);
        assertThat(registry.find("fluss.client.requests.total").meter()).isNull();
        metrics.set(new ClientMetrics(List.of(OPEN, requests(1))));
        await(() -> registry.find("fluss.client.requests.total").meter() != null);
        metrics.set(new ClientMetrics(List.of(OPEN)));
        await(() -> registry.find("fluss.client.requests.total").meter() == null);
    }

    /** Publishes, so to speak, until something is so. */
    private void await(final BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            registry.get("fluss.client.connections_open").gauge().value();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @Test
    void shouldBeTheOnlyOneThatNeedsMicrometer() throws Exception {
        try (URLClassLoader program = ClassPath.without("micrometer")) {
            // All that their signatures mention is loaded.
            assertThat(program.loadClass(FlussConnection.class.getName()).getMethods())
                    .isNotEmpty();
            final Object empty = program.loadClass(ClientMetrics.class.getName())
                    .getConstructor(List.class)
                    .newInstance(List.of());
            assertThat(empty).hasToString("[]");
            assertThatThrownBy(() -> program.loadClass(MillraceMeterBinder.class.getName())
                            .getConstructor(Supplier.class)
                            .newInstance((Supplier<?>) () -> null))
                    .isInstanceOfAny(NoClassDefFoundError.class, InvocationTargetException.class)
                    .hasStackTraceContaining("io/micrometer/core/instrument/");
        }
    }
}
