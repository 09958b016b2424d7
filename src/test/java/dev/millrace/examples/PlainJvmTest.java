package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The library in a JVM of its own, as a user starts it: {@code java -cp}, with and without flags. */
@WithCluster
@Timeout(60)
class PlainJvmTest {
    private final FlussCluster cluster;
    private final Database database;

    @TempDir
    private Path directory;

    PlainJvmTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    private record Outcome(int exitCode, String out, String err) {}

    @Test
    void shouldWorkWithoutAnyFlag() throws Exception {
        final Outcome outcome = run();
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains("ACME at 0", "last price 41.5");
    }

    @Test
    void shouldWorkWithTheDocumentedFlag() throws Exception {
        final Outcome outcome =
                run("--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED", "-Ddev.millrace.export=false");
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains("ACME at 0", "last price 41.5");
    }

    @Test
    void shouldNameTheFlagWhereTheExportIsForbidden() throws Exception {
        final Outcome outcome = run("-Ddev.millrace.export=false");
        assertThat(outcome.exitCode()).isNotZero();
        assertThat(outcome.err())
                .contains("Millrace needs the JVM flag --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED");
    }

    private Outcome run(final String... flags) throws Exception {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(flags));
        command.addAll(
                List.of("-cp", classpath(), FirstSteps.class.getName(), cluster.bootstrapServers(), database.name()));
        final Path out = directory.resolve("out");
        final Path err = directory.resolve("err");
        final Process process = new ProcessBuilder(command)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Outcome(
                process.exitValue(),
                Files.readString(out, StandardCharsets.UTF_8),
                Files.readString(err, StandardCharsets.UTF_8));
    }

    /** What a user has: the library and its own dependencies, nothing of the server or of the official client. */
    private static String classpath() {
        final String tests = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        final List<String> needed = List.of(
                "agrona",
                "arrow-",
                "flatbuffers",
                "jackson-",
                "jspecify",
                "lz4-java",
                "protobuf-java",
                "slf4j-api",
                "zstd-jni");
        return Arrays.stream(tests.split(File.pathSeparator))
                .filter(entry -> new File(entry).isDirectory()
                        || needed.stream()
                                .anyMatch(name -> new File(entry).getName().startsWith(name)))
                .collect(Collectors.joining(File.pathSeparator));
    }
}
