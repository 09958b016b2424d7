package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A scanner of silent buckets, in a JVM of its own: the process takes less than a thousandth of a processor. */
@WithCluster
class IdleScannerTest {
    private static final int SECONDS = 60;

    private final FlussCluster cluster;
    private final String database;

    @TempDir
    private Path directory;

    IdleScannerTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @ParameterizedTest
    @Tag("stress")
    @Timeout(600)
    @ValueSource(ints = {1, 1_000})
    void shouldTakeNoCpuForSilentBuckets(final int buckets) throws Exception {
        final TablePath table = create("silent_" + buckets, buckets);
        final Path err = directory.resolve("err");
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        // A thread of the default collector wakes twenty times a second, which is not the scanner's
                        // doing.
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        IdleScanner.class.getName(),
                        cluster.bootstrapServers(),
                        table.database(),
                        table.table(),
                        Integer.toString(buckets),
                        Integer.toString(SECONDS))
                .redirectError(err.toFile())
                .start();
        final String out;
        try {
            out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(out).as(Files.readString(err)).matches("CPU_MS \\d+\\R");
        final int cpuMs = Integer.parseInt(out.strip().substring("CPU_MS ".length()));
        assertThat(cpuMs)
                .as("CPU of %d s, in milliseconds", SECONDS)
                .isLessThan((int) TimeUnit.SECONDS.toMillis(SECONDS) / 1_000);
    }

    private TablePath create(final String name, final int buckets) {
        final TablePath path = TablePath.of(database, name);
        // A thousand buckets are a lot of work for a server that is busy otherwise.
        final Config config = Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .requestTimeout(Duration.ofMinutes(2))
                .build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            final TableDescriptor descriptor = TableDescriptor.builder()
                    .schema(Schema.builder().column("n", DataTypes.INT()).build())
                    .distributedBy(buckets, List.of())
                    .build();
            connection.getAdmin().createTable(path, descriptor, false);
            connection
                    .getAdmin()
                    .listOffsets(path, IntStream.range(0, buckets).boxed().toList(), OffsetSpec.latest());
        }
        return path;
    }
}
