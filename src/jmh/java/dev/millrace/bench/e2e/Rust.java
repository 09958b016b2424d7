package dev.millrace.bench.e2e;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The program with the Rust client, where it was built. It does the same work, is told by arguments and prints figures. */
record Rust(String work) implements Work.Opener {
    static final String VERSION = "1.0.0";

    private static final Path PROGRAM = Path.of("target", "rust", "release", "fluss-rs-benchmark");

    static boolean isBuilt() {
        return Files.isExecutable(PROGRAM);
    }

    List<String> command(
            final String servers, final Workload workload, final Duration warmUp, final Duration measured) {
        return List.of(
                PROGRAM.toString(),
                servers.split(",")[0],
                workload.table().path().database(),
                workload.table().path().table(),
                work,
                Long.toString(workload.filled()),
                Long.toString(warmUp.toMillis()),
                Long.toString(measured.toMillis()));
    }

    @Override
    public Work open(final String bootstrapServers) {
        throw new UnsupportedOperationException("the Rust client is a program of its own");
    }
}
