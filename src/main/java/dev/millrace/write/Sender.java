package dev.millrace.write;

import dev.millrace.error.AuthenticationException;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.metadata.ServerNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends the batches of all buckets that one tablet server leads: one virtual thread, which compresses, seals and
 * writes. It sleeps until a bucket is ready, a linger or a deadline is over, and ticks for nothing else. It owns the
 * in-flight requests' deadlines; their answers are taken by the connection's reader.
 */
final class Sender implements Runnable {
    private static final long PAUSE_NS = 100_000_000L;
    private static final BucketQueue[] NO_QUEUES = {};

    private final RecordAccumulator accumulator;
    private final RpcClient rpc;
    private final WriteSettings settings;
    private final WriterIdentity identity;
    private final Thread thread;
    private final AtomicReference<BucketQueue[]> queues = new AtomicReference<>(NO_QUEUES);
    private volatile ServerNode server;
    private volatile boolean closed;
    // What the sleeping sender does not need to be woken for; anything wakes it while it is at work.
    private volatile long sleepUntilNs = BucketQueue.NEVER;
    private volatile boolean woken;

    // touched by the sender's thread only
    private final ArrayDeque<WriteRequest> inFlight = new ArrayDeque<>();
    private final Compressors compressors = new Compressors();
    private final WriteEnvelope envelope;

    Sender(
            final RecordAccumulator accumulator,
            final RpcClient rpc,
            final WriteSettings settings,
            final WriterIdentity identity,
            final ServerNode server) {
        this.accumulator = accumulator;
        this.rpc = rpc;
        this.settings = settings;
        this.identity = identity;
        this.server = server;
        this.envelope = new WriteEnvelope(settings);
        this.thread = Thread.ofVirtual().name("millrace-sender-" + server.uid()).unstarted(this);
    }

    void start() {
        thread.start();
    }

    /** Takes a bucket over; {@code address} is where its leader is to be found now. */
    void adopt(final BucketQueue queue, final ServerNode address) {
        server = address;
        // Once at the most: a bucket that stood twice in a request would lose the first of its batches.
        queues.updateAndGet(old -> {
            if (Arrays.asList(old).contains(queue)) {
                return old;
            }
            final BucketQueue[] with = Arrays.copyOf(old, old.length + 1);
            with[old.length] = queue;
            return with;
        });
        queue.sender(this);
        // What became ready while the bucket had no sender told nobody.
        wakeNow();
    }

    void abandon(final BucketQueue queue) {
        queues.updateAndGet(
                old -> Arrays.stream(old).filter(other -> other != queue).toArray(BucketQueue[]::new));
    }

    /** A bucket becomes ready at {@code atNs}. */
    void wake(final long atNs) {
        if (atNs < sleepUntilNs) {
            wakeNow();
        }
    }

    private void wakeNow() {
        woken = true;
        LockSupport.unpark(thread);
    }

    void close() {
        closed = true;
        wakeNow();
    }

    boolean join(final long deadlineNs) throws InterruptedException {
        return thread.join(Duration.ofNanos(Math.max(1, deadlineNs - System.nanoTime())));
    }

    @Override
    public void run() {
        try (compressors) {
            while (!closed) {
                woken = false;
                sleepUntilNs = BucketQueue.NEVER;
                final long wakeAtNs = sendReady();
                sleepUntilNs = wakeAtNs;
                // The permit of an unpark alone would not do: any lock or socket on the way may have used it up.
                if (!woken) {
                    sleepUntil(wakeAtNs);
                }
            }
        } catch (RuntimeException | Error e) {
            pause();
            accumulator.crashed(this, List.of(queues.get()), e);
            throw e;
        }
    }

    /** What made this sender fail will make the next one fail, too, and they should not take a processor for that. */
    private void pause() {
        final long endNs = System.nanoTime() + PAUSE_NS;
        for (long leftNs = PAUSE_NS; leftNs > 0 && !closed; leftNs = endNs - System.nanoTime()) {
            LockSupport.parkNanos(this, leftNs);
        }
    }

    private void sleepUntil(final long wakeAtNs) {
        if (wakeAtNs == BucketQueue.NEVER) {
            LockSupport.park(this);
            return;
        }
        final long nowNs = System.nanoTime();
        // No difference before the comparison: 'at once' is the smallest long.
        if (wakeAtNs > nowNs) {
            LockSupport.parkNanos(this, wakeAtNs - nowNs);
        }
    }

    /** Sends what is ready; returns when to look again. */
    private long sendReady() {
        final long nowNs = System.nanoTime();
        long wakeAtNs = timeOutRequests(nowNs);
        final Map<BatchFormat, List<WriteBatch>> ready = new LinkedHashMap<>();
        boolean hasWriterId = false;
        long writerId = WriterIdentity.NONE;
        for (final BucketQueue queue : queues.get()) {
            if (queue.readyAtNs() <= nowNs) {
                if (!hasWriterId) {
                    try {
                        writerId = identity.obtain(queue.partition.table.path());
                    } catch (FlussException e) {
                        noWriterId(queue, e);
                        return Math.min(wakeAtNs, System.nanoTime() + PAUSE_NS);
                    }
                    hasWriterId = true;
                }
                final WriteBatch batch = queue.drain(nowNs, writerId);
                if (batch != null) {
                    if (batch.attempts == 1) {
                        accumulator.metrics().drained(nowNs - batch.lingerDeadlineNs + settings.lingerNs());
                    }
                    ready.computeIfAbsent(batch.format, format -> new ArrayList<>())
                            .add(batch);
                }
            }
            wakeAtNs = Math.min(wakeAtNs, queue.readyAtNs());
        }
        for (final List<WriteBatch> batches : ready.values()) {
            wakeAtNs = Math.min(wakeAtNs, send(batches));
        }
        return wakeAtNs;
    }

    /** Whoever may not write to a table may not write to any bucket of it. */
    private void noWriterId(final BucketQueue asking, final FlussException cause) {
        for (final BucketQueue queue : queues.get()) {
            if (!cause.isRetriable()
                    && (cause instanceof AuthenticationException || queue.partition.table == asking.partition.table)) {
                queue.failAll(cause);
            }
            queue.expireOverdue();
        }
    }

    /** What waits for a server that lets nobody in would be refused by it in turn, batch by batch. */
    private void failAll(final AuthenticationException cause) {
        for (final BucketQueue queue : queues.get()) {
            queue.failAll(cause);
        }
    }

    private long timeOutRequests(final long nowNs) {
        long wakeAtNs = BucketQueue.NEVER;
        for (final Iterator<WriteRequest> it = inFlight.iterator(); it.hasNext(); ) {
            final WriteRequest request = it.next();
            if (request.isDone()) {
                it.remove();
            } else if (request.deadlineNs <= nowNs) {
                it.remove();
                request.timeOut();
            } else {
                wakeAtNs = Math.min(wakeAtNs, request.deadlineNs);
            }
        }
        return wakeAtNs;
    }

    /** Sends batches of one format, and so of one table, in as many requests as their size asks for. */
    private long send(final List<WriteBatch> batches) {
        long wakeAtNs = BucketQueue.NEVER;
        List<WriteBatch> request = new ArrayList<>();
        int length = 0;
        for (final WriteBatch batch : batches) {
            if (!prepare(batch)) {
                continue;
            }
            if (!request.isEmpty() && length + batch.length() > settings.requestLength()) {
                wakeAtNs = Math.min(wakeAtNs, sendRequest(request));
                request = new ArrayList<>();
                length = 0;
            }
            request.add(batch);
            length += batch.length();
        }
        return request.isEmpty() ? wakeAtNs : Math.min(wakeAtNs, sendRequest(request));
    }

    /** Brings a batch into its final form; false if that failed, and then the batch has ended. */
    private boolean prepare(final WriteBatch batch) {
        try {
            batch.prepare(batch.format.compressor(compressors));
            return true;
        } catch (RuntimeException | Error e) {
            // A codec that is missing or broken fails this batch, and not the thread that serves all others.
            batch.queue.sent(batch);
            batch.queue.fail(batch, new RpcException(batch + " could not be made ready to send: " + e, e), false);
            return false;
        }
    }

    private long sendRequest(final List<WriteBatch> prepared) {
        final ServerNode target = server;
        final long deadlineNs = System.nanoTime() + settings.requestTimeoutNs();
        final List<WriteBatch> batches = new ArrayList<>(prepared);
        final BatchFormat format = prepared.get(0).format;
        final TableQueues table = prepared.get(0).queue.partition.table;
        final WriteRequest request =
                new WriteRequest(accumulator, format.api(), table, batches, target.uid(), deadlineNs);
        FlussException failure = null;
        try {
            final Connection connection = rpc.connection(target, deadlineNs);
            // What has ended while it was prepared, or while the connection came about, was told to be unsent: so be
            // it.
            batches.removeIf(batch -> !batch.queue.beginWrite(batch));
            if (batches.isEmpty()) {
                return BucketQueue.NEVER;
            }
            accumulator.metrics().sending(batches);
            request.beginRecording();
            request.sentOn(connection, connection.send(format.api(), envelope.around(table, format, batches), request));
            inFlight.add(request);
        } catch (FlussException e) {
            failure = e;
        } catch (UnsupportedOperationException e) {
            failure = UnsupportedApi.failure(e);
        } catch (RuntimeException | Error e) {
            failure = new RpcException("cannot send to " + target.uid() + ": " + e, e);
        } finally {
            prepared.forEach(batch -> batch.queue.sent(batch));
        }
        if (failure != null) {
            request.onFailure(failure);
            if (failure instanceof AuthenticationException refused) {
                failAll(refused);
            }
            return BucketQueue.NEVER;
        }
        return deadlineNs;
    }
}
