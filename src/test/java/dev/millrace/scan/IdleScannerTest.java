package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.support.JavaProgram;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A scanner of silent buckets asks twice a second. What that takes in a JVM of its own is held against a bare loop that
 * sends the same requests, since the larger part of it is the system's and the JVM's: where processors sleep deeply, as
 * in a virtual machine, each time a thread wakes takes a good part of a tenth of a millisecond. Of a thousand buckets the
 * scanner reads each answer, which the bare loop does not.
 */
@WithCluster
class IdleScannerTest {
    private static final int SECONDS = 60;

    private final FlussCluster cluster;
    private final String database;

    IdleScannerTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @ParameterizedTest
    @Tag("stress")
    @Timeout(600)
    @CsvSource({"1, 3", "1000, 12"})
    void shouldTakeNotManyTimesTheCpuOfABareSocketForSilentBuckets(final int buckets, final int times)
            throws Exception {
        final TableInfo bare = create("bare_" + buckets, buckets);
        final ServerNode server = server();
        final int bareMs = cpuMs(
                IdleSocket.class,
                server.host(),
                Integer.toString(server.port()),
                Long.toString(bare.tableId()),
                Integer.toString(buckets));
        final TableInfo scanned = create("silent_" + buckets, buckets);
        final int scannerMs = cpuMs(
                IdleScanner.class,
                cluster.bootstrapServers(),
                scanned.tablePath().database(),
                scanned.tablePath().table(),
                Integer.toString(buckets));
        System.out.println(
                buckets + " silent buckets, " + SECONDS + " s: " + scannerMs + " ms, a bare loop " + bareMs + " ms");
        assertThat(scannerMs)
                .as("CPU of %d s, in milliseconds, beside %d of a bare loop", SECONDS, bareMs)
                .isLessThan(times * bareMs)
                // What is asked, and where a bare loop takes as much is not reached.
                .isLessThan((int) TimeUnit.SECONDS.toMillis(SECONDS) / 1_000);
    }

    /** What a program takes for its seconds, by its own account. */
    private static int cpuMs(final Class<?> program, final String... args) throws IOException, InterruptedException {
        final String out = JavaProgram.run(
                program,
                List.of(
                        "-Xmx128m",
                        // A thread of the default collector wakes twenty times a second, and the better compiler
                        // works on long after the warm-up. Neither is the scanner's doing.
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1"),
                Stream.concat(Stream.of(args), Stream.of(Integer.toString(SECONDS)))
                        .toList());
        assertThat(out).matches("CPU_MS \\d+");
        return Integer.parseInt(out.substring("CPU_MS ".length()));
    }

    private ServerNode server() {
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build())) {
            return connection.getAdmin().getServerNodes().stream()
                    .filter(node -> node.serverType() == ServerType.TABLET_SERVER)
                    .findFirst()
                    .orElseThrow();
        }
    }

    private TableInfo create(final String name, final int buckets) {
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
            return connection.getAdmin().getTableInfo(path);
        }
    }
}
