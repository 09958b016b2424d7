package dev.millrace.bench.e2e;

import dev.millrace.bench.client.BenchTable;
import java.util.List;
import java.util.Optional;

/**
 * Something that clients are measured at.
 *
 * @param unit of what is counted.
 * @param table written to, each contestant in an empty one; or read.
 * @param filled rows of the table that is read; 0 for a table that is written to.
 * @param most how much is done at most in a JVM, for what would fill the disk otherwise; 1 for the start of a JVM.
 * @param lookedUp a table with that many rows for lookups beside the writing, if any.
 */
record Workload(
        String name,
        String title,
        String group,
        String unit,
        BenchTable table,
        long filled,
        long most,
        Optional<BenchTable> lookedUp,
        List<Contestant> contestants) {
    Contestant contestant(final String wanted) {
        return contestants.stream()
                .filter(contestant -> contestant.name().equals(wanted))
                .findFirst()
                .orElseThrow();
    }

    boolean isWriting() {
        return filled == 0;
    }

    boolean isStartUp() {
        return most == 1;
    }

    /** Whether it is about how long callers wait. */
    boolean isWaiting() {
        return group.equals("latency") || group.equals("lookup") || lookedUp.isPresent();
    }

    /** Whom the others are held against: the official client by its defaults, or a limit. */
    String against() {
        return contestants.stream()
                .filter(contestant -> contestant.kind() != Contestant.Kind.MILLRACE)
                .findFirst()
                .orElseThrow()
                .name();
    }
}
