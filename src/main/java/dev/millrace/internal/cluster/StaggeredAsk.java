package dev.millrace.internal.cluster;

import dev.millrace.error.FlussInterruptedException;
import dev.millrace.internal.rpc.proto.MetadataResponse;
import dev.millrace.metadata.ServerNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks one server after the other until one answers: the next as soon as one has failed, and also when all before have been
 * silent for a moment, while these are still waited for. For the thread that asks; each server is asked on a thread of its
 * own, which this ends when it is closed.
 */
final class StaggeredAsk implements AutoCloseable {
    private static final long MOMENT_NS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

    private final Function<ServerNode, MetadataResponse> ask;
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    /** In the order in which they were asked. */
    private final Map<ServerNode, Thread> asked = new LinkedHashMap<>();

    private final List<ServerNode> overtaken = new ArrayList<>();
    private @Nullable ServerNode answering;

    private record Outcome(
            ServerNode server,
            @Nullable MetadataResponse answer,
            @Nullable RuntimeException failure) {}

    /** @param ask blocks, with a deadline of its own, and honours interrupts; for any thread. */
    StaggeredAsk(final Function<ServerNode, MetadataResponse> ask) {
        this.ask = ask;
    }

    /**
     * Blocks until a server answers or all have failed.
     *
     * @param failed told of each failure; what it throws ends this.
     * @return null if all have failed.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     */
    @Nullable MetadataResponse firstAnswer(final List<ServerNode> servers, final Consumer<RuntimeException> failed) {
        final Iterator<ServerNode> others = servers.iterator();
        while (others.hasNext() || !asked.isEmpty()) {
            if (others.hasNext()) {
                begin(others.next());
            }
            final Outcome outcome = nextOutcome();
            if (outcome == null) {
                continue;
            }
            if (outcome.answer != null) {
                note(outcome.server);
                return outcome.answer;
            }
            asked.remove(outcome.server);
            failed.accept(outcome.failure);
        }
        return null;
    }

    private void begin(final ServerNode server) {
        final Thread thread = Thread.ofVirtual()
                .name("millrace-ask " + server.host() + ":" + server.port())
                .unstarted(() -> outcomes.add(ask(server)));
        asked.put(server, thread);
        thread.start();
    }

    private Outcome ask(final ServerNode server) {
        try {
            return new Outcome(server, ask.apply(server), null);
        } catch (final RuntimeException e) {
            return new Outcome(server, null, e);
        } catch (final Error e) {
            // Nobody else would hear of it, and whoever waits for the outcome would wait for ever.
            return new Outcome(server, null, new IllegalStateException("asking " + server + " failed: " + e, e));
        }
    }

    private @Nullable Outcome nextOutcome() {
        try {
            return outcomes.poll(MOMENT_NS, TimeUnit.NANOSECONDS);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlussInterruptedException("interrupted while asking for metadata of the cluster");
        }
    }

    private void note(final ServerNode server) {
        answering = server;
        for (final ServerNode each : asked.keySet()) {
            if (each.equals(server)) {
                break;
            }
            overtaken.add(each);
        }
    }

    /** The server that answered first, or null. */
    @Nullable ServerNode answering() {
        return answering;
    }

    /** Servers that were asked before the one that answered, and were silent until then. */
    List<ServerNode> overtaken() {
        return overtaken;
    }

    /** Ends what still waits for an answer. */
    @Override
    public void close() {
        asked.values().forEach(Thread::interrupt); // threads of ours, which wait and never touch a channel
        try {
            for (final Thread thread : asked.values()) {
                thread.join(CLOSE_TIMEOUT);
            }
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
