package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.millrace.error.AuthenticationException;
import dev.millrace.error.AuthenticationException.Reason;
import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.FlussServer;
import dev.millrace.testkit.Secured;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cluster that does not let its clients in any more: everything they do ends, and nothing goes on trying. */
@Timeout(90)
class PasswordChangeTest {
    private static final Duration AT_ONCE = Duration.ofSeconds(20);
    private static final TablePath LOG = TablePath.of("vault", "visits");
    private static final TablePath KEYED = TablePath.of("vault", "boxes");
    private static final String OTHER_PASSWORD = "n0t the same";

    @Test
    void shouldEndAllThatWaitsForAServerThatRefusesThePassword() {
        try (FlussCluster cluster = secured();
                FlussConnection connection =
                        FlussConnection.connect(Secured.config(cluster, Secured.ROOT, Secured.ROOT_PASSWORD)
                                .build())) {
            final FlussTable log = create(connection, LOG, false);
            final FlussTable keyed = create(connection, KEYED, true);
            final AppendWriter appends = log.newAppend().createWriter();
            final UpsertWriter upserts = keyed.newUpsert().createWriter();
            final Lookuper lookuper = keyed.newLookup().createLookuper();
            try (LogScanner scanner = log.newScan().createLogScanner()) {
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                appends.append(row(0)).await();
                upserts.upsert(row(0)).await();
                assertThat(lookuper.lookup(GenericRow.fromData(0L)).getSingleRow())
                        .isPresent();
                scanner.poll(AT_ONCE).close();

                final FlussServer server = cluster.tabletServer(0);
                server.stop();
                final List<WriteResultFuture> pending = new ArrayList<>();
                for (long n = 1; n <= 100; n++) {
                    pending.add(appends.append(row(n)));
                    pending.add(upserts.upsert(row(n)));
                }
                server.option(Secured.USERS_OPTION, Secured.USERS.replace(Secured.ROOT_PASSWORD, OTHER_PASSWORD));
                server.start();

                final long startNs = System.nanoTime();
                pending.forEach(future -> assertRefused(() -> future.await(AT_ONCE)));
                assertRefused(() -> scanner.poll(AT_ONCE).close());
                assertRefused(() -> lookuper.lookup(GenericRow.fromData(0L)));
                assertRefused(() -> connection.getAdmin().listDatabases());
                assertRefused(() -> connection.getAdmin().getServerNodes());
                assertRefused(() -> appends.append(row(0)).await());
                assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(AT_ONCE);

                server.stop();
                server.option(Secured.USERS_OPTION, Secured.USERS);
                server.start();
                cluster.awaitReady();
                // The leaders may not have been told yet: only what is lasting would end this.
                appends.append(row(101)).await();
                upserts.upsert(row(101)).await();
                assertThat(lookuper.lookup(GenericRow.fromData(101L)).getSingleRow())
                        .isPresent();
                scanner.subscribe(0, 1);
                assertThat(firstNumber(scanner)).isEqualTo(101);
            }
        }
    }

    @Test
    void shouldTellAServerThatOffersOtherMechanisms() {
        try (FlussCluster cluster = FlussCluster.builder()
                .option("security.protocol.map", "CLIENT:sasl,FLUSS:plaintext")
                .option("security.sasl.enabled.mechanisms", "SCRAM-SHA-256")
                .start()) {
            final Throwable refusal = catchThrowable(() -> FlussConnection.connect(
                    Secured.config(cluster, Secured.ROOT, Secured.ROOT_PASSWORD).build()));
            assertThat(refusal)
                    .isInstanceOfSatisfying(
                            AuthenticationException.class,
                            e -> assertThat(e.reason()).isEqualTo(Reason.MECHANISM_NOT_OFFERED))
                    .hasMessageContaining("SCRAM-SHA-256")
                    .hasMessageContaining("security.sasl.enabled.mechanisms");
        }
    }

    private static void assertRefused(final ThrowingCallable call) {
        assertThat(catchThrowable(call))
                .isInstanceOfSatisfying(
                        AuthenticationException.class,
                        refusal -> assertThat(refusal.reason()).isEqualTo(Reason.WRONG_CREDENTIALS))
                .hasMessageNotContaining(Secured.ROOT_PASSWORD);
    }

    private static long firstNumber(final LogScanner scanner) {
        final long deadlineNs = System.nanoTime() + AT_ONCE.toNanos();
        while (System.nanoTime() - deadlineNs < 0) {
            try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                if (!records.isEmpty()) {
                    return records.iterator().next().row().getLong(0);
                }
            }
        }
        throw new AssertionError("nothing was scanned");
    }

    private static FlussCluster secured() {
        return FlussCluster.builder()
                .option("security.protocol.map", "CLIENT:sasl,FLUSS:plaintext")
                .option("security.sasl.enabled.mechanisms", "PLAIN")
                .option(Secured.USERS_OPTION, Secured.USERS)
                .start();
    }

    private static GenericRow row(final long n) {
        return GenericRow.fromData(n, "text");
    }

    private static FlussTable create(final FlussConnection connection, final TablePath path, final boolean hasKey) {
        final Schema.Builder schema =
                Schema.builder().column("n", DataTypes.BIGINT()).column("text", DataTypes.STRING());
        connection.getAdmin().createDatabase(path.database(), true);
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema((hasKey ? schema.primaryKey("n") : schema).build())
                                .distributedBy(1)
                                .build());
        return connection.getTable(path);
    }
}
