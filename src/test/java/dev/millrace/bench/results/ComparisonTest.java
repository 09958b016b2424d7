package dev.millrace.bench.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate lets noise through and nothing that got worse. */
class ComparisonTest {
    private static Results run(final double[] allocated, final double[] rates) {
        final ContestantResult official =
                contestant("official", "OFFICIAL", new double[] {340, 341, 339}, new double[] {2e6, 2e6, 2e6});
        return new Results(
                "2026-11-26 12:00",
                "full",
                Map.of(),
                List.of(WorkloadResult.of(
                        "append-none",
                        "Append",
                        "append",
                        "row",
                        "official",
                        List.of(contestant("millrace", "MILLRACE", allocated, rates), official))));
    }

    private static ContestantResult contestant(
            final String name, final String kind, final double[] allocated, final double[] rates) {
        final List<Map<String, Double>> rounds = DoubleStream.iterate(0, i -> i + 1)
                .limit(rates.length)
                .mapToObj(i -> Map.of(Metric.ALLOCATED.key(), allocated[(int) i], Metric.RATE.key(), rates[(int) i]))
                .toList();
        return ContestantResult.of(name, name, kind, Map.of(), rounds);
    }

    private static final Results RECORDED = run(new double[] {0.12, 0.15, 0.11}, new double[] {11.9e6, 12.4e6, 11.0e6});

    @Test
    void shouldLetNoiseThrough() {
        final Comparison comparison =
                Comparison.of(RECORDED, run(new double[] {0.12, 9.0, 0.3}, new double[] {10.1e6, 11.1e6, 9.8e6}));

        assertThat(comparison.worse()).isEmpty();
        assertThat(comparison.figures()).isEqualTo(2);
    }

    @Test
    void shouldFailForAllocationThatEveryRoundHas() {
        final Comparison comparison =
                Comparison.of(RECORDED, run(new double[] {24.1, 24.2, 24.1}, new double[] {11.9e6, 12.4e6, 11.0e6}));

        assertThat(comparison.worse())
                .containsExactly(
                        "append-none, millrace: 24.1 bytes allocated each, it was 0.1; more than 1.2 is worse");
    }

    @Test
    void shouldFailForRatioWorseThanRoundsDiffer() {
        final Comparison comparison =
                Comparison.of(RECORDED, run(new double[] {0.12, 0.15, 0.11}, new double[] {6.1e6, 6.2e6, 6.0e6}));

        assertThat(comparison.worse()).singleElement().asString().contains("append-none", "3.05", "5.95");
    }

    @Test
    void shouldAllowMoreWhereRoundsDifferMore() {
        final Results noisy = run(new double[] {0.12, 0.15, 0.11}, new double[] {11.9e6, 15e6, 8e6});

        assertThat(Comparison.of(noisy, run(new double[] {0.12, 0.15, 0.11}, new double[] {6.1e6, 7e6, 6.0e6}))
                        .worse())
                .isEmpty();
    }

    @Test
    void shouldReadWhatItWrote(@TempDir final Path directory) throws Exception {
        final Path file = directory.resolve("run.json");
        RECORDED.write(file);

        assertThat(Results.read(file)).isEqualTo(RECORDED);
    }
}
