package dev.millrace.bench.results;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Holds a run against a recorded one, in what does not depend on the machine: how Millrace stands to the other client in the
 * same run, and what it allocates. How much a figure may be worse depends on how much the rounds of both runs differ.
 */
public final class Comparison {
    /** What two runs may differ by although all their rounds agree. */
    private static final double ALWAYS_ALLOWED = 0.1;

    private static final double MOST_ALLOWED = 0.6;
    /** Of allocation, beside {@link #ALWAYS_ALLOWED}: what is allocated a batch and not a row. */
    private static final double BYTES_ALLOWED = 1;

    private static final List<Metric> RATIOS = List.of(Metric.RATE, Metric.CPU, Metric.P50, Metric.START);

    private final List<String> worse = new ArrayList<>();
    private int figures;

    private Comparison() {}

    /** Compares what both runs have. */
    public static Comparison of(final Results recorded, final Results now) {
        final Comparison comparison = new Comparison();
        for (final WorkloadResult workload : now.workloads()) {
            for (final ContestantResult contestant : workload.contestants()) {
                find(recorded, workload.name(), contestant.name())
                        .filter(before -> contestant.kind().equals("MILLRACE"))
                        .ifPresent(before ->
                                comparison.compare(workload.name() + ", " + contestant.name(), before, contestant));
            }
        }
        return comparison;
    }

    private static Optional<ContestantResult> find(
            final Results results, final String workload, final String contestant) {
        return results.workloads().stream()
                .filter(candidate -> candidate.name().equals(workload))
                .flatMap(candidate -> candidate.contestants().stream())
                .filter(candidate -> candidate.name().equals(contestant))
                .findFirst();
    }

    private void compare(final String name, final ContestantResult before, final ContestantResult now) {
        for (final Metric metric : RATIOS) {
            both(before.timesBetter(metric), now.timesBetter(metric))
                    .ifPresent(spreads -> compareRatio(name, metric, spreads.get(0), spreads.get(1)));
        }
        both(before.spread(Metric.ALLOCATED), now.spread(Metric.ALLOCATED))
                .ifPresent(spreads -> compareAllocation(name, spreads.get(0), spreads.get(1)));
    }

    private static Optional<List<Spread>> both(final Optional<Spread> before, final Optional<Spread> now) {
        return before.isPresent() && now.isPresent()
                ? Optional.of(Stream.concat(before.stream(), now.stream()).toList())
                : Optional.empty();
    }

    private void compareRatio(final String name, final Metric metric, final Spread before, final Spread now) {
        figures++;
        final double allowed = Math.min(MOST_ALLOWED, ALWAYS_ALLOWED + before.relative() + now.relative());
        final double least = before.median() * (1 - allowed);
        if (now.median() < least) {
            worse.add(String.format(
                    Locale.ROOT,
                    "%s: %s is %.2f times better than the other client, it was %.2f; less than %.2f is worse",
                    name,
                    metric.unit(),
                    now.median(),
                    before.median(),
                    least));
        }
    }

    private void compareAllocation(final String name, final Spread before, final Spread now) {
        figures++;
        final double most = before.max() * (1 + ALWAYS_ALLOWED) + BYTES_ALLOWED;
        if (now.min() > most) {
            worse.add(String.format(
                    Locale.ROOT,
                    "%s: %.1f %s, it was %.1f; more than %.1f is worse",
                    name,
                    now.median(),
                    Metric.ALLOCATED.unit(),
                    before.median(),
                    most));
        }
    }

    /** What got worse: name, figure, and what it was. */
    public List<String> worse() {
        return List.copyOf(worse);
    }

    /** How many figures both runs have. */
    public int figures() {
        return figures;
    }
}
