package dev.millrace.lookup;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.internal.rpc.ProtoWriter;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.Uninterruptibly;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.metadata.ServerNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the lookups for one tablet server: one virtual thread, which never sleeps with a timer. A lookup leaves at once
 * while fewer than {@link #WINDOW} requests of its kind are on their way. While as many are, further ones gather, and leave
 * together when an answer comes or enough are there for a full request. So a lone caller waits for nobody, and a thousand
 * of them make few, full requests.
 *
 * <p>{@link #submit} is for any thread, {@link #slotFree} for the threads that settle requests.
 */
final class LookupSender implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(LookupSender.class);
    private static final int WINDOW = 2;
    private static final LookupKind[] KINDS = LookupKind.values();
    private static final int FIRST_LENGTH = 16 * 1024;
    private static final int MAX_KEPT_LENGTH = 1 << 20;

    private final LookupSettings settings;
    private final RpcClient rpc;
    private final LookupMetrics metrics;
    private final Thread thread;
    private final int serverId;
    private volatile ServerNode server;

    // A stack, linked by the calls themselves, which the sender takes as a whole.
    private final AtomicReference<@Nullable LookupCall> incoming = new AtomicReference<>();
    private volatile boolean woken;
    private volatile boolean isClosed;
    // Whether lookups may wait for an answer to others, so that whoever settles a request wakes the sender.
    private volatile boolean hasBacklog;

    // Of the sender's thread.
    private final LookupLane[] lanes;
    private final List<LookupRequest> requests = new ArrayList<>();
    private final @Nullable LookupCall[] taken;
    private @Nullable LookupAnswers answers;
    private final ProtoWriter proto = new ProtoWriter();
    private final ByteBuffer[] body = new ByteBuffer[1];
    private ByteBuffer bytes = OffHeap.allocate(FIRST_LENGTH);
    private MutableDirectBuffer view = OffHeap.wrap(bytes, 0, FIRST_LENGTH);

    LookupSender(
            final LookupSettings settings, final RpcClient rpc, final ServerNode server, final LookupMetrics metrics) {
        this.settings = settings;
        this.rpc = rpc;
        this.metrics = metrics;
        this.server = server;
        this.serverId = server.id();
        this.taken = new LookupCall[settings.maxBatchSize()];
        this.lanes = new LookupLane[KINDS.length];
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new LookupLane();
        }
        this.thread = Thread.ofVirtual().name("millrace-lookup-" + server.uid()).unstarted(this);
    }

    void start() {
        thread.start();
    }

    int serverId() {
        return serverId;
    }

    /** The server is to be found at this address now. */
    void relocate(final ServerNode address) {
        if (server != address) {
            server = address;
        }
    }

    /** Takes over a call that began to wait. Never blocks. */
    void submit(final LookupCall call) {
        submit(call, call);
    }

    /** Takes over calls that began to wait, linked from the last one asked for to the first. Never blocks. */
    void submit(final LookupCall last, final LookupCall first) {
        LookupCall top;
        do {
            top = incoming.get();
            first.next = top;
        } while (!incoming.compareAndSet(top, last));
        wake();
    }

    /** A request of this sender is settled. */
    void slotFree() {
        if (hasBacklog) {
            wake();
        }
    }

    /** Has the sender look at everything again. */
    void wake() {
        // The permit of an unpark alone would not do: any lock or socket on the way may use it up.
        if (!woken) {
            woken = true;
            LockSupport.unpark(thread);
        }
    }

    void close() {
        isClosed = true;
        LockSupport.unpark(thread);
    }

    void join(final long deadlineNs) {
        Uninterruptibly.join(thread, deadlineNs);
    }

    // ---- the sender's thread -------------------------------------------------------------------------------------

    @Override
    public void run() {
        try {
            while (!isClosed) {
                woken = false;
                try {
                    work();
                } catch (final RuntimeException | Error e) {
                    // Nobody else sends for this server: what waits hears of it, and the thread goes on.
                    LOG.error("Looking up at {} failed; what waits is told, and later lookups are sent", server, e);
                    failQueued(lanes[0], new RpcException("cannot look up at " + server + ": " + e, e));
                }
                if (!woken && !isClosed) {
                    LockSupport.park(this);
                }
            }
        } finally {
            requests.forEach(LookupRequest::drop);
            OffHeap.free(bytes);
        }
    }

    private void work() {
        final long nowNs = System.nanoTime();
        for (final LookupRequest request : requests) {
            request.timeOut(nowNs);
        }
        takeIncoming();
        // Before the slots are looked at: who frees one later sees this, or is seen.
        hasBacklog = hasQueued();
        for (final LookupKind kind : KINDS) {
            final LookupLane lane = lanes[kind.ordinal()];
            while (!lane.isEmpty() && maySend(kind, lane)) {
                send(kind, lane);
            }
        }
        hasBacklog = hasQueued();
    }

    private void takeIncoming() {
        LookupCall stack = incoming.getAndSet(null);
        LookupCall queue = null;
        while (stack != null) {
            final LookupCall below = stack.next;
            stack.next = queue;
            queue = stack;
            stack = below;
        }
        while (queue != null) {
            final LookupCall behind = queue.next;
            queue.next = null;
            lanes[queue.target().kind().ordinal()].add(queue);
            queue = behind;
        }
    }

    private boolean hasQueued() {
        for (final LookupLane lane : lanes) {
            if (!lane.isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private boolean maySend(final LookupKind kind, final LookupLane lane) {
        int out = 0;
        int ofKind = 0;
        for (int i = 0; i < requests.size(); i++) {
            final LookupRequest request = requests.get(i);
            if (request.isOut()) {
                out++;
                ofKind += request.isOut(kind) ? 1 : 0;
            }
        }
        return out < settings.maxInflightRequests() && (ofKind < WINDOW || lane.size() >= settings.maxBatchSize());
    }

    private void send(final LookupKind kind, final LookupLane lane) {
        final int count = lane.take(taken);
        if (count == 0) {
            return;
        }
        final LookupRequest request = freeRequest();
        request.begin(taken, count, server.uid());
        FlussException failure;
        try {
            final LookupAnswers by = answers();
            body[0] = lay(request);
            request.sendingOn(by, System.nanoTime() + settings.requestTimeoutNs());
            metrics.sending(count);
            request.sentAs(by.connection.send(kind.api(), body, request));
            return;
        } catch (final FlussException e) {
            failure = e;
        } catch (final UnsupportedOperationException e) {
            failure = UnsupportedApi.failure(e);
        } catch (final RuntimeException e) {
            failure = new RpcException("cannot send to " + server + ": " + e, e);
        }
        request.settle(failure);
        failQueued(lane, failure);
    }

    /**
     * Those that wait go the same way: their callers look for the leaders again, instead of trying one by one. What a server
     * does not serve is lookups of one kind.
     */
    private void failQueued(final LookupLane failed, final FlussException failure) {
        takeIncoming();
        final boolean isOfKind =
                failure instanceof final FlussApiException refused && refused.error() == FlussError.UNSUPPORTED_VERSION;
        for (final LookupLane lane : lanes) {
            if (lane == failed || !isOfKind) {
                lane.fail(failure);
            }
        }
    }

    private LookupRequest freeRequest() {
        for (int i = 0; i < requests.size(); i++) {
            if (!requests.get(i).isOut()) {
                return requests.get(i);
            }
        }
        final LookupRequest made = new LookupRequest(this);
        requests.add(made);
        return made;
    }

    /** Where answers come in; connects if need be. */
    private LookupAnswers answers() {
        final Connection connection = rpc.connection(server, System.nanoTime() + settings.connectTimeoutNs());
        final LookupAnswers known = answers;
        if (known != null && known.connection == connection) {
            return known;
        }
        final LookupAnswers made = new LookupAnswers(connection);
        answers = made;
        return made;
    }

    private ByteBuffer lay(final LookupRequest request) {
        final int length = request.length(settings.acks(), settings.timeoutMs());
        if (bytes.capacity() < length || bytes.capacity() > MAX_KEPT_LENGTH && length <= MAX_KEPT_LENGTH) {
            OffHeap.free(bytes);
            final int capacity = Math.max(FIRST_LENGTH, length);
            bytes = OffHeap.allocate(capacity);
            view = OffHeap.wrap(bytes, 0, capacity);
        }
        request.write(proto.wrap(view, 0, length), settings.acks(), settings.timeoutMs());
        return bytes.clear().limit(length);
    }
}
