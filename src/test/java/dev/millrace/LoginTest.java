package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.AuthenticationException;
import dev.millrace.error.AuthenticationException.Reason;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.Secured;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.UpsertWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients and servers of which one wants to log in, or to be logged in to, and the other may not. */
@WithCluster(
        options = {
            Secured.LISTENERS,
            Secured.MECHANISMS,
            Secured.USERS_AND_OPTION,
            Secured.AUTHORIZER,
            Secured.SUPER_USERS
        })
@Timeout(60)
class LoginTest {
    private static final Duration AT_ONCE = Duration.ofSeconds(10);

    private final FlussCluster cluster;
    private final Database database;

    LoginTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @Test
    void shouldDoEverythingOnConnectionsThatLoggedIn() {
        final TablePath path = TablePath.of(database.name(), "prices");
        try (FlussConnection connection = connect(Secured.config(cluster, Secured.ROOT, Secured.ROOT_PASSWORD))) {
            final FlussAdmin admin = connection.getAdmin();
            admin.createTable(path, prices());
            admin.createPartition(path, PartitionSpec.of(Map.of("venue", "north")));
            final FlussTable table = connection.getTable(path);
            try (UpsertWriter writer = table.newUpsert().createWriter()) {
                // The first partition is there; the other one is created on the way.
                writer.upsert(GenericRow.fromData("north", 1L, "ten"));
                writer.upsert(GenericRow.fromData("south", 2L, "eleven"));
                writer.flush();
            }
            assertThat(table.newLookup()
                            .createLookuper()
                            .lookup(GenericRow.fromData("south", 2L))
                            .getSingleRow())
                    .hasValueSatisfying(row -> assertThat(row.getString(2)).hasToString("eleven"));
            assertThat(admin.listPartitionOffsets(path, "south", List.of(0), OffsetSpec.latest()))
                    .containsEntry(0, 1L);
            try (LogScanner scanner = table.newScan().createLogScanner()) {
                final long partition = admin.listPartitionInfos(path).stream()
                        .filter(info -> info.getPartitionName().equals("north"))
                        .findFirst()
                        .orElseThrow()
                        .getPartitionId();
                scanner.subscribePartition(partition, 0, LogScanner.EARLIEST_OFFSET);
                assertThat(firstText(scanner)).isEqualTo("ten");
            }
        }
    }

    @Test
    void shouldTellAWrongPasswordAndAnUnknownUser() {
        for (final String[] credentials :
                List.of(new String[] {Secured.ROOT, "gu3ssed"}, new String[] {"mallory", "gu3ssed"}, new String[] {
                    Secured.ROOT, Secured.GUEST_PASSWORD
                })) {
            final AuthenticationException refusal = refusal(Secured.config(cluster, credentials[0], credentials[1]));
            assertThat(refusal.reason()).isEqualTo(Reason.WRONG_CREDENTIALS);
            assertThat(refusal)
                    .hasMessageContaining(cluster.tabletServer(0).address())
                    .hasMessageContaining("client.security.sasl.password")
                    .hasMessageContaining("Invalid username or password")
                    .hasMessageNotContaining(credentials[1]);
        }
    }

    @Test
    void shouldTellAClientWithoutSaslThatTheServerWantsIt() {
        final AuthenticationException refusal = refusal(Config.builder().bootstrapServers(cluster.bootstrapServers()));
        assertThat(refusal.reason()).isEqualTo(Reason.SASL_REQUIRED);
        assertThat(refusal)
                .hasMessageContaining(cluster.tabletServer(0).address())
                .hasMessageContaining("set client.security.protocol to SASL");
    }

    @Test
    void shouldTellAClientWithSaslThatTheServerDoesNotWantIt() {
        final String address = "127.0.0.1:" + cluster.tabletServer(0).serversPort();
        final AuthenticationException refusal = refusal(Secured.config(address, Secured.ROOT, Secured.ROOT_PASSWORD));
        assertThat(refusal.reason()).isEqualTo(Reason.SASL_NOT_OFFERED);
        assertThat(refusal)
                .hasMessageContaining(address)
                .hasMessageContaining("set client.security.protocol to PLAINTEXT");
    }

    @Test
    void shouldKeepThePasswordOutOfEverythingThatIsWrittenDown(@TempDir final Path directory) throws Exception {
        final String wrong = "gu3ssed at";
        final Path recording = directory.resolve("events.jfr");
        final Process client = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:StartFlightRecording:filename=" + recording,
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                        "-Dorg.slf4j.simpleLogger.logFile=System.out",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        LoudClient.class.getName(),
                        cluster.bootstrapServers(),
                        database.name())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile())
                .start();
        try (Writer in = client.outputWriter(StandardCharsets.UTF_8)) {
            in.write(Secured.ROOT_PASSWORD + "\n" + wrong + "\n");
        }
        try {
            assertThat(client.waitFor(50, TimeUnit.SECONDS)).isTrue();
        } finally {
            client.destroyForcibly();
        }
        final String out = Files.readString(directory.resolve("out"));
        assertThat(client.exitValue()).as(out).isZero();
        assertThat(out)
                .contains("AuthenticationException", "Invalid username or password", "DEBUG")
                .doesNotContain(Secured.ROOT_PASSWORD, wrong);
        final List<RecordedEvent> events = RecordingFile.readAllEvents(recording);
        assertThat(events).anyMatch(event -> event.getEventType().getName().contains("millrace"));
        assertThat(events)
                .noneMatch(event -> event.toString().contains(Secured.ROOT_PASSWORD))
                .noneMatch(event -> event.toString().contains(wrong));
    }

    private AuthenticationException refusal(final Config.Builder config) {
        final long startNs = System.nanoTime();
        final AuthenticationException refusal = catchThrowableOfType(
                AuthenticationException.class, () -> connect(config).close());
        assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(AT_ONCE);
        assertThat(refusal).isNotNull();
        assertThat(refusal.error()).isEqualTo(FlussError.AUTHENTICATE_EXCEPTION);
        assertThat(refusal.isRetriable()).isFalse();
        return refusal;
    }

    private static String firstText(final LogScanner scanner) {
        final long deadlineNs = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (System.nanoTime() - deadlineNs < 0) {
            try (var records = scanner.poll(Duration.ofSeconds(1))) {
                if (!records.isEmpty()) {
                    return StreamSupport.stream(records.spliterator(), false)
                            .findFirst()
                            .orElseThrow()
                            .row()
                            .getString(2)
                            .toString();
                }
            }
        }
        throw new AssertionError("nothing was scanned");
    }

    private static FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(config.build());
    }

    private static TableDescriptor prices() {
        return TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("venue", DataTypes.STRING())
                        .column("n", DataTypes.BIGINT())
                        .column("text", DataTypes.STRING())
                        .primaryKey("venue", "n")
                        .build())
                .partitionedBy("venue")
                .distributedBy(1, List.of("n"))
                .build();
    }
}
