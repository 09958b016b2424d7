package dev.millrace.internal.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.LimitScanRequest;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls whose response comes off-heap: whoever has it last gives it back. */
@Timeout(60)
class BlockCallTest {
    private static final int LENGTH = 200_000;
    private static final LimitScanRequest REQUEST = LimitScanRequest.newBuilder()
            .setTableId(1)
            .setBucketId(0)
            .setLimit(1)
            .build();

    private final ReadMemory memory = new ReadMemory(1 << 20);
    private final RpcClient client =
            new RpcClient(new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 1 << 20, null));

    @AfterEach
    void close() {
        client.close();
        assertThat(memory.freeBytes()).isEqualTo(memory.budgetBytes());
        memory.close();
    }

    @Test
    void shouldGiveTheResponseAsItCame() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(body()))) {
            final ResponseBlock response = ask(server, 20_000);
            assertThat(response.length()).isEqualTo(LENGTH);
            final byte[] bytes = new byte[LENGTH];
            response.block().buffer().getBytes(0, bytes);
            assertThat(bytes).isEqualTo(body());
            response.block().release();
        }
    }

    @Test
    void shouldTellWhyThereIsNoResponse() throws Exception {
        try (ScriptedServer server = new ScriptedServer(request -> request.answer(new byte[(1 << 20) - 100]))) {
            final var held = memory.tryTake(1 << 19);
            assertThatThrownBy(() -> ask(server, 20_000))
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("1048476 bytes");
            held.release();
            server.script(request -> request.refuse(12, "not here"));
            assertThatThrownBy(() -> ask(server, 20_000)).isInstanceOf(FlussApiException.class);
            server.script(request -> {});
            assertThatThrownBy(() -> ask(server, 200))
                    .isInstanceOf(RpcException.class)
                    .hasMessageContaining("was not answered within");
            assertThat(server.connections()).isEqualTo(1);
        }
    }

    @Test
    void shouldGiveBackWhatArrivesAfterTheCallerHasLeft() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            final Thread caller = call(server, outcome);
            final Request request = sendFirstHalf(server);
            caller.interrupt();
            assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(FlussInterruptedException.class);
            assertThat(memory.freeBytes()).as("half a response").isLessThan(memory.budgetBytes());
            request.raw(secondHalf());
            awaitFree();

            server.script(next -> next.answer(body()));
            ask(server, 20_000).block().release();
            assertThat(server.connections()).as("none was lost").isEqualTo(1);
        }
    }

    @Test
    void shouldGiveBackWhatIsCutOff() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            final CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            call(server, outcome);
            sendFirstHalf(server).cut();
            assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(RpcException.class);
        }
    }

    /** A caller that leaves just when the response comes. */
    @Test
    void shouldLoseNothingInARace() throws Exception {
        try (ScriptedServer server = ScriptedServer.holding()) {
            for (int i = 0; i < 300; i++) {
                final CompletableFuture<Throwable> outcome = new CompletableFuture<>();
                final Thread caller = call(server, outcome);
                final Request request = server.nextHeld();
                final Thread interrupter = Thread.startVirtualThread(caller::interrupt);
                request.answer(new byte[10]);
                interrupter.join();
                final Throwable failure = outcome.get(20, TimeUnit.SECONDS);
                if (failure != null) {
                    assertThat(failure).isInstanceOf(FlussInterruptedException.class);
                }
                awaitFree();
            }
        }
    }

    private ResponseBlock ask(final ScriptedServer server, final long timeoutMs) {
        return client.call(
                server.node(),
                Api.LIMIT_SCAN,
                REQUEST,
                memory::tryTake,
                System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs));
    }

    private Thread call(final ScriptedServer server, final CompletableFuture<Throwable> outcome) {
        return Thread.startVirtualThread(() -> {
            try {
                ask(server, 30_000).block().release();
                outcome.complete(null);
            } catch (RuntimeException e) {
                outcome.complete(e);
            }
        });
    }

    /** Returns when it has begun to arrive. */
    private Request sendFirstHalf(final ScriptedServer server) throws InterruptedException {
        final Request request = server.nextHeld();
        final ByteBuffer half = ByteBuffer.allocate(9 + LENGTH / 2)
                .putInt(5 + LENGTH)
                .put((byte) ResponseLayout.SUCCESS)
                .putInt(request.id())
                .put(body(), 0, LENGTH / 2);
        request.raw(half.array());
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (memory.freeBytes() == memory.budgetBytes() && System.nanoTime() < deadlineNs) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        assertThat(memory.freeBytes()).isLessThan(memory.budgetBytes());
        return request;
    }

    private void awaitFree() {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (memory.freeBytes() < memory.budgetBytes() && System.nanoTime() < deadlineNs) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        assertThat(memory.freeBytes()).isEqualTo(memory.budgetBytes());
    }

    private static byte[] body() {
        final byte[] body = new byte[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            body[i] = (byte) i;
        }
        return body;
    }

    private static byte[] secondHalf() {
        return java.util.Arrays.copyOfRange(body(), LENGTH / 2, LENGTH);
    }
}
