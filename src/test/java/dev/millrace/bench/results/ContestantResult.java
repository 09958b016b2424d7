package dev.millrace.bench.results;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What one contestant did in all rounds of a workload.
 *
 * @param kind MILLRACE, OFFICIAL, RUST or LIMIT.
 * @param settings beside the defaults.
 * @param rounds by round, the value of each metric.
 * @param spreads of each metric over the rounds.
 * @param timesBetter than the contestant that the workload names, by metric, of the same round each; empty for that one.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ContestantResult(
        String name,
        String title,
        String kind,
        Map<String, String> settings,
        List<Map<String, Double>> rounds,
        Map<String, Spread> spreads,
        Map<String, Spread> timesBetter) {
    /** What was not there in the JSON is empty. */
    public ContestantResult {
        settings = settings == null ? Map.of() : settings;
        timesBetter = timesBetter == null ? Map.of() : timesBetter;
    }

    /** Without a ratio. */
    public static ContestantResult of(
            final String name,
            final String title,
            final String kind,
            final Map<String, String> settings,
            final List<Map<String, Double>> rounds) {
        final Map<String, Spread> spreads = new TreeMap<>();
        for (final Metric metric : Metric.values()) {
            if (rounds.stream().allMatch(round -> round.containsKey(metric.key()))) {
                spreads.put(
                        metric.key(),
                        Spread.of(rounds.stream()
                                .mapToDouble(round -> round.get(metric.key()))
                                .toArray()));
            }
        }
        return new ContestantResult(name, title, kind, settings, rounds, spreads, Map.of());
    }

    /** With the ratios to another one, which ran in turn with this one. */
    public ContestantResult against(final ContestantResult other) {
        final Map<String, Spread> ratios = new TreeMap<>();
        final int pairs = Math.min(rounds.size(), other.rounds.size());
        for (final Metric metric : Metric.values()) {
            if (spreads.containsKey(metric.key()) && other.spreads.containsKey(metric.key()) && metric != Metric.GC) {
                final double[] values = new double[pairs];
                for (int i = 0; i < pairs; i++) {
                    values[i] = metric.timesBetter(
                            rounds.get(i).get(metric.key()), other.rounds.get(i).get(metric.key()));
                }
                ratios.put(metric.key(), Spread.of(values));
            }
        }
        return new ContestantResult(name, title, kind, settings, rounds, spreads, ratios);
    }

    public Optional<Spread> spread(final Metric metric) {
        return Optional.ofNullable(spreads.get(metric.key()));
    }

    public Optional<Spread> timesBetter(final Metric metric) {
        return Optional.ofNullable(timesBetter.get(metric.key()));
    }
}
