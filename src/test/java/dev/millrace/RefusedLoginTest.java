package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.AuthenticationException;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.AuthenticateResponse;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Secured;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that counts who tries to log in, and refuses it at a time that no real server can be told to. */
@Timeout(60)
class RefusedLoginTest {
    private static final Duration AT_ONCE = Duration.ofSeconds(10);

    private final BlockingQueue<Request> refused = new LinkedBlockingQueue<>();
    private final BlockingQueue<Request> unanswered = new LinkedBlockingQueue<>();
    private volatile boolean refuses;

    @Test
    void shouldNotTryAgainByItself() throws Exception {
        try (ScriptedServer server = ScriptedTables.server()) {
            server.script(request -> answer(request, server));
            try (FlussConnection connection = FlussConnection.connect(Secured.config(
                                    server.node().host() + ":" + server.node().port(), "ada", "love:lace")
                            .writerEnableIdempotence(false)
                            .build());
                    LogScanner scanner =
                            connection.getTable(ScriptedTables.LOG).newScan().createLogScanner()) {
                final FlussTable keyed = connection.getTable(ScriptedTables.KEYED);
                final AppendWriter writer =
                        connection.getTable(ScriptedTables.LOG).newAppend().createWriter();
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                final List<WriteResultFuture> rows = new ArrayList<>();
                rows.add(writer.append(GenericRow.fromData(1L)));
                rows.getFirst().await(Duration.ZERO);
                // Both the fetch and the row are under way, when the server goes away and comes back as a stranger.
                final Request first = unanswered.poll(20, TimeUnit.SECONDS);
                final Request second = unanswered.poll(20, TimeUnit.SECONDS);
                assertThat(second).isNotNull();
                assertThat(second.api()).isNotEqualTo(first.api());
                rows.add(writer.append(GenericRow.fromData(2L)));
                refuses = true;
                first.cut();

                for (final WriteResultFuture row : rows) {
                    assertThatThrownBy(() -> row.await(AT_ONCE)).isInstanceOf(AuthenticationException.class);
                }
                assertThatThrownBy(() -> scanner.poll(AT_ONCE)).isInstanceOf(AuthenticationException.class);
                assertThat(attemptsUntilQuiet()).isLessThan(10);

                assertThatThrownBy(() -> scanner.poll(AT_ONCE)).isInstanceOf(AuthenticationException.class);
                assertThat(refused).as("of a poll").isEmpty();
                assertThatThrownBy(() -> connection.getAdmin().listDatabases())
                        .isInstanceOf(AuthenticationException.class);
                assertThat(refused).as("of an administrator").hasSize(1);
                assertThatThrownBy(() -> keyed.newLookup().createLookuper().lookup(GenericRow.fromData(1L)))
                        .isInstanceOf(AuthenticationException.class);
                assertThat(refused).as("of a lookup").hasSize(2);
                assertThatThrownBy(() -> writer.append(GenericRow.fromData(3L)).await())
                        .isInstanceOf(AuthenticationException.class);
                assertThat(attemptsUntilQuiet()).as("and of a row").isBetween(3, 4);
            }
        }
    }

    private int attemptsUntilQuiet() throws InterruptedException {
        int attempts = 0;
        while (refused.poll(1, TimeUnit.SECONDS) != null) {
            attempts++;
        }
        return attempts;
    }

    private void answer(final Request request, final ScriptedServer server) {
        switch (request.api()) {
            case AUTHENTICATE -> {
                if (refuses) {
                    refused.add(request);
                    request.refuse(46, "Authentication failed: Invalid username or password");
                } else {
                    request.answer(AuthenticateResponse.getDefaultInstance());
                }
            }
            case PRODUCE_LOG, FETCH_LOG -> unanswered.add(request);
            default -> ScriptedTables.answer(request, server);
        }
    }
}
