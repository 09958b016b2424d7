package dev.millrace.bench.e2e;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.bench.Processors;
import dev.millrace.bench.client.BenchTable;
import dev.millrace.bench.results.ContestantResult;
import dev.millrace.bench.results.Metric;
import dev.millrace.bench.results.Results;
import dev.millrace.bench.results.WorkloadResult;
import dev.millrace.metadata.DatabaseDescriptor;
import dev.millrace.testkit.FlussCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Starts a server, lets the contestants of each workload run in turn, each in a JVM of its own, as many rounds as asked for,
 * and writes what they measured. Fails at the end if a contestant failed.
 */
public final class Run {
    private static final String DATABASE = "bench";
    private static final long FORK_SECONDS = 180;
    private static final int WAITING_FACTOR = 4;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Options options;
    private final String servers;
    private final FlussConnection connection;
    private final boolean pinned;
    private final List<String> failures = new ArrayList<>();

    private Run(final Options options, final String servers, final FlussConnection connection, final boolean pinned) {
        this.pinned = pinned;
        this.options = options;
        this.servers = servers;
        this.connection = connection;
    }

    /** Takes the options of {@code benchmarks/run}. */
    public static void main(final String[] args) throws Exception {
        final Options options = Options.parse(args);
        final List<Workload> workloads = options.select(Workloads.in(DATABASE));
        final boolean pinned = Processors.forServers();
        final List<String> failures;
        try (FlussCluster cluster = FlussCluster.processes(1)) {
            if (pinned) {
                Processors.forClients();
            }
            try (FlussConnection connection = FlussConnection.connect(Config.builder()
                    .bootstrapServers(cluster.bootstrapServers())
                    .build())) {
                connection
                        .getAdmin()
                        .createDatabase(DATABASE, DatabaseDescriptor.builder().build(), true);
                final Run run = new Run(options, cluster.bootstrapServers(), connection, pinned);
                run.all(workloads);
                failures = run.failures;
            }
        }
        failures.forEach(System.err::println);
        System.exit(failures.isEmpty() ? 0 : 1);
    }

    /** What was measured is written after each, so that a run that is cut short has not run for nothing. */
    private void all(final List<Workload> workloads) throws Exception {
        for (final Workload workload : workloads) {
            System.out.println(workload.title());
            workload.lookedUp().ifPresent(table -> fill(table, table.keys()));
            if (!workload.isWriting()) {
                fill(workload.table(), workload.filled());
            }
            write(result(workload, rounds(workload)));
            workload.table().drop(connection);
            workload.lookedUp().ifPresent(table -> table.drop(connection));
        }
        if (options.wants(Footprint.NAME)) {
            final Optional<WorkloadResult> footprint = Footprint.measure();
            if (footprint.isPresent()) {
                write(footprint.get());
            }
        }
        System.out.println("written to " + options.result());
    }

    private void fill(final BenchTable table, final long rows) {
        table.create(connection);
        table.fill(connection, rows);
    }

    /** The figures of each contestant, by round. */
    private Map<String, List<Map<String, Double>>> rounds(final Workload workload) throws Exception {
        final Map<String, List<Map<String, Double>>> rounds = new LinkedHashMap<>();
        for (int round = 0; round < options.rounds(); round++) {
            for (final Contestant contestant : contestants(workload)) {
                try {
                    final Map<String, Double> figures = fork(workload, contestant);
                    rounds.computeIfAbsent(contestant.name(), name -> new ArrayList<>())
                            .add(figures);
                    print(contestant, figures);
                } catch (IOException | IllegalStateException e) {
                    failures.add(workload.name() + ", " + contestant.name() + ": " + e.getMessage());
                    System.out.println("  " + failures.getLast());
                }
            }
        }
        return rounds;
    }

    private static List<Contestant> contestants(final Workload workload) {
        return workload.contestants().stream()
                .filter(contestant -> contestant.kind() != Contestant.Kind.RUST || Rust.isBuilt())
                .toList();
    }

    private static void print(final Contestant contestant, final Map<String, Double> figures) {
        final StringBuilder line = new StringBuilder(String.format("  %-40s", contestant.title()));
        for (final Metric metric : Metric.values()) {
            if (figures.containsKey(metric.key())) {
                line.append(String.format(Locale.ROOT, " %s %,.2f", metric.key(), figures.get(metric.key())));
            }
        }
        System.out.println(line);
    }

    private Map<String, Double> fork(final Workload workload, final Contestant contestant)
            throws IOException, InterruptedException {
        if (workload.isWriting()) {
            workload.table().create(connection);
        }
        final long startNs = System.nanoTime();
        final Process process = new ProcessBuilder(command(workload, contestant))
                .redirectError(ProcessBuilder.Redirect.appendTo(options.log().toFile()))
                .start();
        final Map<String, Double> figures = figures(process, startNs);
        if (workload.isStartUp()) {
            figures.keySet().retainAll(List.of(Metric.START.key(), Metric.RSS.key(), "total"));
        } else {
            figures.remove(Metric.START.key());
        }
        if (workload.isWriting()) {
            workload.table().checkWritten(connection, figures.get("total").longValue());
        }
        return figures;
    }

    private List<String> command(final Workload workload, final Contestant contestant) {
        if (contestant.opener() instanceof Rust rust) {
            return rust.command(servers, workload, warmUp(workload), options.measured());
        }
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dsun.misc.unsafe.memory.access=allow",
                "-Xmx2g",
                "-Dmillrace.bootstrap=" + servers,
                "-Dorg.slf4j.simpleLogger.logFile=System.err"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Fork.class.getName()));
        command.addAll(List.of(servers, DATABASE, workload.name(), contestant.name()));
        command.addAll(List.of(warmUp(workload).toString(), options.measured().toString()));
        return command;
    }

    /** A caller who waits does little in a second, so that the compilers need longer. */
    private Duration warmUp(final Workload workload) {
        return workload.isWaiting() ? options.warmUp().multipliedBy(WAITING_FACTOR) : options.warmUp();
    }

    /** Ends a process that hangs. */
    private static Map<String, Double> figures(final Process process, final long startNs)
            throws IOException, InterruptedException {
        process.onExit().orTimeout(FORK_SECONDS, TimeUnit.SECONDS).whenComplete((ended, late) -> {
            if (late != null) {
                process.destroyForcibly();
            }
        });
        Map<String, Double> figures = Map.of();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(Fork.FIGURES)) {
                    final double tookMs = (System.nanoTime() - startNs) / 1e6;
                    figures = JSON.readValue(line.substring(Fork.FIGURES.length()), new TypeReference<>() {});
                    figures.put(Metric.START.key(), tookMs);
                }
            }
        }
        if (process.waitFor() != 0 || figures.isEmpty()) {
            throw new IllegalStateException("ended with status " + process.exitValue() + "; see the log");
        }
        return figures;
    }

    private static WorkloadResult result(final Workload workload, final Map<String, List<Map<String, Double>>> rounds) {
        return WorkloadResult.of(
                workload.name(),
                workload.title(),
                workload.group(),
                workload.unit(),
                workload.against(),
                workload.contestants().stream()
                        .filter(contestant -> rounds.containsKey(contestant.name()))
                        .map(contestant -> ContestantResult.of(
                                contestant.name(),
                                contestant.title(),
                                contestant.kind().name(),
                                contestant.settings(),
                                rounds.get(contestant.name())))
                        .toList());
    }

    private void write(final WorkloadResult result) throws IOException {
        final Path file = options.result();
        final Results before = Files.exists(file)
                ? Results.read(file)
                : new Results(
                        LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm")),
                        options.isShort() ? "short" : "full",
                        about(),
                        List.of());
        before.with(List.of(result)).write(file);
    }

    private Map<String, String> about() {
        final Map<String, String> about = new LinkedHashMap<>();
        about.put("commit", options.commit());
        about.put("jdk", System.getProperty("java.vm.version"));
        about.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        about.put("pinned", pinned ? "servers to one processor, clients to another" : "no");
        about.put("rounds", Integer.toString(options.rounds()));
        about.put(
                "seconds",
                options.warmUp().toSeconds() + " of warm-up, "
                        + options.measured().toSeconds() + " measured, each round; callers who wait warm up "
                        + WAITING_FACTOR + " times as long");
        about.put("jvm", "-Xmx2g");
        about.put("official", "0.9.1-incubating");
        if (Rust.isBuilt()) {
            about.put("rust", "fluss-rs " + Rust.VERSION);
        }
        return about;
    }
}
