package dev.millrace.bench.e2e;

import dev.millrace.bench.results.Comparison;
import dev.millrace.bench.results.Results;
import java.io.IOException;
import java.nio.file.Path;

/** What {@code benchmarks/compare} starts. */
public final class Compare {
    private Compare() {}

    /** Takes the recorded run and the new one, and ends with status 1 if that is worse. */
    public static void main(final String[] args) throws IOException {
        if (args.length != 2) {
            System.err.println("benchmarks/compare OLD.json NEW.json");
            System.exit(2);
        }
        final Comparison comparison = Comparison.of(Results.read(Path.of(args[0])), Results.read(Path.of(args[1])));
        comparison.worse().forEach(System.out::println);
        System.out.printf(
                "%d figures compared, %d worse%n",
                comparison.figures(), comparison.worse().size());
        System.exit(comparison.worse().isEmpty() && comparison.figures() > 0 ? 0 : 1);
    }
}
