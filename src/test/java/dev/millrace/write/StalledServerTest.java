package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that falls silent under a writer in a JVM that has no more direct memory than the writer's budget asks for. */
@WithCluster(proxied = true)
class StalledServerTest {
    /** Beside the budget: the JDK's own buffers for sockets, and those of the connections' readers. */
    private static final int SLACK = 6 << 20;

    private final FlussCluster cluster;
    private final Database database;

    StalledServerTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @Test
    @Timeout(90)
    void shouldKeepToItsMemoryWhileTheServerIsSilent() throws Exception {
        assertKeepsToItsMemory("short", 7);
    }

    @Test
    @Tag("stress")
    @Timeout(900)
    void shouldKeepToItsMemoryForTenMinutes() throws Exception {
        assertKeepsToItsMemory("long", 600);
    }

    private void assertKeepsToItsMemory(final String table, final int seconds) throws Exception {
        final TablePath path = create(table);
        final FaultProxy proxy = cluster.tabletServer(0).proxy();
        final Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-XX:MaxDirectMemorySize=" + (StalledWriter.MEMORY + SLACK),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StalledWriter.class.getName(),
                        cluster.bootstrapServers(),
                        path.database(),
                        path.table()))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            awaitLine(output, "WRITING");
            final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
            // Silent for longer than a row may live, then well for a moment, again and again.
            while (System.nanoTime() < endNs) {
                proxy.toServer().mute();
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(3));
                proxy.heal();
                LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
            }
            process.outputWriter().append('\n').flush();
            final String end = awaitLine(output, "APPENDED");
            assertThat(end).matches("APPENDED [1-9][0-9]+ REFUSED [1-9][0-9]* LEFT 0");
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
            proxy.heal();
        }
    }

    /** Anything else but a warning of the log ends in a failure that shows it. */
    private static String awaitLine(final BufferedReader output, final String beginning) throws IOException {
        final StringBuilder before = new StringBuilder();
        String line = output.readLine();
        while (line != null && !line.startsWith(beginning)) {
            before.append(line).append('\n');
            line = output.readLine();
        }
        assertThat(line).as("after:%n%s", before).isNotNull();
        assertThat(before).doesNotContain("OutOfMemoryError");
        return line;
    }

    private TablePath create(final String name) {
        final TablePath path = TablePath.of(database.name(), name);
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build())) {
            final Schema schema = Schema.builder()
                    .column("n", DataTypes.INT())
                    .column("text", DataTypes.STRING())
                    .build();
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(schema)
                                    .distributedBy(2, List.of())
                                    .build(),
                            false);
        }
        return path;
    }
}
