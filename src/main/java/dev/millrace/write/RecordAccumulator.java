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
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.internal.metrics.BackPressureEvent;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.UnsupportedApi;
import dev.millrace.internal.rpc.proto.InitWriterRequest;
import dev.millrace.internal.rpc.proto.InitWriterResponse;
import dev.millrace.internal.rpc.proto.PbTablePath;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.MetricSample;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All rows of a connection that are written but not acknowledged: the queues of each table's buckets, the memory they
 * share, and the senders that empty them.
 *
 * <p>Each bucket's queue belongs to the sender of the server that leads the bucket. A bucket whose leader is unknown
 * belongs to the {@link LeaderFinder}. Safe for any number of threads.
 */
public final class RecordAccumulator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RecordAccumulator.class);
    private static final String MEMORY = "write memory";
    private static final int CHUNK_LENGTH = 8 << 20;

    private final RpcClient rpc;
    private final Cluster cluster;
    private final WriteSettings settings;
    private final WriterIdentity identity;
    private final OffHeapPool memory;
    private final WriteMetrics metrics = new WriteMetrics();
    private final Map<TablePath, TableQueues> tables = new ConcurrentHashMap<>();
    private final Map<Integer, Sender> senders = new ConcurrentHashMap<>();
    private final LeaderFinder finder;
    private volatile boolean closed;

    /**
     * Made by the connection, which owns it; not for applications.
     *
     * @param config of the connection, as are the others.
     * @param rpc stays the connection's.
     * @param cluster stays the connection's.
     */
    public RecordAccumulator(final Config config, final RpcClient rpc, final Cluster cluster) {
        this.rpc = rpc;
        this.cluster = cluster;
        this.settings = WriteSettings.of(config);
        this.identity = new WriterIdentity(settings.idempotent(), this::initWriter);
        this.finder = new LeaderFinder(
                this, cluster, settings, new PartitionAdmin(rpc, cluster, settings.requestTimeoutNs()));
        this.memory = new OffHeapPool(MEMORY, config.writerBufferMemorySize(), CHUNK_LENGTH);
    }

    private long initWriter(final TablePath table) {
        final InitWriterRequest request = InitWriterRequest.newBuilder()
                .addTablePath(PbTablePath.newBuilder()
                        .setDatabaseName(table.database())
                        .setTableName(table.table()))
                .build();
        try {
            return rpc.call(
                            cluster.anyTabletServer(),
                            Api.INIT_WRITER,
                            request,
                            InitWriterResponse.parser(),
                            System.nanoTime() + settings.requestTimeoutNs())
                    .getWriterId();
        } catch (UnsupportedOperationException e) {
            throw UnsupportedApi.failure(e);
        }
    }

    WriteSettings settings() {
        return settings;
    }

    WriteMetrics metrics() {
        return metrics;
    }

    /** {@return what was counted so far, for the connection} */
    public List<MetricSample> samples() {
        return metrics.samples(memory);
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
                end(known);
            }
            return new TableQueues(info, settings, identity, SystemNanoClock.INSTANCE, finder, metrics);
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

    /** @throws RowConversionException there is not as much memory in all. */
    void refuseBeyondMemory(final int length) {
        if (length > memory.budgetBytes()) {
            throw new RowConversionException("a row needs " + length + " bytes of write memory, there are "
                    + memory.budgetBytes() + " (client.writer.buffer.memory-size)");
        }
    }

    /** Memory for a new batch, if there is any; if not, batches leave to make some. */
    @Nullable Block tryAcquire(final int length) {
        refuseBeyondMemory(length);
        final Block free = memory.tryAcquire(length);
        if (free == null) {
            // Batches that are still being filled hold memory that only their departure frees.
            tables.values().forEach(RecordAccumulator::hurry);
        }
        return free;
    }

    /** Memory for a new batch; waits for it while all is in use. */
    Block acquire(final int length) {
        final Block free = tryAcquire(length);
        if (free != null) {
            return free;
        }
        final Block block;
        final BackPressureEvent wait = BackPressureEvent.start(MEMORY, length);
        try {
            block = memory.acquire(length, System.nanoTime() + settings.bufferWaitNs());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlussInterruptedException("interrupted while waiting for write memory; nothing was written");
        } finally {
            BackPressureEvent.finish(wait);
        }
        if (block == null) {
            throw new BufferExhaustedException("no " + length + " bytes of write memory came free within "
                    + Duration.ofNanos(settings.bufferWaitNs()) + "; nothing was written: " + memory);
        }
        return block;
    }

    private static void hurry(final TableQueues table) {
        table.forEachQueue(BucketQueue::hurryOpen);
    }

    /** An attempt to deliver a batch has failed. */
    void onFailure(final WriteBatch batch, final FlussException failure) {
        final BucketQueue queue = batch.queue;
        final boolean leaderIsInDoubt = failure instanceof RpcException
                || failure instanceof FlussApiException refused
                        && refused.error().isInvalidMetadata();
        if (leaderIsInDoubt && !closed) {
            queue.noteLeader(false);
            finder.invalidate(queue.partition);
            finder.seek(queue);
        }
        queue.attemptFailed(batch, failure);
    }

    /** The sender to a server; begins with the first bucket that it leads. */
    Sender sender(final ServerNode server) {
        return senders.computeIfAbsent(server.id(), id -> startSender(server));
    }

    /** Leaves a bucket without a sender. Never blocks. */
    void takeFromSenders(final BucketQueue queue) {
        queue.sender(null);
        senders.values().forEach(sender -> sender.abandon(queue));
    }

    /** Ends a table that was dropped and created again under another id. */
    void endRecreated(final TableQueues table) {
        tables.remove(table.path(), table);
        end(table);
    }

    private void end(final TableQueues table) {
        table.end(() -> recreated(table.path()), batch -> recreated(table.path()));
        table.forEachQueue(this::takeFromSenders);
    }

    /** A sender ends because of an error in it: its buckets go to another one. */
    void crashed(final Sender sender, final List<BucketQueue> queues, final Throwable cause) {
        LOG.error("Sending failed; its buckets go on with another sender", cause);
        senders.values().remove(sender);
        queues.forEach(finder::seek);
    }

    private Sender startSender(final ServerNode server) {
        final Sender sender = new Sender(this, rpc, settings, identity, server);
        sender.start();
        return sender;
    }

    /**
     * Sends what is written, waits for its acknowledgement up to {@code timeout}, fails the rest, and ends the senders.
     * The connections must still be open.
     *
     * @param timeout how long to wait at most.
     * @throws DeliveryTimeoutException rows were given up; the message says how many. All is closed nevertheless.
     */
    public void close(final Duration timeout) {
        if (closed) {
            return;
        }
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        long givenUp = 0;
        try {
            tables.values().forEach(RecordAccumulator::hurry);
            awaitIdle(deadlineNs);
        } finally {
            closed = true;
            finder.close();
            senders.values().forEach(Sender::close);
            givenUp = failRest();
            joinSenders(System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
            memory.close();
        }
        if (givenUp > 0) {
            throw new DeliveryTimeoutException(
                    givenUp + " rows were not acknowledged within " + timeout + " and are given up",
                    DeliveryTimeoutException.Outcome.OUTCOME_UNKNOWN);
        }
    }

    @Override
    public void close() {
        close(Duration.ofNanos(settings.requestTimeoutNs()));
    }

    private void awaitIdle(final long deadlineNs) {
        final List<WriteResultFuture> outstanding = new ArrayList<>();
        tables.values().forEach(table -> table.forEachQueue(queue -> queue.collectOutstanding(outstanding)));
        for (final WriteResultFuture future : outstanding) {
            if (!future.await(deadlineNs)) {
                return;
            }
        }
    }

    /** The rows that are given up. */
    private long failRest() {
        final AtomicLong rows = new AtomicLong();
        for (final TableQueues table : tables.values()) {
            table.end(() -> new IllegalStateException("the connection is closed"), batch -> {
                rows.addAndGet(batch.rowCount());
                return batch.timeout("was not acknowledged when the connection was closed");
            });
        }
        return rows.get();
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
