package dev.millrace.scan;

import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.CorruptDataException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.metadata.ServerNode;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches from one server, on a virtual thread of its own, for the buckets that it leads.
 *
 * <p>A bucket is asked for while little of it waits to be read, so that the next data is on its way while the application
 * works on the last. A server holds a request back until it has data for one of its buckets. So that a bucket whose data
 * was just read need not wait for a request of silent buckets to return, several requests may be on their way, each for
 * other buckets. One of them listens to the silent buckets, another does so if there is nothing better to do, and the last
 * is only for buckets that had data the last time.
 *
 * <p>Responses are verified before the polling thread sees them, and while the next request is on its way. Nothing that
 * goes wrong ends the thread: a failure that may pass is tried again after a growing pause, any other is left at the
 * bucket for the polling thread to throw.
 */
final class LeaderFetcher {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderFetcher.class);
    private static final int MAX_CALLS = 3;
    private static final int MIN_ROOM = 64 * 1024;
    private static final long MIN_WAIT_MS = 10;
    /** More than a response takes for a bucket that has nothing. */
    private static final int EMPTY_BUCKET_LENGTH = 64;
    /** Which part of what may wait in a scanner a response may take for buckets that have nothing. */
    private static final int EMPTY_SHARE = 4;
    /** How much later than it was told to a server may answer, before it is asked whether it leads the buckets still. */
    private static final long OVERDUE_NS = TimeUnit.SECONDS.toNanos(1);
    /** Connecting takes no longer at first, so that a server that is gone does not hold up its buckets. */
    private static final long CONNECT_PATIENCE_NS = TimeUnit.SECONDS.toNanos(2);

    private final LogFetcher fetcher;
    private final ScanContext context;
    private final int serverId;
    private final Thread thread;
    private final FetchIntake intake;
    private final long maxWaitMs;
    // One more than may be on their way: the one whose response is being verified.
    private final FetchCall[] calls = new FetchCall[MAX_CALLS + 1];
    private final ByteBuffer[] body = new ByteBuffer[1];
    private final Runnable waker = this::wake;

    // Set by whoever wakes the thread, cleared by it before it looks around. A permit to park alone would not do: a
    // lock for which the thread has to wait takes it too.
    private volatile boolean isCalled;

    // written under the lock of the fetcher
    private final FetchQueue queue = new FetchQueue();
    private boolean lacksMemory;
    private int callsInFlight;
    /** How many of those listen to silent buckets. */
    private int listening;

    /** Until when buckets pause, at the earliest. */
    private long nextRetryNs;

    private long connectPatienceNs = CONNECT_PATIENCE_NS;

    /** A response of this length found no memory; 0 otherwise. */
    private int refusedLength;
    /** How often memory had come free when that happened. */
    private long refusedAfterReleases;

    LeaderFetcher(final LogFetcher fetcher, final int serverId) {
        this.fetcher = fetcher;
        this.context = fetcher.context();
        this.serverId = serverId;
        this.intake = new FetchIntake(context, serverId);
        this.maxWaitMs = context.config().scannerLogFetchWaitMaxTime().toMillis();
        this.thread = Thread.ofVirtual()
                .name("millrace-fetcher " + context.table().tablePath() + " ts-" + serverId)
                .unstarted(this::run);
        for (int i = 0; i < calls.length; i++) {
            calls[i] = new FetchCall(context, serverId, waker);
        }
    }

    Thread thread() {
        return thread;
    }

    int serverId() {
        return serverId;
    }

    /** There may be something to do. For any thread. */
    void wake() {
        isCalled = true;
        LockSupport.unpark(thread);
    }

    /** Asks for a bucket soon, if more of it is wanted now; for holders of the lock. */
    void offer(final Subscription subscription) {
        if (isWanted(subscription) && queue.add(subscription, System.nanoTime())) {
            wake();
        }
    }

    private boolean isWanted(final Subscription subscription) {
        if (subscription.leader != this
                || subscription.inFlight
                || isArrivingElsewhere(subscription)
                || subscription.ended
                || subscription.remote != null
                || subscription.failure != null) {
            return false;
        }
        return (subscription.fetched.isEmpty() && subscription.arrivingAt == null)
                || subscription.bufferedBytes < context.config().scannerLogFetchMaxBytesForBucket();
    }

    /** Whether the former leader's response is not published yet, which comes before what this one has. */
    private boolean isArrivingElsewhere(final Subscription subscription) {
        return subscription.arrivingAt != null && subscription.arrivingAt != this;
    }

    /** Asks for a bucket no more; for holders of the lock. */
    void forget(final Subscription subscription) {
        queue.remove(subscription);
        if (subscription.inFlight) {
            wake();
        }
    }

    /** Whether this thread waits for memory; for holders of the lock. */
    boolean lacksMemory() {
        return lacksMemory;
    }

    private void run() {
        try (FetchRequest request = new FetchRequest(context)) {
            while (!fetcher.isClosed()) {
                isCalled = false;
                if (!step(request)) {
                    sleep();
                }
            }
        } catch (RuntimeException | Error e) {
            fetcher.crashed(new IllegalStateException("fetching from tablet server " + serverId + " failed", e));
        } finally {
            for (final FetchCall call : calls) {
                call.end();
            }
            context.memory().unwatch(waker);
        }
    }

    /** Takes in what has arrived and asks for more; false if there was nothing to do. */
    private boolean step(final FetchRequest request) {
        boolean didSomething = false;
        for (final FetchCall call : calls) {
            if (call.inFlight) {
                didSomething |= attend(call, request);
            }
        }
        return ask(request) || didSomething;
    }

    private boolean attend(final FetchCall call, final FetchRequest request) {
        final long nowNs = System.nanoTime();
        if (call.isDone()) {
            finish(call, request);
        } else if (nowNs - call.deadlineNs >= 0) {
            fail(
                    call,
                    new RpcException("FETCH_LOG by tablet server " + serverId + " was not answered within "
                            + context.config().requestTimeout()));
        } else if (isObsolete(call)) {
            withdraw(call);
        } else if (nowNs - call.overdueNs >= 0) {
            // A server that stands still cannot say that others lead its buckets by now.
            call.overdueNs = nowNs + OVERDUE_NS;
            fetcher.doubt(call.planned);
        } else {
            return false;
        }
        return true;
    }

    /** Sleeps until something arrives, is wanted or is due. */
    private void sleep() {
        final boolean watches = lacksMemory;
        if (watches) {
            // Watch first, then look again: memory that came free in between is not missed.
            context.memory().watch(waker);
        }
        try {
            if (watches && looksAgain()) {
                return;
            }
            long untilNs = nextRetryNs;
            for (final FetchCall call : calls) {
                if (call.inFlight) {
                    untilNs = Math.min(untilNs, Math.min(call.overdueNs, call.deadlineNs));
                }
            }
            if (isCalled) {
                return;
            }
            if (untilNs == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(1, untilNs - System.nanoTime()));
            }
        } finally {
            if (watches) {
                context.memory().unwatch(waker);
            }
        }
    }

    private boolean looksAgain() {
        fetcher.lock().lock();
        try {
            return hasRoom();
        } finally {
            fetcher.lock().unlock();
        }
    }

    // ---- asking --------------------------------------------------------------------------------------------------

    /** Sends a request for all buckets that want one; false if there are none. */
    private boolean ask(final FetchRequest request) {
        if (callsInFlight == MAX_CALLS) {
            return false;
        }
        for (final FetchCall call : calls) {
            if (!call.inFlight && !call.isHeld()) {
                final long nowNs = System.nanoTime();
                if (!plan(call, nowNs)) {
                    return false;
                }
                send(call, request, nowNs);
                return true;
            }
        }
        return false;
    }

    private boolean plan(final FetchCall call, final long nowNs) {
        call.planned.clear();
        fetcher.lock().lock();
        try {
            lacksMemory = false;
            nextRetryNs = queue.endPauses(nowNs);
            final boolean listens = queue.hasSilent() && (listening == 0 || !queue.hasBusy());
            if (listens ? listening > 0 && callsInFlight == MAX_CALLS - 1 : !queue.hasBusy()) {
                return false;
            }
            if (!hasRoom()) {
                lacksMemory = true;
                fetcher.signalLack();
                return false;
            }
            begin(call, listens, nowNs);
            return true;
        } finally {
            fetcher.lock().unlock();
        }
    }

    /** Whether a response may be asked for now; called under the lock. */
    private boolean hasRoom() {
        final long free = context.memory().freeBytes();
        if (free == context.memory().budgetBytes()) {
            return true;
        }
        if (refusedLength > 0 && (free < refusedLength || context.memory().releases() == refusedAfterReleases)) {
            return false;
        }
        final long least = Math.min(MIN_ROOM, context.memory().waitingBytes() / 2);
        return fetcher.isEmpty() ? free >= least : fetcher.room() >= least;
    }

    private void begin(final FetchCall call, final boolean listens, final long nowNs) {
        final long waiting = context.memory().waitingBytes();
        final long most = Math.max(1, waiting / EMPTY_SHARE / EMPTY_BUCKET_LENGTH);
        queue.poll(listens, (int) Math.min(most, Integer.MAX_VALUE), call.planned);
        int largestCut = 0;
        for (int i = 0; i < call.planned.size(); i++) {
            final Subscription subscription = call.planned.get(i);
            subscription.inFlight = true;
            largestCut = Math.max(largestCut, subscription.cutBatchLength);
        }
        final long wanted = Math.min(
                context.config().scannerLogFetchMaxBytes(),
                (long) call.planned.size() * context.config().scannerLogFetchMaxBytesForBucket());
        final long room = fetcher.isEmpty() ? waiting : fetcher.room();
        // What listens keeps its part for long, and must leave another to the buckets that are busy.
        final long limit = listens ? fetcher.requestLimit() / 2 : fetcher.requestLimit();
        final long asked = Math.min(wanted, Math.min(room, limit));
        call.maxBytes = (int) Math.max(1, Math.max(asked, largestCut));
        call.isListening = listens;
        call.maxWaitMs = waitMs(call, nowNs);
        call.begin();
        fetcher.addRequested(call.maxBytes);
        callsInFlight++;
        listening += listens ? 1 : 0;
    }

    private void send(final FetchCall call, final FetchRequest request, final long nowNs) {
        call.deadlineNs = nowNs
                + context.config().requestTimeout().toNanos()
                + context.config().scannerLogFetchWaitMaxTime().toNanos();
        try {
            final ServerNode node = context.cluster().snapshot().tabletServers().get(serverId);
            if (node == null) {
                throw new FlussApiException(
                        FlussError.LEADER_NOT_AVAILABLE_EXCEPTION, "tablet server " + serverId + " is not known");
            }
            final Connection connection = connect(node, call.deadlineNs);
            call.overdueNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(call.maxWaitMs) + OVERDUE_NS;
            body[0] = request.write(call.planned, call.maxBytes, call.maxWaitMs);
            call.sending();
            call.sent(connection, connection.send(Api.FETCH_LOG, body, call));
        } catch (FlussException | IllegalStateException | UnsupportedOperationException cause) {
            fail(call, cause);
        }
    }

    /** Gives up sooner than at the deadline at first: meanwhile others may have become the leaders of the buckets. */
    private Connection connect(final ServerNode node, final long deadlineNs) {
        final long patienceNs = connectPatienceNs;
        connectPatienceNs =
                Math.min(2 * patienceNs, context.config().requestTimeout().toNanos());
        final Connection connection =
                context.rpc().connection(node, Math.min(deadlineNs, System.nanoTime() + patienceNs));
        connectPatienceNs = CONNECT_PATIENCE_NS;
        return connection;
    }

    /**
     * How long the server may hold the request back. It answers at once when data comes, but only if the bucket has
     * followers: without them, 0.9.1 leaves new data alone until the time is over. So the wait is short after data came
     * and grows with the silence, up to what is configured. And it is short while other silent buckets wait for their turn.
     */
    private int waitMs(final FetchCall call, final long nowNs) {
        if (context.config().scannerLogFetchMinBytes() > 1) {
            return (int) maxWaitMs;
        }
        if (call.isListening && queue.hasSilent()) {
            return (int) Math.min(maxWaitMs, MIN_WAIT_MS);
        }
        long silentNs = Long.MAX_VALUE;
        for (int i = 0; i < call.planned.size(); i++) {
            silentNs = Math.min(silentNs, nowNs - call.planned.get(i).lastDataNs);
        }
        return (int) Math.min(maxWaitMs, Math.max(MIN_WAIT_MS, TimeUnit.NANOSECONDS.toMillis(silentNs) / 2));
    }

    // ---- taking in -----------------------------------------------------------------------------------------------

    private void finish(final FetchCall call, final FetchRequest request) {
        final FlussException failure = call.failure();
        if (failure instanceof BufferExhaustedException) {
            refused(call);
        } else if (failure != null) {
            fail(call, failure);
        } else {
            receive(call, request);
        }
    }

    private void receive(final FetchCall call, final FetchRequest request) {
        final SharedBlock block = call.hold();
        try {
            intake.read(call.planned, block, call.length());
        } catch (CorruptDataException e) {
            fail(
                    call,
                    new CorruptDataException(
                            "table " + context.table().tablePath() + ", FETCH_LOG by tablet server " + serverId + ": "
                                    + e.getMessage(),
                            e));
            return;
        }
        arrive(call);
        // The next data may be on its way while this is verified.
        ask(request);
        publish(call, block);
        call.release();
    }

    /** Moves the subscriptions on by what arrived, so that more can be asked for. */
    private void arrive(final FetchCall call) {
        refusedLength = 0;
        boolean anyMoved = false;
        final long nowNs = System.nanoTime();
        fetcher.lock().lock();
        try {
            withdrawLocked(call);
            for (int i = 0; i < call.planned.size(); i++) {
                final Subscription subscription = call.planned.get(i);
                if (subscription.ended || subscription.failure != null) {
                    subscription.forgetArrival();
                } else {
                    arrive(subscription, nowNs);
                    anyMoved |= subscription.hasMoved;
                    if (!subscription.hasFailed()) {
                        // Another may lead it by now.
                        fetcher.offer(subscription);
                    }
                }
            }
            // The others may be asked for elsewhere from now on, and are no longer this thread's.
            call.planned.removeIf(subscription -> subscription.arrivingAt != this);
        } finally {
            fetcher.lock().unlock();
        }
        if (anyMoved) {
            relocate();
        }
    }

    private void arrive(final Subscription subscription, final long nowNs) {
        subscription.isBusy = subscription.arrivedLength > 0;
        subscription.arrivingAt = subscription.isBusy || subscription.hasFailed() ? this : null;
        subscription.cutBatchLength = subscription.arrivedCutLength;
        // Whether remote files can be read must be seen first.
        if (subscription.arrivedFailure == null && subscription.arrivedRemote == null) {
            if (subscription.succeeded()) {
                LOG.info("Fetching goes on: {}", context.describe(subscription.bucket));
            }
        }
        if (subscription.isBusy) {
            subscription.lastDataNs = nowNs;
            subscription.fetchOffset = subscription.arrivedNextOffset;
            fetcher.addBuffered(subscription, subscription.arrivedLength);
        }
        final RemoteLog remote = subscription.arrivedRemote;
        if (remote != null) {
            fetcher.readRemote(subscription, remote);
        }
        final RuntimeException failure = subscription.arrivedFailure;
        if (failure == null) {
            return;
        }
        if (subscription.hasMoved) {
            LOG.debug("Looking for another leader: {}", failure.getMessage());
            fetcher.leaderLost(subscription, failure);
        } else if (subscription.isOutOfRange) {
            LOG.debug("Looking for the range: {}", failure.getMessage());
            fetcher.askRange(subscription);
        } else if (subscription.mayRetry) {
            if (subscription.isFirstTrouble()) {
                LOG.warn("Fetching again until it succeeds: {}", failure.getMessage());
            } else {
                LOG.debug("Fetching again: {}", failure.getMessage());
            }
            fetcher.retryLater(subscription, failure);
        }
    }

    private void publish(final FetchCall call, final SharedBlock block) {
        for (int i = 0; i < call.planned.size(); i++) {
            final Subscription subscription = call.planned.get(i);
            subscription.arrivedUnverified = subscription.arrivedLength;
            if (subscription.arrivedLength > 0 && context.checksCrc(subscription.arrivedProjected)) {
                intake.verify(subscription, block);
            }
        }
        fetcher.lock().lock();
        try {
            for (int i = 0; i < call.planned.size(); i++) {
                final Subscription subscription = call.planned.get(i);
                subscription.arrivingAt = null;
                if (!subscription.ended && subscription.failure == null) {
                    publish(subscription, block);
                    fetcher.offer(subscription);
                }
            }
        } finally {
            fetcher.lock().unlock();
        }
    }

    private void publish(final Subscription subscription, final SharedBlock block) {
        final int length = subscription.arrivedLength;
        fetcher.addBuffered(subscription, length - subscription.arrivedUnverified);
        if (length > 0) {
            fetcher.publish(
                    subscription,
                    new FetchedLog(block.retain(), subscription.arrivedOffset, length, subscription.arrivedProjected));
        }
        final RuntimeException failure = subscription.arrivedFailure;
        if (failure != null && subscription.hasFailed()) {
            fetcher.publishFailure(subscription, failure);
        }
    }

    /** There was no memory for the response: there will be some, unless it is larger than all of it. */
    private void refused(final FetchCall call) {
        refusedLength = call.length();
        refusedAfterReleases = call.refusedAfterReleases();
        fetcher.lock().lock();
        try {
            withdrawLocked(call);
            if (refusedLength > context.memory().budgetBytes()) {
                for (final Subscription subscription : call.planned) {
                    fetcher.publishFailure(subscription, tooLarge(subscription));
                }
                refusedLength = 0;
            }
            call.planned.forEach(fetcher::offer);
        } finally {
            fetcher.lock().unlock();
        }
        call.release();
    }

    private BufferExhaustedException tooLarge(final Subscription subscription) {
        return new BufferExhaustedException(context.describe(subscription.bucket, subscription.fetchOffset)
                + ": a response of " + refusedLength + " bytes is larger than all memory for reading ("
                + context.memory().budgetBytes() + " bytes, scannerBufferMemorySize)");
    }

    /** The request failed as a whole. */
    private void fail(final FetchCall call, final RuntimeException cause) {
        final boolean isLasting = isLasting(cause);
        fetcher.lock().lock();
        try {
            withdrawLocked(call);
            for (final Subscription subscription : call.planned) {
                if (isLasting) {
                    fetcher.publishFailure(subscription, about(subscription, cause));
                } else {
                    fetcher.leaderLost(subscription, cause);
                }
            }
        } finally {
            fetcher.lock().unlock();
        }
        call.abandon();
        if (!isLasting) {
            LOG.debug("Fetching again from tablet server {}", serverId, cause);
            relocate();
        }
    }

    private RuntimeException about(final Subscription subscription, final RuntimeException cause) {
        return cause instanceof final FlussException failure
                ? UnsupportedApi.thrown(failure.again(
                        context.describe(subscription.bucket, subscription.fetchOffset) + ": " + failure.getMessage()))
                : cause;
    }

    private static boolean isLasting(final RuntimeException cause) {
        if (cause instanceof final FlussApiException refused) {
            return !refused.isRetriable()
                    && !refused.error().isInvalidMetadata()
                    && refused.code() != FlussError.UNKNOWN_SERVER_ERROR.code();
        }
        return !(cause instanceof final FlussException passing && passing.isRetriable());
    }

    /**
     * Whether nobody wants the response any more, or not from this server; then the request should not keep others
     * waiting.
     */
    private boolean isObsolete(final FetchCall call) {
        fetcher.lock().lock();
        try {
            boolean isWanted = false;
            for (int i = 0; i < call.planned.size(); i++) {
                final Subscription subscription = call.planned.get(i);
                if (!subscription.ended && subscription.leader != this) {
                    return true;
                }
                isWanted |= !subscription.ended;
            }
            return !isWanted;
        } finally {
            fetcher.lock().unlock();
        }
    }

    private void withdraw(final FetchCall call) {
        call.abandon();
        fetcher.lock().lock();
        try {
            withdrawLocked(call);
            call.planned.forEach(fetcher::offer);
        } finally {
            fetcher.lock().unlock();
        }
    }

    /** The request is no longer on its way. */
    private void withdrawLocked(final FetchCall call) {
        for (int i = 0; i < call.planned.size(); i++) {
            call.planned.get(i).inFlight = false;
        }
        fetcher.addRequested(-call.maxBytes);
        callsInFlight--;
        listening -= call.isListening ? 1 : 0;
    }

    private void relocate() {
        context.cluster().invalidate(context.table().tablePath());
        fetcher.wakeRouter();
    }
}
