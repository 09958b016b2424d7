package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RemoteStorageException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.metadata.ServerNode;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches from one server, on a virtual thread of its own, for the buckets that it leads.
 *
 * <p>A bucket is asked for while little of it waits to be read, so that the next data is on its way while the application
 * works on the last. A server holds a request back until it has data for one of its buckets. So that a bucket whose data
 * was just read need not wait for a request of silent buckets to return, several requests may be on their way, each for
 * other buckets: the last of them only for buckets that had data the last time.
 *
 * <p>Responses are checked here, batch by batch, before the polling thread sees them. Nothing that goes wrong ends the
 * thread: a failure that may pass is tried again after a growing pause, any other is left at the bucket for the polling
 * thread to throw.
 */
final class LeaderFetcher {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderFetcher.class);
    private static final int MAX_CALLS = 3;
    private static final int MIN_ROOM = 64 * 1024;

    private final LogFetcher fetcher;
    private final ScanContext context;
    private final int serverId;
    private final Thread thread;
    private final FetchCall[] calls = new FetchCall[MAX_CALLS];
    private final FetchResponse response = new FetchResponse(OffHeap.flyweight());
    private final LogBatchReader batches = new LogBatchReader();
    private final ByteBuffer[] body = new ByteBuffer[1];

    // written under the lock of the fetcher
    private boolean lacksMemory;

    private int callsInFlight;
    /** Until when buckets pause, at the earliest. */
    private long nextRetryNs;

    /** A response of this length found no memory; 0 otherwise. */
    private int refusedLength;
    /** How often memory had come free when that happened. */
    private long refusedAfterReleases;

    LeaderFetcher(final LogFetcher fetcher, final int serverId) {
        this.fetcher = fetcher;
        this.context = fetcher.context();
        this.serverId = serverId;
        this.thread = Thread.ofVirtual()
                .name("millrace-fetcher " + context.table().tablePath() + " ts-" + serverId)
                .unstarted(this::run);
        for (int i = 0; i < calls.length; i++) {
            calls[i] = new FetchCall(context.memory(), thread);
        }
    }

    Thread thread() {
        return thread;
    }

    /** Whether this thread waits for memory; for holders of the lock. */
    boolean lacksMemory() {
        return lacksMemory;
    }

    private void run() {
        try (FetchRequest request = new FetchRequest(context)) {
            while (!fetcher.isClosed()) {
                if (!step(request)) {
                    sleep();
                }
            }
        } catch (RuntimeException | Error e) {
            fetcher.crashed(new IllegalStateException("fetching from tablet server " + serverId + " failed", e));
        } finally {
            for (final FetchCall call : calls) {
                if (call.inFlight) {
                    call.abandon();
                }
            }
            context.memory().unwatch(thread);
        }
    }

    /** Takes in what has arrived and asks for more; false if there was nothing to do. */
    private boolean step(final FetchRequest request) {
        boolean didSomething = false;
        final long nowNs = System.nanoTime();
        for (final FetchCall call : calls) {
            if (call.inFlight && (call.isDone() || nowNs - call.deadlineNs >= 0)) {
                finish(call);
                didSomething = true;
            }
        }
        final FetchCall free = freeCall();
        if (free != null && plan(free, nowNs)) {
            send(free, request);
            didSomething = true;
        }
        return didSomething;
    }

    private @Nullable FetchCall freeCall() {
        for (final FetchCall call : calls) {
            if (!call.inFlight) {
                return call;
            }
        }
        return null;
    }

    /** Sleeps until something arrives, is wanted or is due. */
    private void sleep() {
        if (lacksMemory) {
            // Watch first, then look again: memory that came free in between is not missed.
            context.memory().watch(thread);
            final boolean stillLacks;
            fetcher.lock().lock();
            try {
                stillLacks = !hasRoom();
            } finally {
                fetcher.lock().unlock();
            }
            if (!stillLacks) {
                context.memory().unwatch(thread);
                return;
            }
        }
        long untilNs = nextRetryNs;
        for (final FetchCall call : calls) {
            if (call.inFlight) {
                untilNs = Math.min(untilNs, call.deadlineNs);
            }
        }
        if (!fetcher.isClosed()) {
            if (untilNs == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(1, untilNs - System.nanoTime()));
            }
        }
        if (lacksMemory) {
            context.memory().unwatch(thread);
        }
    }

    // ---- asking --------------------------------------------------------------------------------------------------

    private boolean plan(final FetchCall call, final long nowNs) {
        call.planned.clear();
        fetcher.lock().lock();
        try {
            lacksMemory = false;
            nextRetryNs = Long.MAX_VALUE;
            boolean anyBusy = false;
            int largestCut = 0;
            final List<Subscription> subscriptions = fetcher.subscriptions();
            for (int i = 0; i < subscriptions.size(); i++) {
                final Subscription subscription = subscriptions.get(i);
                if (isWanted(subscription, nowNs)) {
                    call.planned.add(subscription);
                    anyBusy |= subscription.isBusy;
                    largestCut = Math.max(largestCut, subscription.cutBatchLength);
                }
            }
            if (call.planned.isEmpty() || (callsInFlight == MAX_CALLS - 1 && !anyBusy)) {
                return false;
            }
            if (!hasRoom()) {
                lacksMemory = true;
                fetcher.signalLack();
                return false;
            }
            begin(call, largestCut);
            return true;
        } finally {
            fetcher.lock().unlock();
        }
    }

    private boolean isWanted(final Subscription subscription, final long nowNs) {
        if (subscription.leaderId != serverId || subscription.inFlight || subscription.failure != null) {
            return false;
        }
        if (subscription.retryAtNs - nowNs > 0) {
            nextRetryNs = Math.min(nextRetryNs, subscription.retryAtNs);
            return false;
        }
        return subscription.fetched.isEmpty()
                || subscription.bufferedBytes < context.config().scannerLogFetchMaxBytesForBucket();
    }

    /** Whether a response may be asked for now; called under the lock. */
    private boolean hasRoom() {
        final long free = context.memory().freeBytes();
        final long budget = context.memory().budgetBytes();
        if (free == budget) {
            return true;
        }
        if (refusedLength > 0 && (free < refusedLength || context.memory().releases() == refusedAfterReleases)) {
            return false;
        }
        final long least = Math.min(MIN_ROOM, context.memory().waitingBytes() / 2);
        return fetcher.isEmpty() ? free >= least : fetcher.room() >= least;
    }

    private void begin(final FetchCall call, final int largestCut) {
        final long wanted = Math.min(
                context.config().scannerLogFetchMaxBytes(),
                (long) call.planned.size() * context.config().scannerLogFetchMaxBytesForBucket());
        final long room = fetcher.isEmpty() ? context.memory().waitingBytes() : fetcher.room();
        final long asked = Math.min(wanted, Math.min(room, fetcher.requestLimit()));
        call.maxBytes = (int) Math.max(1, Math.max(asked, largestCut));
        call.begin();
        fetcher.addRequested(call.maxBytes);
        callsInFlight++;
        for (int i = 0; i < call.planned.size(); i++) {
            call.planned.get(i).inFlight = true;
        }
    }

    private void send(final FetchCall call, final FetchRequest request) {
        final long nowNs = System.nanoTime();
        call.deadlineNs = nowNs
                + context.config().requestTimeout().toNanos()
                + context.config().scannerLogFetchWaitMaxTime().toNanos();
        try {
            final ServerNode node = context.cluster().snapshot().tabletServers().get(serverId);
            if (node == null) {
                throw new FlussApiException(
                        FlussError.LEADER_NOT_AVAILABLE_EXCEPTION, "tablet server " + serverId + " is not known");
            }
            final Connection connection = context.rpc().connection(node, call.deadlineNs);
            body[0] = request.write(call.planned, call.maxBytes);
            call.sent(connection, connection.send(Api.FETCH_LOG, body, call));
        } catch (FlussException cause) {
            end(call, cause);
        } catch (IllegalStateException closed) {
            end(call, closed);
        }
    }

    // ---- taking in -----------------------------------------------------------------------------------------------

    private void finish(final FetchCall call) {
        if (!call.isDone()) {
            call.abandon();
            end(
                    call,
                    new RpcException("FETCH_LOG by tablet server " + serverId + " was not answered within "
                            + context.config().requestTimeout()));
            return;
        }
        final FlussException failure = call.failure();
        if (failure instanceof BufferExhaustedException) {
            refused(call);
        } else if (failure != null) {
            end(call, failure);
        } else {
            receive(call);
        }
    }

    private void receive(final FetchCall call) {
        final SharedBlock block = call.takeBlock();
        if (block == null) {
            throw new IllegalStateException("a response without its memory");
        }
        refusedLength = 0;
        FlussException damage = null;
        try {
            read(call, block);
        } catch (CorruptDataException e) {
            damage = e;
        }
        if (damage == null) {
            publish(call, block);
        } else {
            end(call, damage);
        }
        block.release();
    }

    /** Checks what arrived for each bucket; nothing of it is visible to others yet. */
    private void read(final FetchCall call, final SharedBlock block) {
        for (int i = 0; i < call.planned.size(); i++) {
            call.planned.get(i).forgetArrival();
        }
        response.wrap(block.buffer(), call.length());
        int expected = 0;
        while (response.nextBucket()) {
            final int found = find(call.planned, expected);
            if (found >= 0) {
                expected = found + 1;
                readBucket(call.planned.get(found), block);
            }
        }
    }

    /** Buckets mostly come in the order they came the last time, so the search goes on from the one before. */
    private int find(final List<Subscription> planned, final int from) {
        final int count = planned.size();
        for (int i = 0; i < count; i++) {
            final int at = (from + i) % count;
            final Subscription subscription = planned.get(at);
            if (response.isOf(subscription.bucket.partitionId(), subscription.bucket.bucketId())) {
                return at;
            }
        }
        return -1;
    }

    private void readBucket(final Subscription subscription, final SharedBlock block) {
        final String remote = response.remoteDirectory();
        if (response.errorCode() != 0) {
            readError(subscription);
        } else if (remote != null) {
            subscription.arrivedFailure = new RemoteStorageException(
                    context.describe(subscription.bucket, subscription.fetchOffset)
                            + ": this part of the log has moved to remote storage (" + remote
                            + "), which this version does not read");
        } else {
            readBatches(subscription, block);
        }
    }

    private void readError(final Subscription subscription) {
        final int code = response.errorCode();
        final FlussError error = FlussError.forCode(code);
        subscription.arrivedFailure = new FlussApiException(
                error,
                code,
                context.describe(subscription.bucket, subscription.fetchOffset) + ": " + response.errorMessage());
        subscription.hasMoved = error.isInvalidMetadata() || error == FlussError.FENCED_LEADER_EPOCH_EXCEPTION;
        subscription.mayRetry = subscription.hasMoved
                || code == FlussError.UNKNOWN_SERVER_ERROR.code()
                || (error.isRetriable()
                        && error != FlussError.CORRUPT_MESSAGE
                        && error != FlussError.CORRUPT_RECORD_EXCEPTION);
    }

    private void readBatches(final Subscription subscription, final SharedBlock block) {
        final int offset = response.recordsOffset();
        final int length = response.recordsLength();
        subscription.arrivedOffset = offset;
        batches.wrap(block.bytes(), offset, length);
        long next = subscription.fetchOffset;
        int end = offset;
        try {
            while (batches.next()) {
                if (context.checksCrc()) {
                    batches.checkCrc();
                }
                if (batches.nextOffset() <= next || (end > offset && batches.baseOffset() < next)) {
                    throw new CorruptDataException("damaged log: a batch of the offsets " + batches.baseOffset()
                            + " to " + (batches.nextOffset() - 1) + " where " + next + " is due");
                }
                next = batches.nextOffset();
                end = batches.position();
            }
            if (end == offset && length > 0) {
                subscription.arrivedCutLength = batches.announcedLength();
            }
        } catch (CorruptDataException e) {
            subscription.arrivedFailure =
                    new CorruptDataException(context.describe(subscription.bucket, next) + ": " + e.getMessage(), e);
        }
        batches.unwrap();
        subscription.arrivedLength = end - offset;
        subscription.arrivedNextOffset = next;
    }

    private void publish(final FetchCall call, final SharedBlock block) {
        boolean anyMoved = false;
        fetcher.lock().lock();
        try {
            for (int i = 0; i < call.planned.size(); i++) {
                final Subscription subscription = call.planned.get(i);
                if (!subscription.ended) {
                    publish(subscription, block);
                    anyMoved |= subscription.hasMoved;
                }
            }
            close(call);
        } finally {
            fetcher.lock().unlock();
        }
        call.release();
        if (anyMoved) {
            relocate();
        }
    }

    private void publish(final Subscription subscription, final SharedBlock block) {
        subscription.isBusy = subscription.arrivedLength > 0;
        subscription.cutBatchLength = subscription.arrivedCutLength;
        if (subscription.arrivedLength > 0) {
            subscription.succeeded();
            subscription.fetchOffset = subscription.arrivedNextOffset;
            fetcher.publish(
                    subscription,
                    new FetchedLog(block.retain(), subscription.arrivedOffset, subscription.arrivedLength));
        }
        final FlussException failure = subscription.arrivedFailure;
        if (failure == null) {
            return;
        }
        if (subscription.hasMoved) {
            fetcher.leaderLost(subscription);
        } else if (subscription.mayRetry) {
            LOG.warn("Fetching again: {}", failure.getMessage());
            subscription.backOff();
        } else {
            fetcher.publishFailure(subscription, failure);
        }
    }

    /** There was no memory for the response: there will be some, unless it is larger than all of it. */
    private void refused(final FetchCall call) {
        refusedLength = call.length();
        refusedAfterReleases = context.memory().releases();
        fetcher.lock().lock();
        try {
            if (refusedLength > context.memory().budgetBytes()) {
                for (final Subscription subscription : call.planned) {
                    fetcher.publishFailure(
                            subscription,
                            new BufferExhaustedException(
                                    context.describe(subscription.bucket, subscription.fetchOffset) + ": a response of "
                                            + refusedLength + " bytes is larger than all memory for reading ("
                                            + context.memory().budgetBytes() + " bytes, scannerBufferMemorySize)"));
                }
                refusedLength = 0;
            }
            close(call);
        } finally {
            fetcher.lock().unlock();
        }
        call.release();
    }

    /** The request failed as a whole. */
    private void end(final FetchCall call, final RuntimeException cause) {
        fetcher.lock().lock();
        try {
            for (final Subscription subscription : call.planned) {
                if (isLasting(cause)) {
                    fetcher.publishFailure(subscription, cause);
                } else {
                    fetcher.leaderLost(subscription);
                }
            }
            close(call);
        } finally {
            fetcher.lock().unlock();
        }
        call.release();
        if (!isLasting(cause)) {
            LOG.debug("Fetching again from tablet server {}", serverId, cause);
            relocate();
        }
    }

    private static boolean isLasting(final RuntimeException cause) {
        if (cause instanceof final FlussApiException refused) {
            return !refused.isRetriable()
                    && !refused.error().isInvalidMetadata()
                    && refused.code() != FlussError.UNKNOWN_SERVER_ERROR.code();
        }
        return !(cause instanceof final FlussException passing && passing.isRetriable());
    }

    private void close(final FetchCall call) {
        for (int i = 0; i < call.planned.size(); i++) {
            call.planned.get(i).inFlight = false;
        }
        fetcher.addRequested(-call.maxBytes);
        callsInFlight--;
    }

    private void relocate() {
        context.cluster().invalidate(context.table().tablePath());
        fetcher.wakeRouter();
    }
}
