package dev.millrace.write;

import dev.millrace.Config;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RowConversionException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.cluster.TableLocation;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.proto.InitWriterRequest;
import dev.millrace.internal.rpc.proto.InitWriterResponse;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.agrona.concurrent.SystemNanoClock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All rows of a connection that are written but not acknowledged: the queues of each table's buckets, the memory they
 * share, and the senders that empty them.
 *
 * <p>Each bucket's queue belongs to the sender of the server that leads the bucket. A bucket whose leader is unknown
 * belongs to the leader finder, a virtual thread that lives only while there is one. Safe for any number of threads.
 */
public final class RecordAccumulator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RecordAccumulator.class);
    private static final int CHUNK_LENGTH = 8 << 20;
    private static final long FINDER_PAUSE_MIN_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long FINDER_PAUSE_MAX_NS = TimeUnit.SECONDS.toNanos(1);

    private final RpcClient rpc;
    private final Cluster cluster;
    private final WriteSettings settings;
    private final WriterIdentity identity;
    private final OffHeapPool memory;
    private final Map<TablePath, TableQueues> tables = new ConcurrentHashMap<>();
    private final Map<Integer, Sender> senders = new ConcurrentHashMap<>();
    private final ReentrantLock finderLock = new ReentrantLock();
    private volatile boolean closed;

    // guarded by finderLock
    private final Set<BucketQueue> leaderless = new HashSet<>();
    private boolean finderRuns;

    /** Made by the connection, which owns it. */
    public RecordAccumulator(final Config config, final RpcClient rpc, final Cluster cluster) {
        this.rpc = rpc;
        this.cluster = cluster;
        this.settings = WriteSettings.of(config);
        this.identity = new WriterIdentity(settings.idempotent(), this::initWriter);
        this.memory = new OffHeapPool("write memory", config.writerBufferMemorySize(), CHUNK_LENGTH);
    }

    private long initWriter(final TablePath table) {
        final InitWriterRequest request = InitWriterRequest.newBuilder()
                .addTablePath(PbTablePath.newBuilder()
                        .setDatabaseName(table.database())
                        .setTableName(table.table()))
                .build();
        return rpc.call(
                        cluster.anyTabletServer(),
                        Api.INIT_WRITER,
                        request,
                        InitWriterResponse.parser(),
                        System.nanoTime() + settings.requestTimeoutNs())
                .getWriterId();
    }

    WriteSettings settings() {
        return settings;
    }

    /** The queues of a table; the same for all its writers. */
    TableQueues table(final TableInfo info) {
        ensureOpen();
        return tables.compute(info.tablePath(), (path, known) -> {
            if (known != null && known.tableId() == info.tableId()) {
                return known;
            }
            if (known != null && known.tableId() > info.tableId()) {
                throw recreated(path);
            }
            if (known != null) {
                known.end(() -> recreated(path), batch -> recreated(path));
            }
            return new TableQueues(info, settings, identity, SystemNanoClock.INSTANCE, this::seekLeader);
        });
    }

    private static FlussApiException recreated(final TablePath path) {
        return new FlussApiException(
                FlussError.TABLE_NOT_EXIST, "table " + path + " was dropped and created again; get it anew");
    }

    void ensureOpen() {
        if (closed) {
            throw new IllegalStateException("the connection is closed");
        }
    }

    /** Memory for a new batch; waits for it while all is in use. */
    Block acquire(final int length) {
        if (length > memory.budgetBytes()) {
            throw new RowConversionException("a row needs " + length + " bytes of write memory, there are "
                    + memory.budgetBytes() + " (client.writer.buffer.memory-size)");
        }
        final Block free = memory.tryAcquire(length);
        if (free != null) {
            return free;
        }
        // Batches that are still being filled hold memory that only their departure frees.
        tables.values().forEach(RecordAccumulator::hurry);
        final Block block;
        try {
            block = memory.acquire(length, System.nanoTime() + settings.bufferWaitNs());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlussInterruptedException("interrupted while waiting for write memory; nothing was written");
        }
        if (block == null) {
            throw new BufferExhaustedException("no " + length + " bytes of write memory came free within "
                    + Duration.ofNanos(settings.bufferWaitNs()) + "; nothing was written: " + memory);
        }
        return block;
    }

    private static void hurry(final TableQueues table) {
        for (int bucket = 0; bucket < table.bucketCount(); bucket++) {
            table.bucket(bucket).hurryOpen();
        }
    }

    /** An attempt to deliver a batch has failed. */
    void onFailure(final WriteBatch batch, final FlussException failure) {
        final BucketQueue queue = batch.queue;
        final boolean leaderIsInDoubt = failure instanceof RpcException
                || failure instanceof FlussApiException refused
                        && refused.error().isInvalidMetadata();
        if (leaderIsInDoubt && !closed) {
            cluster.invalidate(queue.table.path());
            seekLeader(queue);
        }
        queue.attemptFailed(batch, failure);
    }

    /** Takes a bucket from its sender until its leader is known again. Never blocks. */
    private void seekLeader(final BucketQueue queue) {
        finderLock.lock();
        try {
            if (!leaderless.add(queue)) {
                return;
            }
            queue.sender(null);
            senders.values().forEach(sender -> sender.abandon(queue));
            if (!finderRuns) {
                finderRuns = true;
                Thread.ofVirtual().name("millrace-leader-finder").start(this::findLeaders);
            }
        } finally {
            finderLock.unlock();
        }
    }

    private void findLeaders() {
        long pauseNs = FINDER_PAUSE_MIN_NS;
        while (true) {
            final List<BucketQueue> wanted;
            finderLock.lock();
            try {
                if (closed || leaderless.isEmpty()) {
                    finderRuns = false;
                    return;
                }
                wanted = new ArrayList<>(leaderless);
            } finally {
                finderLock.unlock();
            }
            boolean anyFound = false;
            boolean anyMissing = false;
            for (final BucketQueue queue : wanted) {
                queue.expireOverdue();
                final boolean found = tryRoute(queue);
                anyFound |= found;
                anyMissing |= !found;
                if (!found) {
                    // It is sought again when there is something to send.
                    queue.ifIdle(() -> forget(queue));
                }
            }
            pauseNs = anyFound ? FINDER_PAUSE_MIN_NS : Math.min(FINDER_PAUSE_MAX_NS, 2 * pauseNs);
            if (anyMissing) {
                LockSupport.parkNanos(pauseNs / 2 + ThreadLocalRandom.current().nextLong(pauseNs / 2));
            }
        }
    }

    private boolean tryRoute(final BucketQueue queue) {
        try {
            return route(queue);
        } catch (RuntimeException e) {
            // The one thread that finds leaders must not end because of one bucket.
            if (!closed) {
                LOG.warn("The leader of {} was not found", queue, e);
            }
            return false;
        }
    }

    /** Gives the bucket to the sender of its leader; false if there is none yet. */
    private boolean route(final BucketQueue queue) {
        final TableQueues table = queue.table;
        final TableLocation location;
        try {
            location = cluster.locate(table.path(), System.nanoTime() + settings.requestTimeoutNs());
        } catch (FlussException e) {
            if (!e.isRetriable()) {
                queue.failAll(e);
            }
            return false;
        }
        if (location.tableId() != table.tableId()) {
            tables.remove(table.path(), table);
            table.end(() -> recreated(table.path()), batch -> recreated(table.path()));
            forget(queue);
            return true;
        }
        final ServerNode server = cluster.snapshot().leader(location, queue.bucket);
        if (server == null) {
            cluster.invalidate(table.path());
            return false;
        }
        // In one step: a bucket that is sought again in between must not end up with two senders.
        finderLock.lock();
        try {
            if (leaderless.remove(queue)) {
                senders.computeIfAbsent(server.id(), id -> startSender(server)).adopt(queue, server);
            }
        } finally {
            finderLock.unlock();
        }
        return true;
    }

    private void forget(final BucketQueue queue) {
        finderLock.lock();
        try {
            leaderless.remove(queue);
        } finally {
            finderLock.unlock();
        }
    }

    /** A sender ends because of an error in it: its buckets go to another one. */
    void crashed(final Sender sender, final List<BucketQueue> queues, final Throwable cause) {
        LOG.error("Sending failed; its buckets go on with another sender", cause);
        senders.values().remove(sender);
        queues.forEach(this::seekLeader);
    }

    private Sender startSender(final ServerNode server) {
        final Sender sender = new Sender(this, rpc, settings, identity, server);
        sender.start();
        return sender;
    }

    /**
     * Sends what is written, waits for its acknowledgement up to {@code timeout}, fails the rest, and ends the senders.
     * The connections must still be open.
     */
    public void close(final Duration timeout) {
        if (closed) {
            return;
        }
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        try {
            tables.values().forEach(RecordAccumulator::hurry);
            awaitIdle(deadlineNs);
        } finally {
            closed = true;
            senders.values().forEach(Sender::close);
            failRest();
            joinSenders(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
            memory.close();
        }
    }

    @Override
    public void close() {
        close(Duration.ofNanos(settings.requestTimeoutNs()));
    }

    private void awaitIdle(final long deadlineNs) {
        for (final TableQueues table : tables.values()) {
            for (int bucket = 0; bucket < table.bucketCount(); bucket++) {
                final List<WriteResultFuture> outstanding = new ArrayList<>();
                table.bucket(bucket).collectOutstanding(outstanding);
                for (final WriteResultFuture future : outstanding) {
                    if (!future.await(deadlineNs)) {
                        return;
                    }
                }
            }
        }
    }

    private void failRest() {
        for (final TableQueues table : tables.values()) {
            table.end(
                    () -> new IllegalStateException("the connection is closed"),
                    batch -> new DeliveryTimeoutException(
                            "the connection was closed before " + batch + " was acknowledged",
                            batch.wasSent()
                                    ? DeliveryTimeoutException.Outcome.OUTCOME_UNKNOWN
                                    : DeliveryTimeoutException.Outcome.NOT_SENT));
        }
    }

    private void joinSenders(final long deadlineNs) {
        boolean interrupted = false;
        for (final Sender sender : senders.values()) {
            try {
                sender.join(deadlineNs);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
