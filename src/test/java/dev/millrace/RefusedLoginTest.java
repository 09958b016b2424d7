package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.AuthenticationException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.ScriptedServer;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.AuthenticateResponse;
import dev.millrace.internal.rpc.proto.PbPutKvRespForBucket;
import dev.millrace.internal.rpc.proto.PutKvResponse;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Secured;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
            try (FlussConnection connection = connect(server);
                    LogScanner scanner =
                            connection.getTable(ScriptedTables.LOG).newScan().createLogScanner()) {
                final FlussTable keyed = connection.getTable(ScriptedTables.KEYED);
                final AppendWriter writer =
                        connection.getTable(ScriptedTables.LOG).newAppend().createWriter();
                final UpsertWriter idle = keyed.newUpsert().createWriter();
                idle.upsert(GenericRow.fromData(1L)).await();
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
                assertThatThrownBy(() -> idle.upsert(GenericRow.fromData(2L)).await())
                        .isInstanceOf(AuthenticationException.class);
                assertThat(attemptsUntilQuiet()).as("and of two rows").isBetween(4, 6);
            }
        }
    }

    /** As while a password is being changed, server by server. */
    @Test
    void shouldTryTheServerOnceThatRefusesWhenOthersDoNot() throws Exception {
        final AtomicBoolean knowsLeader = new AtomicBoolean();
        try (ScriptedServer friend = ScriptedTables.server();
                ScriptedServer stranger = ScriptedTables.server()) {
            final ServerNode leader = new ServerNode(
                    friend.node().id() + 1,
                    stranger.node().host(),
                    stranger.node().port(),
                    ServerType.TABLET_SERVER);
            friend.script(request -> {
                if (request.api() == Api.GET_METADATA) {
                    request.answer(ScriptedTables.metadata(
                            knowsLeader.get() ? List.of(friend.node(), leader) : List.of(friend.node()), leader.id()));
                } else {
                    answer(request, friend);
                }
            });
            stranger.script(request -> {
                refused.add(request);
                request.refuse(46, "Authentication failed: Invalid username or password");
            });
            try (FlussConnection connection = connect(friend)) {
                final FlussTable log = connection.getTable(ScriptedTables.LOG);
                final FlussTable keyed = connection.getTable(ScriptedTables.KEYED);
                knowsLeader.set(true);
                assertThatThrownBy(() -> log.newAppend()
                                .createWriter()
                                .append(GenericRow.fromData(1L))
                                .await())
                        .isInstanceOf(AuthenticationException.class)
                        .hasMessageContaining(leader.toString());
                assertThat(refused).as("of a row").hasSize(1);
                assertThatThrownBy(() -> keyed.newLookup().createLookuper().lookup(GenericRow.fromData(1L)))
                        .isInstanceOf(AuthenticationException.class)
                        .hasMessageContaining(leader.toString());
                assertThat(refused).as("and of a lookup").hasSize(2);
                try (LogScanner scanner = log.newScan().createLogScanner()) {
                    scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                    assertThatThrownBy(() -> scanner.poll(AT_ONCE))
                            .isInstanceOf(AuthenticationException.class)
                            .hasMessageContaining(leader.toString())
                            .hasMessageContaining("bucket 0");
                    assertThat(refused).as("and of a scan").hasSize(3);
                }
                assertThat(attemptsUntilQuiet()).isEqualTo(3);
            }
        }
    }

    private static FlussConnection connect(final ScriptedServer server) {
        return FlussConnection.connect(
                Secured.config(server.node().host() + ":" + server.node().port(), "ada", "love:lace")
                        .writerEnableIdempotence(false)
                        .build());
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
            case PUT_KV ->
                request.answer(PutKvResponse.newBuilder()
                        .addBucketsResp(PbPutKvRespForBucket.newBuilder().setBucketId(0))
                        .build());
            case PRODUCE_LOG, FETCH_LOG -> unanswered.add(request);
            default -> ScriptedTables.answer(request, server);
        }
    }
}
