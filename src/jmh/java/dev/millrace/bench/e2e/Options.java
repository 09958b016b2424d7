package dev.millrace.bench.e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What {@code benchmarks/run} was asked for.
 *
 * @param wanted names of workloads or groups; empty for all.
 * @param result where the figures go; a file that is there keeps its other workloads.
 * @param log for what contestants write to their error output.
 */
record Options(
        Set<String> wanted,
        boolean isShort,
        int rounds,
        Duration warmUp,
        Duration measured,
        Path result,
        Path log,
        String commit) {
    static final String USAGE = """
            benchmarks/run [--short] [--rounds N] [--warm-up SECONDS] [--measure SECONDS] [--into FILE] [WORKLOAD|GROUP...]

            Runs Millrace and the official client in turn against one server, and writes what it measured to
            benchmarks/results/<date>.json, or to FILE. A file that is there keeps its other workloads.
              --short    one round of a second each, of what matters most: some 3 minutes, for an impression
            """;

    private static final Set<String> SHORT = Set.of(
            "append-none",
            "append-zstd",
            "append-wait",
            "scan-none",
            "scan-column",
            "scan-batches",
            "upsert",
            "lookup-one",
            "lookup-threads",
            "start-up",
            Footprint.NAME);

    static Options parse(final String[] args) {
        boolean isShort = false;
        int rounds = 0;
        long warmUp = 0;
        long measured = 0;
        Path into = Path.of("benchmarks", "results", LocalDate.now() + ".json");
        final Set<String> wanted = new LinkedHashSet<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--help", "-h" -> {
                    System.out.print(USAGE);
                    System.exit(0);
                }
                case "--short" -> isShort = true;
                case "--rounds" -> rounds = Integer.parseInt(args[++i]);
                case "--warm-up" -> warmUp = Long.parseLong(args[++i]);
                case "--measure" -> measured = Long.parseLong(args[++i]);
                case "--into" -> into = Path.of(args[++i]);
                default -> wanted.add(args[i]);
            }
        }
        if (isShort && wanted.isEmpty()) {
            wanted.addAll(SHORT);
        }
        return new Options(
                wanted,
                isShort,
                rounds > 0 ? rounds : isShort ? 1 : 3,
                Duration.ofSeconds(warmUp > 0 ? warmUp : isShort ? 1 : 3),
                Duration.ofSeconds(measured > 0 ? measured : isShort ? 1 : 3),
                into,
                Path.of("target", "benchmarks.log"),
                System.getProperty("millrace.commit", "unknown"));
    }

    boolean wants(final String name) {
        return wanted.isEmpty() || wanted.contains(name);
    }

    /** In their order. */
    List<Workload> select(final List<Workload> all) {
        for (final String name : wanted) {
            if (!name.equals(Footprint.NAME)
                    && all.stream()
                            .noneMatch(workload -> workload.name().equals(name)
                                    || workload.group().equals(name))) {
                throw new IllegalArgumentException("no workload or group is called " + name + "; there are "
                        + all.stream().map(Workload::name).toList() + " and " + Footprint.NAME);
            }
        }
        return all.stream()
                .filter(workload -> wants(workload.name()) || wanted.contains(workload.group()))
                .toList();
    }
}
