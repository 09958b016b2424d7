package dev.millrace.internal.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.RpcSettings.Credentials;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.AuthenticateRequest;
import dev.millrace.internal.rpc.proto.AuthenticateResponse;
import dev.millrace.internal.rpc.proto.DatabaseExistsRequest;
import dev.millrace.internal.rpc.proto.DatabaseExistsResponse;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import dev.millrace.testkit.ClientLog;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RpcClientTest {
    private static final DatabaseExistsRequest REQUEST =
            DatabaseExistsRequest.newBuilder().setDatabaseName("market").build();
    private static final DatabaseExistsResponse YES =
            DatabaseExistsResponse.newBuilder().setExists(true).build();

    private final RpcClient client = client(null);

    private static RpcClient client(final @Nullable Credentials credentials) {
        return new RpcClient(
                new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 1 << 20, credentials));
    }

    private static long in(final long millis) {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private boolean ask(final ServerNode node, final long millis) {
        return client.call(node, Api.DATABASE_EXISTS, REQUEST, DatabaseExistsResponse.parser(), in(millis))
                .getExists();
    }

    @AfterEach
    void closeClient() {
        client.close();
    }

    @Test
    void shouldCallFromPlatformAndVirtualThreads() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(YES))) {
            assertThat(ask(server.node(), 10_000)).isTrue();
            final CompletableFuture<Boolean> virtual = new CompletableFuture<>();
            Thread.startVirtualThread(() -> virtual.complete(ask(server.node(), 10_000)));
            assertThat(virtual.get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void shouldShareOneConnectionAmongAThousandThreads() throws Exception {
        final AtomicInteger answered = new AtomicInteger();
        try (ScriptedServer server = new ScriptedServer(request -> {
                    answered.incrementAndGet();
                    request.answer(YES);
                });
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            final List<Future<Boolean>> answers = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                answers.add(threads.submit(() -> {
                    boolean all = true;
                    for (int n = 0; n < 10; n++) {
                        all &= ask(server.node(), 30_000);
                    }
                    return all;
                }));
            }
            for (final Future<Boolean> answer : answers) {
                assertThat(answer.get(40, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(server.connections()).isEqualTo(1);
            assertThat(answered).hasValue(10_000);
            assertThat(client.connection(server.node(), in(1_000)).pendingCount())
                    .isZero();
        }
    }

    @Test
    void shouldNameServerApiAndTimeWhenNoAnswerComes() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            assertThatThrownBy(() -> ask(server.node(), 150))
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining(server.node().toString())
                    .hasMessageContaining("DATABASE_EXISTS")
                    .hasMessageContaining("ms");
            assertThat(client.connection(server.node(), in(1_000)).pendingCount())
                    .isZero();
            server.nextHeld().answer(YES); // late
            server.script(request -> request.answer(YES));
            assertThat(ask(server.node(), 10_000)).isTrue();
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void shouldThrowErrorsOfTheServerFromTheCallersOwnStack() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.refuse(4, "no such database"))) {
            assertThatThrownBy(() -> ask(server.node(), 10_000))
                    .isInstanceOf(FlussApiException.class)
                    .hasMessageContaining("DATABASE_NOT_EXIST (4)")
                    .hasMessageContaining("no such database")
                    .satisfies(e -> assertThat(e.getStackTrace())
                            .anyMatch(frame -> frame.getClassName().equals(RpcClientTest.class.getName())));
        }
    }

    @Test
    void shouldReportAResponseThatIsNone() throws Exception {
        try (ScriptedServer server =
                new ScriptedServer(request -> request.answer(ResponseLayout.SUCCESS, new byte[] {8}))) {
            assertThatThrownBy(() -> ask(server.node(), 10_000))
                    .isInstanceOf(CorruptDataException.class)
                    .hasMessageContaining("DATABASE_EXISTS");
            server.script(
                    request -> request.answer(ResponseLayout.SUCCESS, new byte[0])); // a required field is missing
            assertThatThrownBy(() -> ask(server.node(), 10_000)).isInstanceOf(CorruptDataException.class);
        }
    }

    @Test
    void shouldNotHarmOthersWhenOneIsInterrupted() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final CompletableFuture<Boolean> patient = new CompletableFuture<>();
            Thread.startVirtualThread(() -> patient.complete(ask(server.node(), 20_000)));
            final Request first = server.nextHeld();

            for (final Thread.Builder builder : List.of(Thread.ofVirtual(), Thread.ofPlatform())) {
                final CompletableFuture<Throwable> outcome = new CompletableFuture<>();
                final CompletableFuture<Boolean> flag = new CompletableFuture<>();
                final Thread interrupted = builder.start(() -> {
                    try {
                        ask(server.node(), 20_000);
                    } catch (final RuntimeException e) {
                        flag.complete(Thread.currentThread().isInterrupted());
                        outcome.complete(e);
                    }
                });
                final Request held = server.nextHeld();
                interrupted.interrupt();
                assertThat(outcome.get(10, TimeUnit.SECONDS)).isInstanceOf(FlussInterruptedException.class);
                assertThat(flag.get()).isTrue();
                held.answer(YES); // late, must be drained
            }

            // Interrupted before it even starts, and again and again.
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> ask(server.node(), 20_000)).isInstanceOf(FlussInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();

            first.answer(YES);
            assertThat(patient.get(10, TimeUnit.SECONDS)).isTrue();
            assertThat(server.connections()).isEqualTo(1);
            assertThat(client.connection(server.node(), in(1_000)).pendingCount())
                    .isZero();
        }
    }

    @Test
    void shouldSurviveAStormOfInterrupts() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(YES))) {
            ask(server.node(), 10_000);
            final List<Thread> victims = new ArrayList<>();
            final AtomicInteger interrupted = new AtomicInteger();
            for (int i = 0; i < 200; i++) {
                victims.add(Thread.ofVirtual().start(() -> {
                    try {
                        while (true) {
                            ask(server.node(), 20_000);
                        }
                    } catch (final FlussInterruptedException e) {
                        interrupted.incrementAndGet();
                    }
                }));
            }
            for (int i = 0; i < 100; i++) {
                assertThat(ask(server.node(), 20_000)).isTrue();
                victims.get(2 * i).interrupt();
                victims.get(2 * i + 1).interrupt();
            }
            for (final Thread victim : victims) {
                victim.join();
            }
            assertThat(interrupted).hasValue(200);
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void shouldConnectAgainAfterTheServerCameBack() throws Exception {
        final ClientLog log = new ClientLog();
        final ScriptedServer before = new ScriptedServer(request -> request.answer(YES));
        final ServerNode node = before.node();
        assertThat(ask(node, 10_000)).isTrue();
        before.script(Request::cut);
        assertThatThrownBy(() -> ask(node, 10_000)).isInstanceOf(RpcException.class);
        before.close();
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> ask(node, 10_000))
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining("could not connect")
                    .hasMessageContaining(node.toString());
        }
        try (ScriptedServer after = new ScriptedServer(node.port(), request -> request.answer(YES))) {
            assertThat(ask(node, 10_000)).isTrue();
            assertThat(after.connections()).isEqualTo(1);
            assertThat(log.lines())
                    .satisfiesExactly(
                            lost -> assertThat(lost).contains("WARN", "Server lost: ", node.toString(), "connection"),
                            back -> assertThat(back).contains("INFO", "Server back after ", node.toString()));
        }
    }

    @Test
    void shouldFailEveryCallerOnceWhenTheConnectionIsCut() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final List<CompletableFuture<Throwable>> outcomes = new CopyOnWriteArrayList<>();
            for (int i = 0; i < 50; i++) {
                final CompletableFuture<Throwable> outcome = new CompletableFuture<>();
                outcomes.add(outcome);
                Thread.startVirtualThread(() -> {
                    try {
                        ask(server.node(), 20_000);
                    } catch (final RuntimeException e) {
                        outcome.complete(e);
                    }
                });
            }
            Request last = server.nextHeld();
            for (int i = 1; i < 50; i++) {
                last = server.nextHeld();
            }
            last.cut();
            final List<Throwable> failures = new ArrayList<>();
            for (final CompletableFuture<Throwable> outcome : outcomes) {
                failures.add(outcome.get(10, TimeUnit.SECONDS));
            }
            assertThat(failures).allMatch(RpcException.class::isInstance).doesNotHaveDuplicates();
            server.script(request -> request.answer(YES));
            assertThat(ask(server.node(), 10_000)).isTrue();
        }
    }

    @Test
    void shouldNotWaitForABlackHole() throws Exception {
        // A full backlog: the kernel answers no further connection request.
        try (ServerSocket hole = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            final List<Socket> fillers = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    final Socket filler = new Socket();
                    fillers.add(filler);
                    try {
                        filler.connect(hole.getLocalSocketAddress(), 200);
                    } catch (final SocketTimeoutException full) {
                        break;
                    }
                }
                final ServerNode node = new ServerNode(1, "127.0.0.1", hole.getLocalPort(), ServerType.TABLET_SERVER);
                final long startNs = System.nanoTime();
                assertThatThrownBy(() -> ask(node, 300))
                        .isInstanceOf(RpcException.class)
                        .hasMessageContaining(node.toString());
                assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(5));

                // One with more time does not fail with the attempt of one with less.
                final CompletableFuture<Throwable> impatient = new CompletableFuture<>();
                Thread.startVirtualThread(() -> {
                    try {
                        ask(node, 300);
                    } catch (final RuntimeException e) {
                        impatient.complete(e);
                    }
                });
                final long secondNs = System.nanoTime();
                assertThatThrownBy(() -> ask(node, 1_000)).isInstanceOf(RpcException.class);
                assertThat(System.nanoTime() - secondNs).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(900));
                assertThat(impatient.get(5, TimeUnit.SECONDS)).isInstanceOf(RpcException.class);
            } finally {
                for (final Socket filler : fillers) {
                    filler.close();
                }
            }
        }
    }

    @Test
    void shouldReportUnknownHostsAndRefusedConnections() throws Exception {
        assertThatThrownBy(() -> ask(new ServerNode(1, "no-such-host.invalid", 1, ServerType.UNKNOWN), 10_000))
                .isInstanceOf(RpcException.class)
                .hasMessageContaining("unknown host")
                .hasMessageContaining("no-such-host.invalid");
        final ServerNode closed;
        try (ScriptedServer server = ScriptedServer.holding()) {
            closed = server.node();
        }
        assertThatThrownBy(() -> ask(closed, 10_000))
                .isInstanceOf(RpcException.class)
                .hasMessageContaining(closed.toString());
    }

    @Test
    void shouldNoticeAnotherKindOfServer() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(YES))) {
            final ServerNode wrong =
                    new ServerNode(0, "127.0.0.1", server.node().port(), ServerType.COORDINATOR_SERVER);
            assertThatThrownBy(() -> ask(wrong, 10_000))
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining("another kind of server");
        }
    }

    @Test
    void shouldAuthenticateBeforeAnythingElse() throws Exception {
        final List<Api> seen = new CopyOnWriteArrayList<>();
        final List<byte[]> tokens = new CopyOnWriteArrayList<>();
        try (RpcClient secured = client(new Credentials("fluß", "ge:heim"));
                ScriptedServer server = new ScriptedServer(request -> {
                    seen.add(request.api());
                    if (request.api() == Api.AUTHENTICATE) {
                        tokens.add(request.body());
                        if (tokens.size() < 3) {
                            request.refuse(51, "begin again");
                        } else {
                            request.answer(ResponseLayout.SUCCESS, new byte[] {0x0a, 0});
                        }
                    } else {
                        request.answer(YES);
                    }
                })) {
            secured.call(server.node(), Api.DATABASE_EXISTS, REQUEST, DatabaseExistsResponse.parser(), in(10_000));
            assertThat(seen).containsExactly(Api.AUTHENTICATE, Api.AUTHENTICATE, Api.AUTHENTICATE, Api.DATABASE_EXISTS);
            final AuthenticateRequest request = AuthenticateRequest.parseFrom(tokens.getFirst());
            assertThat(request.getProtocol()).isEqualTo("PLAIN");
            assertThat(request.getToken().toStringUtf8()).isEqualTo("\0fluß\0ge:heim");
            assertThat(AuthenticateResponse.parseFrom(new byte[] {0x0a, 0}).hasChallenge())
                    .isTrue();
        }
        assertThat(new Credentials("fluß", "ge:heim").toString()).doesNotContain("heim");
    }

    @Test
    void shouldReportWrongCredentials() throws Exception {
        try (RpcClient secured = client(new Credentials("user", "wrong"));
                ScriptedServer server = new ScriptedServer(request -> request.refuse(46, "no"))) {
            assertThatThrownBy(() -> secured.connection(server.node(), in(10_000)))
                    .isInstanceOf(FlussApiException.class)
                    .hasMessageContaining("AUTHENTICATE");
        }
    }

    @Test
    void shouldCloseInTimeWhateverThePeerDoes() throws Exception {
        try (ScriptedServer mute = ScriptedServer.holding();
                ScriptedServer noHandshake = new ScriptedServer(request -> {}).withoutHandshake()) {
            final CompletableFuture<Throwable> waiting = new CompletableFuture<>();
            final CompletableFuture<Throwable> connecting = new CompletableFuture<>();
            final Thread first = Thread.startVirtualThread(() -> {
                try {
                    ask(mute.node(), 50_000);
                } catch (final RuntimeException e) {
                    waiting.complete(e);
                }
            });
            mute.nextHeld();
            final CompletableFuture<Void> shaking = new CompletableFuture<>();
            noHandshake.script(request -> shaking.complete(null));
            Thread.startVirtualThread(() -> {
                try {
                    ask(noHandshake.node(), 50_000);
                } catch (final RuntimeException e) {
                    connecting.complete(e);
                }
            });
            shaking.get(10, TimeUnit.SECONDS);

            final long startNs = System.nanoTime();
            client.close();
            client.close();
            assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(5));
            assertThat(waiting.get(5, TimeUnit.SECONDS)).isInstanceOf(RpcException.class);
            assertThat(connecting.get(5, TimeUnit.SECONDS)).isInstanceOf(RpcException.class);
            first.join();
            assertThatThrownBy(() -> ask(mute.node(), 1_000)).isInstanceOf(IllegalStateException.class);
        }
    }
}
