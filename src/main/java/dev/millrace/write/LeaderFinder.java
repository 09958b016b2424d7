package dev.millrace.write;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.BucketLeaders;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.ClusterSnapshot;
import dev.millrace.internal.cluster.PartitionLocation;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.metadata.ServerNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the leaders of buckets that have none as far as is known, and hands each bucket to the sender of its leader. A
 * partition that the cluster does not have is created on the way, if the configuration says so.
 *
 * <p>One virtual thread, which lives only while there is something to find. It looks for each bucket at growing intervals
 * of its own; those of one partition are looked for together. What cannot be found is forgotten when the bucket has
 * nothing to send any more.
 *
 * <p>Lock order: a bucket's lock, then this one's; never the other way round.
 */
final class LeaderFinder implements Leaders {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderFinder.class);
    private static final long PAUSE_MIN_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long PAUSE_MAX_NS = TimeUnit.SECONDS.toNanos(1);

    private final RecordAccumulator accumulator;
    private final Cluster cluster;
    private final WriteSettings settings;
    private final PartitionAdmin admin;
    private final ReentrantLock lock = new ReentrantLock();
    // Signalled when something is to be looked for earlier than the thread meant to.
    private final Condition sooner = lock.newCondition();

    // guarded by lock
    private final Map<BucketQueue, Search> searches = new HashMap<>();
    private boolean runs;
    private boolean closed;

    /** When a bucket is looked for next, and how long after that again. */
    private static final class Search {
        long dueNs = System.nanoTime();
        long pauseNs = PAUSE_MIN_NS;
    }

    LeaderFinder(
            final RecordAccumulator accumulator,
            final Cluster cluster,
            final WriteSettings settings,
            final PartitionAdmin admin) {
        this.accumulator = accumulator;
        this.cluster = cluster;
        this.settings = settings;
        this.admin = admin;
    }

    /** Looks for the leader of a bucket that nobody needs just now, with fresh eyes. */
    @Override
    public void lookAgain(final BucketQueue queue) {
        invalidate(queue.partition);
        seek(queue);
    }

    /** Lets go of partitions that are gone from the cluster and that nobody writes to any more. */
    @Override
    public void forgetDropped(final Partitions partitions) {
        Thread.ofVirtual().name("millrace-partition-keeper").start(() -> {
            try {
                // First who is idle, then what there is: what is made after that is none of them.
                final List<PartitionQueues> idle = partitions.idle();
                final Set<Long> ids = admin.ids(partitions.table());
                idle.stream()
                        .filter(partition -> !ids.contains(partition.partitionId()))
                        .forEach(this::drop);
            } catch (FlussException | IllegalStateException | UnsupportedOperationException e) {
                LOG.debug("Nobody tells which partitions of {} there are", partitions.table(), e);
            } finally {
                partitions.counted();
            }
        });
    }

    /** Takes a bucket from its sender until its leader is known again. */
    @Override
    public void seek(final BucketQueue queue) {
        lock.lock();
        try {
            if (closed || searches.putIfAbsent(queue, new Search()) != null) {
                return;
            }
            accumulator.takeFromSenders(queue);
            sooner.signal();
            if (!runs) {
                runs = true;
                Thread.ofVirtual().name("millrace-leader-finder").start(this::run);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Looks for nothing any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            sooner.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        boolean ended = false;
        try {
            Map<PartitionQueues, List<BucketQueue>> due = awaitDue();
            while (!due.isEmpty()) {
                due.forEach(this::trySearch);
                due = awaitDue();
            }
            ended = true;
        } finally {
            if (!ended) {
                // By an error, of memory perhaps: the next bucket that is sought starts another thread for all.
                lock.lock();
                runs = false;
                lock.unlock();
            }
        }
    }

    /** Waits until something is due; nothing, when there is nothing to find any more and the thread is to end. */
    private Map<PartitionQueues, List<BucketQueue>> awaitDue() {
        lock.lock();
        try {
            while (!closed && !searches.isEmpty()) {
                final long nowNs = System.nanoTime();
                final Map<PartitionQueues, List<BucketQueue>> due = dueAt(nowNs);
                if (!due.isEmpty()) {
                    return due;
                }
                long leftNs = PAUSE_MAX_NS;
                for (final Search search : searches.values()) {
                    leftNs = Math.min(leftNs, search.dueNs - nowNs);
                }
                sooner.awaitNanos(leftNs);
            }
            runs = false;
            return Map.of();
        } catch (InterruptedException e) {
            // Nobody interrupts this thread; if somebody does, the next bucket starts another.
            runs = false;
            return Map.of();
        } finally {
            lock.unlock();
        }
    }

    private Map<PartitionQueues, List<BucketQueue>> dueAt(final long nowNs) {
        final Map<PartitionQueues, List<BucketQueue>> due = new LinkedHashMap<>();
        searches.forEach((queue, search) -> {
            if (search.dueNs - nowNs <= 0) {
                due.computeIfAbsent(queue.partition, partition -> new ArrayList<>())
                        .add(queue);
            }
        });
        return due;
    }

    private void trySearch(final PartitionQueues partition, final List<BucketQueue> queues) {
        queues.forEach(BucketQueue::expireOverdue);
        try {
            final BucketLeaders location = locate(partition, queues);
            if (location != null) {
                handOver(partition, queues, location);
            }
        } catch (RuntimeException e) {
            // The one thread that finds leaders must not end because of one partition.
            if (!isClosed() && isFirstSearch(queues)) {
                LOG.warn("The leaders of {} were not found", partition, e);
            }
        }
        for (final BucketQueue queue : queues) {
            postpone(queue);
            // It is sought again when there is something to send.
            queue.ifIdle(() -> forget(queue));
        }
    }

    private boolean isFirstSearch(final List<BucketQueue> queues) {
        lock.lock();
        try {
            final Search search = searches.get(queues.getFirst());
            return search != null && search.pauseNs == PAUSE_MIN_NS;
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Where the buckets are; null if that is not known yet, or never will be and their batches have ended. */
    private @Nullable BucketLeaders locate(final PartitionQueues partition, final List<BucketQueue> queues) {
        if (partition.isInCreation()) {
            return null;
        }
        final long deadlineNs = System.nanoTime() + settings.requestTimeoutNs();
        final BucketLeaders location;
        try {
            location = partition.path == null
                    ? cluster.locate(partition.table.path(), deadlineNs)
                    : cluster.locate(partition.path, deadlineNs);
        } catch (FlussException e) {
            if (e instanceof FlussApiException refused && refused.error() == FlussError.PARTITION_NOT_EXISTS) {
                missing(partition);
            } else if (!e.isRetriable()) {
                queues.forEach(queue -> queue.failAll(e));
            }
            return null;
        } catch (UnsupportedOperationException e) {
            queues.forEach(queue -> queue.failAll(UnsupportedApi.failure(e)));
            return null;
        }
        if (location.tableId() != partition.table.tableId()) {
            accumulator.endRecreated(partition.table);
            forget(partition);
            return null;
        }
        if (location instanceof PartitionLocation found && !partition.identify(found.partitionId())) {
            drop(partition);
            return null;
        }
        return location;
    }

    private void missing(final PartitionQueues partition) {
        if (partition.isIdKnown()) {
            drop(partition);
        } else if (settings.createPartitions()) {
            admin.create(partition, this::lookAtOnce);
        } else {
            partition.failAll(new FlussApiException(
                    FlussError.PARTITION_NOT_EXISTS,
                    partition + " does not exist, and writers are not to create it"
                            + " (client.writer.dynamic-create-partition.enabled)"));
        }
    }

    private void drop(final PartitionQueues partition) {
        // Before the next row of it asks: what is remembered may be the place that is gone.
        invalidate(partition);
        partition.table.drop(partition);
        forget(partition);
    }

    /** Gives buckets to the senders of their leaders, and notes which have none. */
    private void handOver(
            final PartitionQueues partition, final List<BucketQueue> queues, final BucketLeaders location) {
        final ClusterSnapshot snapshot = cluster.snapshot();
        for (int bucket = 0; bucket < partition.bucketCount(); bucket++) {
            partition.bucket(bucket).noteLeader(snapshot.leader(location, bucket) != null);
        }
        boolean allFound = true;
        for (final BucketQueue queue : queues) {
            final ServerNode server = snapshot.leader(location, queue.bucket);
            if (server != null) {
                handOver(queue, server);
            }
            allFound &= server != null;
        }
        if (!allFound) {
            invalidate(partition);
        }
    }

    private void handOver(final BucketQueue queue, final ServerNode server) {
        // In one step: a bucket that is sought again in between must not end up with two senders.
        lock.lock();
        try {
            if (!closed && searches.remove(queue) != null) {
                accumulator.sender(server).adopt(queue, server);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets where a partition's buckets are, so that the next look asks. Never blocks. */
    void invalidate(final PartitionQueues partition) {
        if (partition.path == null) {
            cluster.invalidate(partition.table.path());
        } else {
            cluster.invalidate(partition.path);
        }
    }

    private void lookAtOnce(final PartitionQueues partition) {
        lock.lock();
        try {
            for (int bucket = 0; bucket < partition.bucketCount(); bucket++) {
                final Search search = searches.get(partition.bucket(bucket));
                if (search != null) {
                    search.dueNs = System.nanoTime();
                }
            }
            sooner.signal();
        } finally {
            lock.unlock();
        }
    }

    private void postpone(final BucketQueue queue) {
        lock.lock();
        try {
            final Search search = searches.get(queue);
            if (search != null) {
                final long pauseNs = search.pauseNs;
                search.dueNs = System.nanoTime()
                        + pauseNs / 2
                        + ThreadLocalRandom.current().nextLong(pauseNs / 2);
                search.pauseNs = Math.min(PAUSE_MAX_NS, 2 * pauseNs);
            }
        } finally {
            lock.unlock();
        }
    }

    private void forget(final BucketQueue queue) {
        lock.lock();
        try {
            searches.remove(queue);
        } finally {
            lock.unlock();
        }
    }

    /** Lets go of buckets that have ended. */
    private void forget(final PartitionQueues partition) {
        lock.lock();
        try {
            for (int bucket = 0; bucket < partition.bucketCount(); bucket++) {
                searches.remove(partition.bucket(bucket));
                accumulator.takeFromSenders(partition.bucket(bucket));
            }
        } finally {
            lock.unlock();
        }
    }
}
