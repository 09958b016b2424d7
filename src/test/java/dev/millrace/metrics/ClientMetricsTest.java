package dev.millrace.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientMetricsTest {
    private static final HistogramSnapshot SMALL = new HistogramSnapshot(
            List.of(new HistogramSnapshot.Bucket(1, 98), new HistogramSnapshot.Bucket(4, 1)), 101, 3);
    private static final HistogramSnapshot LARGE = new HistogramSnapshot(
            List.of(new HistogramSnapshot.Bucket(1, 1), new HistogramSnapshot.Bucket(9, 100)), 801, 8);

    private static MetricSample requests(final String api, final double value) {
        return new MetricSample(ClientMetric.REQUESTS, Map.of("api_key", api), value, HistogramSnapshot.EMPTY);
    }

    private static MetricSample latency(final String api, final HistogramSnapshot histogram) {
        return new MetricSample(ClientMetric.REQUEST_LATENCY, Map.of("api_key", api), histogram.count(), histogram);
    }

    private final ClientMetrics metrics = new ClientMetrics(
            List.of(requests("lookup", 3), requests("put_kv", 4), latency("lookup", SMALL), latency("put_kv", LARGE)));

    @Test
    void shouldAddUpTheSeriesThatHaveTheLabels() {
        assertThat(metrics.value(ClientMetric.REQUESTS)).isEqualTo(7);
        assertThat(metrics.value(ClientMetric.REQUESTS, "put_kv")).isEqualTo(4);
        assertThat(metrics.value(ClientMetric.REQUESTS, "fetch_log")).isZero();
        assertThat(metrics.samples(ClientMetric.REQUESTS)).hasSize(2);
        assertThat(metrics.samples(ClientMetric.SCANNER_LAG)).isEmpty();
        assertThatThrownBy(() -> metrics.value(ClientMetric.REQUESTS, "lookup", "more"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("api_key");
    }

    @Test
    void shouldJoinHistograms() {
        final HistogramSnapshot both = metrics.histogram(ClientMetric.REQUEST_LATENCY);
        assertThat(both.count()).isEqualTo(200);
        assertThat(both.sum()).isEqualTo(902);
        assertThat(both.mean()).isEqualTo(4.51);
        assertThat(both.buckets())
                .containsExactly(
                        new HistogramSnapshot.Bucket(1, 99),
                        new HistogramSnapshot.Bucket(4, 1),
                        new HistogramSnapshot.Bucket(9, 100));
        assertThat(both.quantile(0.495)).isEqualTo(1);
        assertThat(both.quantile(0.5)).isEqualTo(4);
        assertThat(both.quantile(1)).as("no more than the largest value").isEqualTo(8);
        assertThat(metrics.histogram(ClientMetric.REQUEST_LATENCY, "lookup")).isEqualTo(SMALL);
        assertThat(HistogramSnapshot.EMPTY.quantile(0.5)).isZero();
        assertThat(HistogramSnapshot.EMPTY.mean()).isZero();
        assertThatThrownBy(() -> SMALL.quantile(99)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> metrics.histogram(ClientMetric.REQUESTS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fluss.client.requests.total is no histogram");
    }

    @Test
    void shouldBeDocumented() throws Exception {
        final List<String> lines = Files.readAllLines(Path.of("docs", "observability.md"));
        assertThat(lines.stream().filter(line -> line.startsWith("| `fluss.client.")))
                .containsExactlyElementsOf(Arrays.stream(ClientMetric.values())
                        .map(metric -> "| `" + metric.metricName() + "` | "
                                + metric.type().name().toLowerCase(Locale.ROOT) + " | " + metric.unit() + " | "
                                + String.join(", ", metric.labels()) + " | " + metric.description() + " |")
                        .toList());
    }
}
