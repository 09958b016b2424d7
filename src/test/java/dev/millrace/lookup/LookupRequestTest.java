package dev.millrace.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.error.RpcException;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LookupRequestTest {
    private static final long TIME_NS = TimeUnit.SECONDS.toNanos(1);

    /** The sender counts what is out while the reader settles it, at the same moment and on another processor. */
    @Test
    @Timeout(30)
    void shouldBeLookedAtWhileItIsSettled() throws Exception {
        final LookupSender sender = sender();
        final LookupRequest request = new LookupRequest(sender);
        final LookupCall call = new LookupCall();
        call.begin(new LookupTarget(null, LookupKind.PREFIX, List.of("seq")), null, 0);
        final AtomicBoolean isOver = new AtomicBoolean();
        final Thread reader = Thread.ofPlatform().start(() -> {
            while (!isOver.get()) {
                if (request.isOut()) {
                    request.settle(null);
                }
            }
        });
        try {
            long rounds = 0;
            for (final long startNs = System.nanoTime(); System.nanoTime() - startNs < TIME_NS; rounds++) {
                request.begin(new LookupCall[] {call}, 1, "ts-0");
                while (request.isOut(LookupKind.PREFIX)) {
                    assertThat(request.isOut(LookupKind.LOOKUP)).isFalse();
                }
            }
            assertThat(rounds).isPositive();
        } finally {
            isOver.set(true);
            reader.join();
            sender.close();
            sender.join(System.nanoTime() + TIME_NS);
        }
    }

    /** A sender that died would leave every later lookup at its server waiting. */
    @Test
    @Timeout(30)
    void shouldSendOnAfterAFailureOfTheSender() throws Exception {
        final LookupSender sender = sender();
        try {
            // It belongs to no lookuper, so that the sender fails of it.
            sender.submit(new LookupCall());
            LookupCall call;
            do {
                Thread.sleep(5);
                call = new LookupCall();
                call.begin(new LookupTarget(null, LookupKind.LOOKUP, List.of("seq")), null, 0);
                call.startWaiting(null);
                sender.submit(call);
                Thread.sleep(5);
            } while (call.phase() != LookupCall.FAILED);
            assertThat(call.failure()).isInstanceOf(RpcException.class).hasMessageContaining("127.0.0.1");
        } finally {
            sender.close();
            sender.join(System.nanoTime() + TIME_NS);
        }
    }

    /** One that cannot connect. */
    private static LookupSender sender() {
        final LookupSender sender = new LookupSender(
                LookupSettings.of(Config.builder().build()),
                null,
                new ServerNode(0, "127.0.0.1", 1, ServerType.TABLET_SERVER),
                null);
        sender.start();
        return sender;
    }
}
