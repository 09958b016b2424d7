package dev.millrace.scan;

import dev.millrace.metadata.TableBucket;
import java.util.ArrayDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One bucket that a scanner reads, from one offset on. Subscribing anew makes a new object, so that what still arrives
 * for the old one finds it ended and is dropped.
 *
 * <p>Who may touch what stands at the groups of fields; "the lock" is the one of {@link LogFetcher}.
 */
final class Subscription {
    private static final long FIRST_BACKOFF_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int MAX_DOUBLINGS = 5;
    private static final long NO_JUMP = -1;
    private static final long UNKNOWN = -1;
    /** A bucket whose leader is gone stands still, and the client should add little to the time that takes. */
    private static final int MAX_LEADER_DOUBLINGS = 3;

    final TableBucket bucket;

    // guarded by the lock
    final ArrayDeque<FetchedLog> fetched = new ArrayDeque<>();
    /** In {@code fetched} and in what the polling thread reads. */
    long bufferedBytes;

    /** Null while it is not known. */
    @Nullable LeaderFetcher leader;

    boolean inFlight;
    boolean ended;
    /** Whether the last fetch brought something, so that the next one probably will; a first one may, too. */
    boolean isBusy = true;
    /** Who still has to publish what arrived and counts in {@code bufferedBytes} already; null if nobody has. */
    @Nullable LeaderFetcher arrivingAt;

    /** Where to go on after all that was fetched, instead of where that ends. */
    private long jumpTarget = NO_JUMP;

    long lastDataNs = System.nanoTime();

    long retryAtNs = System.nanoTime();
    private int failures;
    /** Whether the log was told that something keeps it from being read. */
    private boolean isTroubled;

    /** How often, since the last success, servers did not have the offset; and since when. */
    private int refusals;

    private long refusedSinceNs;
    /** What comes after all that was fetched: no more, and why. */
    @Nullable RuntimeException failure;

    /** Where the log goes on, if that is in remote files; the leader is not asked until they are read. */
    @Nullable RemoteLog remote;

    private int remoteFailures;
    private long remoteFailingSinceNs;

    /** Where the application goes on, as of the last turn of the bucket. */
    long readOffset;

    // Written by the fetching thread under the lock, and read by it without, while the bucket is in flight.
    long fetchOffset;
    /** The length of a batch that was cut off because of the byte limit, or 0. */
    int cutBatchLength;
    /** Whether the batches that are due are older than a column of the projection: the server does not project those. */
    boolean needsWholeBatches;

    /** Where the log ended, as the last response said; {@link #UNKNOWN} before that. Written by the fetching thread. */
    volatile long highWatermark = UNKNOWN;

    // Of the fetching thread, from a response to its publication; another one asks for the bucket only after that.
    int arrivedOffset;
    int arrivedLength;
    int arrivedUnverified;
    long arrivedFrom;
    long arrivedNextOffset;
    int arrivedCutLength;
    boolean arrivedProjected;

    @Nullable RemoteLog arrivedRemote;

    @Nullable RuntimeException arrivedFailure;

    boolean mayRetry;
    boolean hasMoved;
    boolean isOutOfRange;

    // Of the thread that polls.
    long nextOffset;
    /** The first offset that is not wanted: there the subscription ends. */
    long stopOffset = Long.MAX_VALUE;

    @Nullable FetchedLog current;

    int position;

    @Nullable LogBatch batch;

    int row;
    /** Whether the position has changed without rows, and the application was not told yet. */
    boolean hasJumped;

    private long firstOffset;

    Subscription(final TableBucket bucket, final long offset) {
        this.bucket = bucket;
        this.firstOffset = offset;
        this.fetchOffset = offset;
        this.nextOffset = offset;
        this.readOffset = offset;
    }

    /** The offset that the application gets next; for the thread that polls. */
    long offset() {
        final LogBatch current = batch;
        return current == null ? nextOffset : current.baseOffset() + row;
    }

    /** How much of the log the application has not got yet; negative if that is not known. Under the lock. */
    long lag() {
        final long end = highWatermark;
        return end == UNKNOWN ? UNKNOWN : Math.max(0, end - Math.max(0, readOffset));
    }

    /** Whether nothing is wanted any more; for the thread that polls. */
    boolean isAtStop() {
        return Math.max(0, nextOffset) >= stopOffset;
    }

    /** How many rows of a batch lie before the stop. */
    int rowsBeforeStop(final LogBatch batch) {
        return (int) Math.min(batch.rowCount(), stopOffset - batch.baseOffset());
    }

    /** Waits before the next attempt, longer each time. */
    void backOff() {
        pause(MAX_DOUBLINGS);
    }

    /** Waits before it is asked anew who leads the bucket, longer each time but never long. */
    void awaitLeader() {
        pause(MAX_LEADER_DOUBLINGS);
    }

    private void pause(final int maxDoublings) {
        final long delayNs = FIRST_BACKOFF_NS << Math.min(failures, maxDoublings);
        failures++;
        // A quarter up or down, so that clients that failed together do not come back together.
        final long jitterNs = ThreadLocalRandom.current().nextLong(delayNs / 2) - delayNs / 4;
        retryAtNs = System.nanoTime() + delayNs + jitterNs;
    }

    /** Returns whether there was trouble before. */
    boolean succeeded() {
        final boolean wasTroubled = isTroubled;
        isTroubled = false;
        failures = 0;
        refusals = 0;
        return wasTroubled;
    }

    /** Returns whether there was no trouble before, since the last success. */
    boolean isFirstTrouble() {
        final boolean isFirst = !isTroubled;
        isTroubled = true;
        return isFirst;
    }

    /** A server does not have the offset; nothing is fetched until it is clear what that means. */
    void refused() {
        if (refusals++ == 0) {
            refusedSinceNs = System.nanoTime();
        }
    }

    int refusals() {
        return refusals;
    }

    long refusedSinceNs() {
        return refusedSinceNs;
    }

    /** Whether the log had the offset that is due: this scanner has read up to it. */
    boolean hasRead() {
        return fetchOffset != firstOffset;
    }

    void holdForJump(final long target) {
        jumpTarget = target;
    }

    boolean isToJump() {
        return jumpTarget != NO_JUMP;
    }

    /** Takes back the jump. */
    void stay() {
        jumpTarget = NO_JUMP;
    }

    /** By the thread that polls, under the lock. */
    void jump() {
        firstOffset = jumpTarget;
        nextOffset = jumpTarget;
        fetchOffset = jumpTarget;
        refusals = 0;
        stay();
        hasJumped = true;
    }

    void remoteFailed() {
        if (remoteFailures++ == 0) {
            remoteFailingSinceNs = System.nanoTime();
        }
    }

    /** Returns whether there was trouble before. */
    boolean remoteSucceeded() {
        remoteFailures = 0;
        return succeeded();
    }

    /** How many reads of remote files failed one after the other. */
    int remoteFailures() {
        return remoteFailures;
    }

    /** How long ago the first of them failed. */
    long remoteFailingNs() {
        return System.nanoTime() - remoteFailingSinceNs;
    }

    /** Whether what arrived is the end. */
    boolean hasFailed() {
        return arrivedFailure != null && !hasMoved && !mayRetry && !isOutOfRange;
    }

    void forgetArrival() {
        arrivedLength = 0;
        arrivedFrom = fetchOffset;
        arrivedCutLength = 0;
        arrivedNextOffset = fetchOffset;
        arrivedRemote = null;
        arrivedFailure = null;
        mayRetry = false;
        hasMoved = false;
        isOutOfRange = false;
    }
}
