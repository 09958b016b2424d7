package dev.millrace.bench.e2e;

import dev.millrace.bench.results.ContestantResult;
import dev.millrace.bench.results.Metric;
import dev.millrace.bench.results.WorkloadResult;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How large a client is with all that it needs to run, by the class paths that the build left behind. */
final class Footprint {
    static final String NAME = "footprint";

    private static final Path TARGET = Path.of("target");

    private Footprint() {}

    static Optional<WorkloadResult> measure() throws IOException {
        final Optional<Path> jar;
        try (var files = Files.list(TARGET)) {
            jar = files.filter(file ->
                            file.getFileName().toString().matches("millrace-\\d.*(?<!-sources|-javadoc|-tests)\\.jar"))
                    .findFirst();
        }
        final Path ours = TARGET.resolve("classpath-millrace.txt");
        final Path official = TARGET.resolve("classpath-official.txt");
        if (jar.isEmpty() || !Files.exists(ours) || !Files.exists(official)) {
            System.out.println("no footprint: build with mvn -Pjmh package first");
            return Optional.empty();
        }
        return Optional.of(WorkloadResult.of(
                NAME,
                "Jar with its runtime class path",
                "start",
                "jar",
                "official",
                List.of(
                        result("millrace", "Millrace", "MILLRACE", Files.size(jar.get()) + size(ours)),
                        result("official", "official", "OFFICIAL", size(official)))));
    }

    private static long size(final Path classPath) throws IOException {
        long bytes = 0;
        for (final String file : Files.readString(classPath).strip().split(File.pathSeparator)) {
            bytes += Files.size(Path.of(file));
        }
        return bytes;
    }

    private static ContestantResult result(final String name, final String title, final String kind, final long bytes) {
        return ContestantResult.of(
                name, title, kind, Map.of(), List.of(Map.of(Metric.SIZE.key(), bytes / 1024.0 / 1024.0)));
    }
}
