package dev.millrace.scan;

import dev.millrace.error.FlussInterruptedException;
import dev.millrace.metadata.TableBucket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches for the subscriptions of one scanner, ahead of the thread that polls.
 *
 * <p>A {@link LeaderFetcher} for each server that leads a bucket, and a {@link LeaderRouter} for those buckets of which it
 * is not known who leads them. Their threads are virtual and sleep without a timer while there is nothing for them to do.
 * The thread that polls takes what arrived, in the order of each bucket's log, from one bucket with data after the other:
 * there may be thousands of subscriptions, so nothing that happens often looks at all of them.
 *
 * <p>One lock guards the subscriptions as seen from both sides; nobody waits for anything else while he holds it, and
 * memory is never released under it.
 */
final class LogFetcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LogFetcher.class);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final ScanContext context;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final LeaderRouter router;
    private final RemoteFetcher remoteFetcher;
    private final OffsetRanges ranges;

    // guarded by lock
    private final Set<Subscription> subscriptions = new LinkedHashSet<>();
    /** Those that have something for the polling thread, in the order in which it serves them. */
    private final Set<Subscription> turns = new LinkedHashSet<>();
    /** Those that go no further than what was fetched for them. */
    private final Set<Subscription> failed = new LinkedHashSet<>();

    private final Map<Integer, LeaderFetcher> leaders = new HashMap<>();
    private long bufferedBytes;
    private long requestedBytes;
    /** Whether there may be something to be read that the polling thread has not tried to read. */
    private boolean hasNews;

    private boolean isWoken;
    private boolean isRouting;
    /** Why one of the threads ended, without which nothing goes on. */
    private @Nullable IllegalStateException crash;

    /** Those that wait for the answers of servers, and may be interrupted. */
    private final Set<Thread> askers = new HashSet<>();

    // Written under lock, read by the fetching threads also without.
    private volatile boolean isClosed;
    // Written under lock; the polling thread looks at it before it takes the lock.
    private volatile boolean hasFailures;

    LogFetcher(final ScanContext context) {
        this.context = context;
        remoteFetcher = new RemoteFetcher(this, context);
        router = new LeaderRouter(this);
        ranges = new OffsetRanges(this);
    }

    ReentrantLock lock() {
        return lock;
    }

    /** Whether the scanner was closed. */
    boolean isClosed() {
        return isClosed;
    }

    // ---- for the polling thread ----------------------------------------------------------------------------------

    /** Starts to fetch for these buckets, from their new offsets; what was there before for them has ended. */
    void add(final Collection<Subscription> added) {
        lock.lock();
        try {
            subscriptions.addAll(added);
            added.forEach(router::find);
            if (!isRouting) {
                isRouting = true;
                router.thread().start();
            }
            final IllegalStateException cause = crash;
            if (cause != null) {
                added.forEach(subscription -> publishFailure(subscription, cause));
            }
        } finally {
            lock.unlock();
        }
        router.wake();
    }

    /** Ends a subscription; the caller releases what was fetched for it. */
    List<FetchedLog> end(final Subscription subscription) {
        lock.lock();
        try {
            subscription.ended = true;
            subscriptions.remove(subscription);
            turns.remove(subscription);
            failed.remove(subscription);
            forget(subscription);
            return dropFetched(subscription);
        } finally {
            lock.unlock();
        }
    }

    /** Gives up what was fetched for a subscription; the caller releases it. */
    List<FetchedLog> dropFetched(final Subscription subscription) {
        lock.lock();
        try {
            final List<FetchedLog> dropped = new ArrayList<>(subscription.fetched);
            if (subscription.remote != null) {
                dropped.addAll(subscription.remote.cutOff());
                subscription.remote = null;
            }
            subscription.stay();
            subscription.fetched.clear();
            addBuffered(subscription, -subscription.bufferedBytes);
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    /** How many buckets have something to be read; the caller tries them all, or finds enough in some of them. */
    int turns() {
        lock.lock();
        try {
            hasNews = false;
            return turns.size();
        } finally {
            lock.unlock();
        }
    }

    /** The bucket whose turn it is, or null if none has anything; the caller ends its turn. */
    @Nullable Subscription nextTurn() {
        lock.lock();
        try {
            final Iterator<Subscription> first = turns.iterator();
            if (!first.hasNext()) {
                return null;
            }
            final Subscription subscription = first.next();
            first.remove();
            return subscription;
        } finally {
            lock.unlock();
        }
    }

    /** The bucket is served again after the others, if there is something left. */
    void endTurn(final Subscription subscription) {
        lock.lock();
        try {
            subscription.readOffset = subscription.offset();
            if (subscription.current != null || !subscription.fetched.isEmpty() || subscription.isToJump()) {
                turns.add(subscription);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The next that was fetched for a bucket, or null. The caller becomes the holder of its block. After all that was
     * fetched, goes on elsewhere if that was found to be due.
     */
    @Nullable FetchedLog take(final Subscription subscription) {
        final FetchedLog taken;
        lock.lock();
        try {
            taken = subscription.fetched.poll();
            if (taken != null) {
                offer(subscription);
            } else if (subscription.isToJump()) {
                subscription.jump();
                router.find(subscription);
                router.wake();
            }
        } finally {
            lock.unlock();
        }
        return taken;
    }

    /** What was taken has been read to its end. */
    void finished(final Subscription subscription, final FetchedLog log) {
        lock.lock();
        try {
            if (!subscription.ended) {
                addBuffered(subscription, -log.length());
                offer(subscription);
            }
        } finally {
            lock.unlock();
        }
        log.block().release();
    }

    /** A bucket cannot be read on; the application must subscribe to it anew. */
    void fail(final Subscription subscription, final RuntimeException cause) {
        lock.lock();
        try {
            publishFailure(subscription, cause);
        } finally {
            lock.unlock();
        }
    }

    /** Why a bucket that has nothing left to read goes no further; null if all of them do. */
    @Nullable RuntimeException failure() {
        if (!hasFailures) {
            return null;
        }
        lock.lock();
        try {
            return reachedFailure();
        } finally {
            lock.unlock();
        }
    }

    private @Nullable RuntimeException reachedFailure() {
        for (final Subscription subscription : failed) {
            if (subscription.fetched.isEmpty() && subscription.current == null) {
                return subscription.failure;
            }
        }
        hasFailures = !failed.isEmpty();
        return null;
    }

    /**
     * Waits until something arrives or fails, or somebody wakes the thread; and not long while there is a lack of memory,
     * about which the caller may do something. For a caller who has tried all buckets that have something: what he could
     * not read of those does not end the wait.
     *
     * @param longestNs no longer than so.
     * @return true if the thread was woken by {@link #wakeUp}.
     */
    boolean await(final long longestNs) throws InterruptedException {
        lock.lock();
        try {
            long leftNs = longestNs;
            while (leftNs > 0 && !hasNews && !isWoken && (!hasFailures || reachedFailure() == null)) {
                if (lacksMemory()) {
                    leftNs = Math.min(leftNs, LogSource.STARVING_WAIT_NS);
                    arrived.awaitNanos(leftNs);
                    break;
                }
                leftNs = arrived.awaitNanos(leftNs);
            }
            final boolean woken = isWoken;
            isWoken = false;
            return woken;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a fetch waits for memory. */
    boolean lacksMemory() {
        lock.lock();
        try {
            for (final LeaderFetcher leader : leaders.values()) {
                if (leader.lacksMemory()) {
                    return true;
                }
            }
            return remoteFetcher.lacksMemory();
        } finally {
            lock.unlock();
        }
    }

    /** Adds how far each bucket is behind its log, or leaves what is further behind. For any thread. */
    void addLags(final Map<TableBucket, Long> lags) {
        lock.lock();
        try {
            for (final Subscription subscription : subscriptions) {
                final long lag = subscription.lag();
                if (lag >= 0) {
                    lags.merge(subscription.bucket, lag, Math::max);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends the present wait of the polling thread, or else its next one. For any thread. */
    void wakeUp() {
        lock.lock();
        try {
            isWoken = true;
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Ends all threads. What was fetched stays with the subscriptions, for {@link #end}. */
    @Override
    public void close() {
        final List<Thread> threads = new ArrayList<>();
        lock.lock();
        try {
            isClosed = true;
            if (isRouting) {
                threads.add(router.thread());
            }
            askers.forEach(Thread::interrupt);
            threads.addAll(askers);
            leaders.values().forEach(leader -> {
                leader.wake();
                threads.add(leader.thread());
            });
            final Thread reading = remoteFetcher.thread();
            if (reading != null) {
                remoteFetcher.wake();
                threads.add(reading);
            }
        } finally {
            lock.unlock();
        }
        router.wake();
        final long deadlineNs = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        boolean interrupted = false;
        for (final Thread thread : threads) {
            while (thread.isAlive() && System.nanoTime() - deadlineNs < 0) {
                try {
                    thread.join(Duration.ofNanos(Math.max(1, deadlineNs - System.nanoTime())));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (thread.isAlive()) {
                LOG.warn("{} did not end within {}", thread.getName(), CLOSE_TIMEOUT);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- for the fetching threads --------------------------------------------------------------------------------

    ScanContext context() {
        return context;
    }

    /** How much may be asked for now; for holders of the lock. */
    long room() {
        final long waiting = context.memory().waitingBytes() - bufferedBytes - requestedBytes;
        return Math.min(waiting, context.memory().freeBytes());
    }

    /** How much one request may ask for, so that there is room for one to each leader; for holders of the lock. */
    long requestLimit() {
        return context.memory().waitingBytes() / (2L * Math.max(1, leaders.size()));
    }

    /** A fetch waits for memory: the polling thread may help. For holders of the lock. */
    void signalLack() {
        arrived.signal();
    }

    /** Whether nothing of this scanner waits and nothing is on its way; for holders of the lock. */
    boolean isEmpty() {
        return bufferedBytes == 0 && requestedBytes == 0;
    }

    /** A request for so many bytes begins, or with a negative number ends; for holders of the lock. */
    void addRequested(final long bytes) {
        requestedBytes += bytes;
        if (bytes < 0) {
            wakeLacking();
        }
    }

    /** So many bytes more (or less) wait for the polling thread; for holders of the lock. */
    void addBuffered(final Subscription subscription, final long bytes) {
        subscription.bufferedBytes += bytes;
        bufferedBytes += bytes;
        if (bytes < 0) {
            wakeLacking();
        }
    }

    /** There is more room, although perhaps no memory has come free. */
    private void wakeLacking() {
        for (final LeaderFetcher leader : leaders.values()) {
            if (leader.lacksMemory()) {
                leader.wake();
            }
        }
        if (remoteFetcher.lacksMemory()) {
            remoteFetcher.wake();
        }
    }

    /** Hands over what arrived for a bucket, and was counted before; for holders of the lock. */
    void publish(final Subscription subscription, final FetchedLog log) {
        subscription.fetched.add(log);
        turns.add(subscription);
        publishNews();
    }

    /** Says that a bucket cannot be fetched on; for holders of the lock. */
    void publishFailure(final Subscription subscription, final RuntimeException cause) {
        if (subscription.ended) {
            return;
        }
        subscription.failure = cause;
        failed.add(subscription);
        hasFailures = true;
        forget(subscription);
        arrived.signal();
    }

    /** A thread ended because of an error in this library: nothing goes on ever, and the polling thread says so. */
    void crashed(final IllegalStateException cause) {
        lock.lock();
        try {
            crash = cause;
            subscriptions.forEach(subscription -> publishFailure(subscription, cause));
        } finally {
            lock.unlock();
        }
    }

    /** A bucket has another leader than was thought: asks for it anew after a while. For holders of the lock. */
    void leaderLost(final Subscription subscription, final @Nullable Throwable cause) {
        if (subscription.ended) {
            return;
        }
        noteRetry(subscription, cause);
        forget(subscription);
        subscription.leader = null;
        subscription.awaitLeader();
        router.find(subscription);
    }

    /** A bucket is fetched again after a pause, which is longer each time. For holders of the lock. */
    void retryLater(final Subscription subscription, final Throwable cause) {
        noteRetry(subscription, cause);
        subscription.backOff();
    }

    private void noteRetry(final Subscription subscription, final @Nullable Throwable cause) {
        context.metrics().retrying(context, subscription, cause);
    }

    /** A server does not answer for these buckets: asks who leads them, and leaves them to it if it is still the one. */
    void doubt(final List<Subscription> doubted) {
        lock.lock();
        try {
            doubted.forEach(router::doubt);
        } finally {
            lock.unlock();
        }
        context.cluster().invalidate(context.table().tablePath());
        wakeRouter();
    }

    /** Another server leads a bucket than the one that is being asked, which gives that up. For holders of the lock. */
    void move(final Subscription subscription, final int leaderId) {
        forget(subscription);
        assign(subscription, leaderId);
    }

    /** A bucket is led by this server, which is asked for it from now on. For holders of the lock. */
    void assign(final Subscription subscription, final int leaderId) {
        final LeaderFetcher leader = leaders.computeIfAbsent(leaderId, this::startLeader);
        subscription.leader = leader;
        leader.offer(subscription);
    }

    /** The log of a bucket goes on in remote files; for holders of the lock. */
    void readRemote(final Subscription subscription, final RemoteLog log) {
        subscription.remote = log;
        remoteFetcher.begin(subscription);
    }

    /** The leader of a bucket is asked again, for what comes from this offset on; for holders of the lock. */
    void remoteEnded(final Subscription subscription, final long nextOffset) {
        subscription.remote = null;
        subscription.fetchOffset = nextOffset;
        offer(subscription);
    }

    /**
     * Runs, on a virtual thread of its own, what asks servers and waits for their answers; it is interrupted when the
     * scanner is closed, and not begun after that. For holders of the lock.
     */
    void startAsking(final String what, final Runnable task) {
        if (isClosed) {
            return;
        }
        final Thread asker = Thread.ofVirtual()
                .name("millrace-" + what + " " + context.table().tablePath())
                .unstarted(() -> runAsking(task));
        askers.add(asker);
        asker.start();
    }

    private void runAsking(final Runnable task) {
        try {
            task.run();
        } catch (FlussInterruptedException e) {
            LOG.debug("The scanner is closed", e);
        } catch (RuntimeException | Error e) {
            crashed(new IllegalStateException(Thread.currentThread().getName() + " failed", e));
        } finally {
            lock.lock();
            try {
                askers.remove(Thread.currentThread());
            } finally {
                lock.unlock();
            }
        }
    }

    /** There may be something to be read now; for holders of the lock. */
    void publishNews() {
        hasNews = true;
        arrived.signal();
    }

    /** A server does not have the offset that is due: finds out whether the log has it. For holders of the lock. */
    void askRange(final Subscription subscription) {
        forget(subscription);
        subscription.leader = null;
        ranges.ask(subscription);
    }

    /** A bucket goes on elsewhere, after all that was fetched. For holders of the lock. */
    void publishJump(final Subscription subscription, final long target) {
        subscription.holdForJump(target);
        turns.add(subscription);
        publishNews();
    }

    void wakeRouter() {
        router.wake();
    }

    /** More of a bucket may be wanted now; for holders of the lock. */
    void offer(final Subscription subscription) {
        final LeaderFetcher leader = subscription.leader;
        if (subscription.remote != null) {
            remoteFetcher.wake();
        } else if (leader != null) {
            leader.offer(subscription);
        }
    }

    /** Nothing of a bucket is wanted any more. */
    private void forget(final Subscription subscription) {
        final LeaderFetcher leader = subscription.leader;
        if (leader != null) {
            leader.forget(subscription);
        }
        router.forget(subscription);
        remoteFetcher.forget(subscription);
    }

    private LeaderFetcher startLeader(final int serverId) {
        final LeaderFetcher leader = new LeaderFetcher(this, serverId);
        if (!isClosed) {
            leader.thread().start();
        }
        return leader;
    }
}
