package dev.millrace.internal.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.ApiVersionsResponse;
import dev.millrace.internal.rpc.proto.PbApiVersion;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ConnectionTest {
    private static final ByteBuffer[] NO_BODY = {};

    private static RpcSettings settings(final long silenceMs) {
        return new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.MILLISECONDS.toNanos(silenceMs), 1 << 20, null);
    }

    private static Connection open(final ScriptedServer server) {
        return open(server, 30_000);
    }

    private static Connection open(final ScriptedServer server, final long silenceMs) {
        return Connection.open(
                "peer", server.address(), settings(silenceMs), System.nanoTime() + TimeUnit.SECONDS.toNanos(10));
    }

    /** Keeps the outcome; counts how often it is told one. */
    private static class Outcome implements ResponseHandler {
        final CompletableFuture<byte[]> future = new CompletableFuture<>();
        final AtomicInteger told = new AtomicInteger();

        @Override
        public @Nullable ByteBuffer bodyBuffer(final int length) {
            return ByteBuffer.allocateDirect(length + 3);
        }

        @Override
        public void onResponse(final ByteBuffer body) {
            told.incrementAndGet();
            final byte[] bytes = new byte[body.remaining()];
            body.get(bytes);
            future.complete(bytes);
        }

        @Override
        public void onFailure(final FlussException cause) {
            told.incrementAndGet();
            future.completeExceptionally(cause);
        }

        byte[] response() throws Exception {
            return future.get(20, TimeUnit.SECONDS);
        }

        Throwable failure() throws Exception {
            try {
                response();
                throw new AssertionError("succeeded");
            } catch (final ExecutionException e) {
                return e.getCause();
            }
        }
    }

    @Test
    void shouldMatchResponsesInAnyOrder() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome first = new Outcome();
            final Outcome second = new Outcome();
            connection.send(Api.LOOKUP, new ByteBuffer[] {ByteBuffer.wrap(new byte[] {1, 2}), direct(3)}, first);
            connection.send(Api.PUT_KV, new ByteBuffer[] {direct(4, 5, 6)}, second);
            final Request one = server.nextHeld();
            final Request two = server.nextHeld();
            assertThat(one.api()).isEqualTo(Api.LOOKUP);
            assertThat(one.version()).isEqualTo(1);
            assertThat(one.body()).containsExactly(1, 2, 3);
            assertThat(two.body()).containsExactly(4, 5, 6);

            two.answer(ResponseLayout.SUCCESS, new byte[] {20});
            assertThat(second.response()).containsExactly(20);
            assertThat(first.future).isNotDone();
            one.answer(ResponseLayout.SUCCESS, new byte[0]);
            assertThat(first.response()).isEmpty();
            assertThat(connection.pendingCount()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4_000, 65_527, 65_528, 100_000, 900_000})
    void shouldReadBodiesOfAnyLength(final int length) throws Exception {
        final long seed = 42 + length;
        final byte[] body = new byte[length];
        new Random(seed).nextBytes(body);
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final List<Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                outcomes.add(new Outcome());
                connection.send(Api.FETCH_LOG, NO_BODY, outcomes.get(i));
                server.nextHeld().answer(ResponseLayout.SUCCESS, body);
            }
            for (final Outcome outcome : outcomes) {
                assertThat(outcome.response()).as("seed %d", seed).isEqualTo(body);
            }
        }
    }

    @Test
    void shouldReadFramesThatArriveByteByByte() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome outcome = new Outcome();
            final int id = connection.send(Api.FETCH_LOG, NO_BODY, outcome);
            final Request request = server.nextHeld();
            final byte[] frame = ByteBuffer.allocate(12)
                    .putInt(8)
                    .put((byte) 0)
                    .putInt(id)
                    .put(new byte[] {7, 8, 9})
                    .array();
            for (final byte each : frame) {
                request.raw(each);
            }
            assertThat(outcome.response()).containsExactly(7, 8, 9);
        }
    }

    @Test
    void shouldWriteMoreThanTheSocketTakesAtOnce() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final long seed = 99;
            final byte[] bytes = new byte[20 << 20];
            new Random(seed).nextBytes(bytes);
            final ByteBuffer[] parts = new ByteBuffer[40];
            final int partLength = bytes.length / parts.length;
            for (int i = 0; i < parts.length; i++) {
                parts[i] = ByteBuffer.allocateDirect(partLength)
                        .put(bytes, i * partLength, partLength)
                        .flip();
            }
            final Outcome outcome = new Outcome();
            connection.send(Api.PRODUCE_LOG, parts, outcome);
            final Request request = server.nextHeld();
            assertThat(Arrays.equals(request.body(), bytes)).as("seed %d", seed).isTrue();
            assertThat(parts).allMatch(part -> !part.hasRemaining());
        }
    }

    @Test
    void shouldMapErrorResponses() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome known = new Outcome();
            connection.send(Api.GET_TABLE_INFO, NO_BODY, known);
            server.nextHeld().refuse(7, "Table a.b does not exist.");
            assertThat(known.failure())
                    .isInstanceOfSatisfying(
                            FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.TABLE_NOT_EXIST))
                    .hasMessageContaining("GET_TABLE_INFO")
                    .hasMessageContaining("peer")
                    .hasMessageContaining("Table a.b does not exist.");

            final Outcome unknown = new Outcome();
            connection.send(Api.GET_TABLE_INFO, NO_BODY, unknown);
            server.nextHeld().refuse(4711, null);
            assertThat(unknown.failure())
                    .isInstanceOfSatisfying(
                            FlussApiException.class, e -> assertThat(e.code()).isEqualTo(4711));
            assertThat(connection.isOpen()).isTrue();
        }
    }

    @Test
    void shouldFailEveryPendingRequestOnceWhenTheServerGivesUp() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final List<Outcome> outcomes = List.of(new Outcome(), new Outcome(), new Outcome());
            for (final Outcome outcome : outcomes) {
                connection.send(Api.PRODUCE_LOG, NO_BODY, outcome);
            }
            final byte[] error = ScriptedServer.error(1, "frame too long");
            server.nextHeld()
                    .raw(ByteBuffer.allocate(5 + error.length)
                            .putInt(1 + error.length)
                            .put((byte) 2)
                            .put(error)
                            .array());
            for (final Outcome outcome : outcomes) {
                assertThat(outcome.failure())
                        .isInstanceOf(RpcException.class)
                        .hasMessageContaining("frame too long")
                        .hasCauseInstanceOf(FlussApiException.class);
                assertThat(outcome.told).hasValue(1);
            }
            assertThat(connection.isOpen()).isFalse();
            assertThatThrownBy(() -> connection.send(Api.LOOKUP, NO_BODY, new Outcome()))
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining("not sent");
        }
    }

    @Test
    void shouldFailTheRequestWhoseResponseIsCutOff() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome cutOff = new Outcome();
            final Outcome waiting = new Outcome();
            final int id = connection.send(Api.FETCH_LOG, NO_BODY, cutOff);
            connection.send(Api.FETCH_LOG, NO_BODY, waiting);
            final Request request = server.nextHeld();
            request.raw(ByteBuffer.allocate(19)
                    .putInt(500_000)
                    .put((byte) 0)
                    .putInt(id)
                    .array());
            request.cut();
            assertThat(cutOff.failure()).isInstanceOf(RpcException.class).hasMessageContaining("peer");
            assertThat(waiting.failure()).isInstanceOf(RpcException.class);
            assertThat(cutOff.told).hasValue(1);
            assertThat(waiting.told).hasValue(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7fffffff 00 00000000", // longer than any response may be
                "80000000 00 00000000", // negative
                "00000004 00 00000000", // too short for a request id
                "00000000 02", // too short for its type
                "00000005 03 00000000", // no such type
                "00000005 ff 00000000",
                "48545450 2f 312e3120", // HTTP
                "00000002 02 08", // a server failure that is no ErrorResponse
            })
    void shouldCloseOnDamage(final String hex) throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome outcome = new Outcome();
            connection.send(Api.FETCH_LOG, NO_BODY, outcome);
            server.nextHeld().raw(HexFormat.of().parseHex(hex.replace(" ", "")));
            assertThat(outcome.failure())
                    .isInstanceOf(RpcException.class)
                    .hasCauseInstanceOf(CorruptDataException.class);
            assertThat(connection.isOpen()).isFalse();
        }
    }

    @Test
    void shouldDrainLateResponses() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome forgotten = new Outcome();
            final int id = connection.send(Api.FETCH_LOG, NO_BODY, forgotten);
            assertThat(connection.abandon(id)).isTrue();
            assertThat(connection.abandon(id)).isFalse();
            assertThat(connection.pendingCount()).isZero();
            server.nextHeld().answer(ResponseLayout.SUCCESS, new byte[700_000]);

            final Outcome next = new Outcome();
            connection.send(Api.FETCH_LOG, NO_BODY, next);
            server.nextHeld().answer(ResponseLayout.SUCCESS, new byte[] {1});
            assertThat(next.response()).containsExactly(1);
            assertThat(forgotten.told).hasValue(0);
        }
    }

    @Test
    void shouldDrainResponsesThatFindNoMemory() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome poor = new Outcome() {
                @Override
                public @Nullable ByteBuffer bodyBuffer(final int length) {
                    return null;
                }
            };
            connection.send(Api.FETCH_LOG, NO_BODY, poor);
            server.nextHeld().answer(ResponseLayout.SUCCESS, new byte[300_000]);
            assertThat(poor.failure())
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("300000");

            final Outcome next = new Outcome();
            connection.send(Api.FETCH_LOG, NO_BODY, next);
            server.nextHeld().answer(ResponseLayout.SUCCESS, new byte[] {1});
            assertThat(next.response()).containsExactly(1);
        }
    }

    @Test
    void shouldBreakWhenAHandlerThrows() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server)) {
            final Outcome waiting = new Outcome();
            connection.send(Api.FETCH_LOG, NO_BODY, new Outcome() {
                @Override
                public void onResponse(final ByteBuffer body) {
                    throw new IllegalStateException("a bug");
                }
            });
            connection.send(Api.FETCH_LOG, NO_BODY, waiting);
            server.nextHeld().answer(ResponseLayout.SUCCESS, new byte[0]);
            assertThat(waiting.failure()).isInstanceOf(RpcException.class).hasMessageContaining("a bug");
        }
    }

    @Test
    void shouldBreakWhenThePeerFallsSilent() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server, 200)) {
            final Outcome outcome = new Outcome();
            connection.send(Api.FETCH_LOG, NO_BODY, outcome);
            assertThat(outcome.failure())
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining("owes 1 answers")
                    .hasMessageContaining("peer");
        }
    }

    @Test
    void shouldBreakAWriteThatThePeerDoesNotTake() throws Exception {
        final CountDownLatch tested = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer(request -> {
                    try {
                        tested.await(); // reads nothing meanwhile
                    } catch (final InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                Connection connection = open(server, 300)) {
            connection.send(Api.PRODUCE_LOG, NO_BODY, new Outcome());
            final Outcome outcome = new Outcome();
            try {
                connection.send(Api.PRODUCE_LOG, new ByteBuffer[] {ByteBuffer.allocateDirect(64 << 20)}, outcome);
                assertThat(outcome.failure()).isInstanceOf(RpcException.class);
            } catch (final RpcException e) {
                assertThat(outcome.told).hasValue(0);
            }
            assertThat(connection.isOpen()).isFalse();
            tested.countDown();
        }
    }

    @Test
    void shouldStayOpenWhileNothingIsOwed() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding();
                Connection connection = open(server, 100)) {
            final Outcome outcome = new Outcome();
            connection.send(Api.FETCH_LOG, NO_BODY, outcome);
            server.nextHeld().answer(ResponseLayout.SUCCESS, new byte[0]);
            outcome.response();
            // Three silence timeouts of another connection, which owes, pass meanwhile.
            for (int i = 0; i < 3; i++) {
                try (Connection other = open(server, 100)) {
                    final Outcome silent = new Outcome();
                    other.send(Api.FETCH_LOG, NO_BODY, silent);
                    server.nextHeld();
                    assertThat(silent.failure()).isInstanceOf(RpcException.class);
                }
            }
            assertThat(connection.isOpen()).isTrue();
        }
    }

    @Test
    void shouldRefuseWhatTheServerDoesNotServe() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(ApiVersionsResponse.newBuilder()
                                .addApiVersions(version(Api.PUT_KV, 0, 2))
                                .addApiVersions(version(Api.LOOKUP, 2, 5))
                                .build()))
                        .withoutHandshake();
                Connection connection = open(server)) {
            assertThatThrownBy(() -> connection.send(Api.CREATE_TABLE, NO_BODY, new Outcome()))
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.UNSUPPORTED_VERSION))
                    .hasMessageContaining("peer")
                    .hasMessageContaining("CREATE_TABLE");
            assertThatThrownBy(() -> connection.send(Api.LOOKUP, NO_BODY, new Outcome()))
                    .isInstanceOf(FlussApiException.class);
            final CompletableFuture<Request> seen = new CompletableFuture<>();
            server.script(seen::complete);
            connection.send(Api.PUT_KV, NO_BODY, new Outcome());
            assertThat(seen.get(20, TimeUnit.SECONDS).version()).isEqualTo(1);
            assertThat(connection.serverType()).isZero();
        }
    }

    @Test
    void shouldNotOutliveItsDeadlineInTheHandshake() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> {}).withoutHandshake()) {
            final long startNs = System.nanoTime();
            assertThatThrownBy(() -> Connection.open(
                            "peer", server.address(), settings(30_000), startNs + TimeUnit.MILLISECONDS.toNanos(200)))
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining("API_VERSIONS")
                    .hasMessageContaining("peer");
            assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(5));
        }
    }

    @Test
    void shouldTellAllThatWaitWhenClosed() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final Connection connection = open(server);
            final Outcome outcome = new Outcome();
            connection.send(Api.FETCH_LOG, NO_BODY, outcome);
            connection.close();
            connection.close();
            assertThat(outcome.failure()).isInstanceOf(RpcException.class).hasMessageContaining("was closed");
            assertThat(outcome.told).hasValue(1);
        }
    }

    private static PbApiVersion version(final Api api, final int min, final int max) {
        return PbApiVersion.newBuilder()
                .setApiKey(api.key())
                .setMinVersion(min)
                .setMaxVersion(max)
                .build();
    }

    private static ByteBuffer direct(final int... bytes) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length);
        for (final int each : bytes) {
            buffer.put((byte) each);
        }
        return buffer.flip();
    }
}
