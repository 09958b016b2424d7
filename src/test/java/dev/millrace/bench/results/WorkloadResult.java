package dev.millrace.bench.results;

import java.util.List;
import java.util.Optional;

/**
 * A workload of a run.
 *
 * @param unit of what is counted: row, lookup.
 * @param against the contestant whom the others are held against.
 */
public record WorkloadResult(
        String name, String title, String group, String unit, String against, List<ContestantResult> contestants) {
    /** Sets the ratios. */
    public static WorkloadResult of(
            final String name,
            final String title,
            final String group,
            final String unit,
            final String against,
            final List<ContestantResult> contestants) {
        final Optional<ContestantResult> other = contestants.stream()
                .filter(contestant -> contestant.name().equals(against))
                .findFirst();
        return new WorkloadResult(
                name,
                title,
                group,
                unit,
                against,
                contestants.stream()
                        .map(contestant -> other.isEmpty() || contestant == other.get()
                                ? contestant
                                : contestant.against(other.get()))
                        .toList());
    }
}
