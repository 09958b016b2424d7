package dev.millrace.scan;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.BucketLeaders;
import dev.millrace.internal.cluster.PartitionLocation;
import dev.millrace.internal.cluster.TableLocation;
import dev.millrace.metadata.TablePath;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out who leads the buckets of which it is not known or in doubt, on a virtual thread that sleeps without a timer
 * while there are none. All buckets that are due are looked for together, so that thousands of them cost one request.
 */
final class LeaderRouter {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderRouter.class);

    /** What is due so soon is looked for with what is due now: buckets that failed together pause for various times. */
    private static final long WINDOW_NS = TimeUnit.MILLISECONDS.toNanos(25);

    private final LogFetcher fetcher;
    private final ScanContext context;
    private final Thread thread;

    // Set by whoever wakes the thread, cleared by it before it looks around. A permit to park alone would not do: a
    // lock for which the thread has to wait takes it too.
    private volatile boolean isCalled;

    // guarded by the lock of the fetcher
    private final Set<Subscription> lost = new LinkedHashSet<>();
    /** Somebody is asked for them and does not answer: perhaps others lead them by now. */
    private final Set<Subscription> doubted = new LinkedHashSet<>();

    LeaderRouter(final LogFetcher fetcher) {
        this.fetcher = fetcher;
        this.context = fetcher.context();
        this.thread = Thread.ofVirtual()
                .name("millrace-router " + context.table().tablePath())
                .unstarted(this::run);
    }

    Thread thread() {
        return thread;
    }

    /** For any thread. */
    void wake() {
        isCalled = true;
        LockSupport.unpark(thread);
    }

    /** Looks for the leader of a bucket, once its pause is over; for holders of the lock, who then wake this thread. */
    void find(final Subscription subscription) {
        lost.add(subscription);
    }

    /** Looks whether a bucket has another leader by now; for holders of the lock, who then wake this thread. */
    void doubt(final Subscription subscription) {
        if (!subscription.ended) {
            doubted.add(subscription);
        }
    }

    /** The leader of a bucket matters no more; for holders of the lock. */
    void forget(final Subscription subscription) {
        lost.remove(subscription);
        doubted.remove(subscription);
    }

    private void run() {
        try {
            while (!fetcher.isClosed()) {
                isCalled = false;
                final long waitNs = nextRoundNs();
                if (waitNs == 0) {
                    route(due());
                } else {
                    sleep(waitNs);
                }
            }
        } catch (RuntimeException | Error e) {
            fetcher.crashed(new IllegalStateException(
                    "finding the leaders of " + context.table().tablePath() + " failed", e));
        }
    }

    private void sleep(final long waitNs) {
        // Whoever closes the scanner calls after that; so this thread sees the one or the other.
        if (isCalled || fetcher.isClosed()) {
            return;
        }
        if (waitNs == Long.MAX_VALUE) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, waitNs);
        }
    }

    /** How long until a bucket is due; 0 if one is. */
    private long nextRoundNs() {
        fetcher.lock().lock();
        try {
            long waitNs = doubted.isEmpty() ? Long.MAX_VALUE : 0;
            final long nowNs = System.nanoTime();
            for (final Subscription subscription : lost) {
                waitNs = Math.min(waitNs, Math.max(0, subscription.retryAtNs - nowNs));
            }
            return waitNs;
        } finally {
            fetcher.lock().unlock();
        }
    }

    private List<Subscription> due() {
        final List<Subscription> due = new ArrayList<>();
        fetcher.lock().lock();
        try {
            due.addAll(doubted);
            final long untilNs = System.nanoTime() + WINDOW_NS;
            for (final Subscription subscription : lost) {
                if (subscription.retryAtNs - untilNs <= 0) {
                    due.add(subscription);
                }
            }
        } finally {
            fetcher.lock().unlock();
        }
        return due;
    }

    private void route(final List<Subscription> due) {
        Whereabouts found = null;
        RuntimeException failure = null;
        try {
            found = locate(due);
        } catch (FlussException | IllegalStateException | UnsupportedOperationException e) {
            failure = e;
        }
        boolean isStale = false;
        fetcher.lock().lock();
        try {
            for (final Subscription subscription : due) {
                if (lost.contains(subscription)) {
                    isStale |= found == null ? !refuse(subscription, failure) : !assign(subscription, found);
                } else if (doubted.remove(subscription) && found != null) {
                    settle(subscription, found);
                }
            }
        } finally {
            fetcher.lock().unlock();
        }
        if (isStale) {
            context.cluster().invalidate(context.table().tablePath());
        }
    }

    /**
     * Where a table is, or its partitions.
     *
     * @param table null if the table is partitioned and has all the partitions.
     */
    private record Whereabouts(@Nullable TableLocation table, Map<Long, PartitionLocation> partitions) {
        @Nullable BucketLeaders of(final Subscription subscription) {
            final Long partitionId = subscription.bucket.partitionId();
            return partitionId == null ? table : partitions.get(partitionId);
        }

        boolean isOfAnotherTable(final Subscription subscription) {
            return table != null && table.tableId() != subscription.bucket.tableId();
        }
    }

    private Whereabouts locate(final List<Subscription> due) {
        final TablePath path = context.table().tablePath();
        final long deadlineNs =
                System.nanoTime() + context.config().requestTimeout().toNanos();
        if (!context.table().isPartitioned()) {
            return new Whereabouts(context.cluster().locate(path, deadlineNs), Map.of());
        }
        final Set<Long> partitionIds = new HashSet<>();
        for (final Subscription subscription : due) {
            partitionIds.add(subscription.bucket.partitionId());
        }
        final Map<Long, PartitionLocation> partitions = context.cluster().locate(path, partitionIds, deadlineNs);
        // Why one is missing: it was dropped, or the whole table was.
        final TableLocation table = partitions.size() == partitionIds.size()
                ? null
                : context.cluster().locate(path, deadlineNs);
        return new Whereabouts(table, partitions);
    }

    /** Returns false if the bucket has to be looked for again. */
    private boolean refuse(final Subscription subscription, final @Nullable RuntimeException failure) {
        if (failure != null && !(failure instanceof final FlussException passing && passing.isRetriable())) {
            fetcher.publishFailure(subscription, failure);
            return true;
        }
        LOG.debug("No leaders of {} yet", context.table().tablePath(), failure);
        subscription.awaitLeader();
        return false;
    }

    /** Returns false if the bucket has no leader now. */
    private boolean assign(final Subscription subscription, final Whereabouts found) {
        final BucketLeaders location = found.of(subscription);
        if (location == null || found.isOfAnotherTable(subscription)) {
            fetcher.publishFailure(subscription, dropped(subscription, found));
            return true;
        }
        final int leaderId = location.leader(subscription.bucket.bucketId());
        if (leaderId == BucketLeaders.NO_LEADER) {
            subscription.awaitLeader();
            return false;
        }
        lost.remove(subscription);
        fetcher.assign(subscription, leaderId);
        return true;
    }

    /** Moves a bucket whose leader is in doubt, if another one is known. */
    private void settle(final Subscription subscription, final Whereabouts found) {
        final BucketLeaders location = found.of(subscription);
        final LeaderFetcher asked = subscription.leader;
        if (location == null || asked == null || !subscription.inFlight || found.isOfAnotherTable(subscription)) {
            return;
        }
        final int leaderId = location.leader(subscription.bucket.bucketId());
        if (leaderId != BucketLeaders.NO_LEADER && leaderId != asked.serverId()) {
            fetcher.move(subscription, leaderId);
        }
    }

    private FlussApiException dropped(final Subscription subscription, final Whereabouts found) {
        if (found.table != null && found.isOfAnotherTable(subscription)) {
            return new FlussApiException(
                    FlussError.TABLE_NOT_EXIST,
                    "table " + context.table().tablePath() + " with id " + subscription.bucket.tableId()
                            + " was dropped; one with id " + found.table.tableId() + " has its name now");
        }
        return new FlussApiException(
                FlussError.PARTITION_NOT_EXISTS,
                context.describe(subscription.bucket) + ": there is no such partition, or no more;"
                        + " unsubscribe its buckets to read the others on");
    }
}
