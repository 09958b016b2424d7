package dev.millrace.write;

import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.metadata.PartitionSpec;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The queues of the buckets of one partition; a table without partitions counts as one that has no name. Lives as long as
 * the partition does in the cluster: when that is dropped, this ends, and if the partition comes back, it is with another
 * id, another order, and so another of these. Safe for any number of threads.
 */
final class PartitionQueues {
    private static final long UNKNOWN = -1;

    final TableQueues table;
    /** Null for a table without partitions, as is the path. */
    final @Nullable PartitionSpec spec;

    final @Nullable PartitionPath path;
    private final BucketQueue[] buckets;
    // Null for a table whose bucket keys choose.
    private final @Nullable BucketAssigner assigner;
    private final AtomicLong partitionId = new AtomicLong(UNKNOWN);
    private final AtomicBoolean inCreation = new AtomicBoolean();
    private volatile boolean creationFailed;
    private volatile boolean ended;

    PartitionQueues(
            final TableQueues table,
            final @Nullable PartitionSpec spec,
            final @Nullable PartitionPath path,
            final WriteSettings settings,
            final WriterIdentity identity,
            final NanoClock clock,
            final Leaders leaders) {
        this.table = table;
        this.spec = spec;
        this.path = path;
        this.buckets = new BucketQueue[table.info().numBuckets()];
        final boolean chooses = table.info().bucketKeys().isEmpty();
        // Of buckets that are written to one after the other, each goes on with what the last has shown.
        final BlockLength common = chooses && !settings.roundRobin() ? new BlockLength(settings.batchLength()) : null;
        for (int bucket = 0; bucket < buckets.length; bucket++) {
            final BlockLength length = common == null ? new BlockLength(settings.batchLength()) : common;
            buckets[bucket] = new BucketQueue(this, bucket, settings, identity, clock, leaders, length);
        }
        this.assigner = chooses ? BucketAssigner.of(settings.roundRobin(), buckets) : null;
    }

    int bucketCount() {
        return buckets.length;
    }

    BucketQueue bucket(final int bucket) {
        return buckets[bucket];
    }

    /** The bucket for the next row, where rows have no bucket key. */
    BucketQueue next() {
        if (assigner == null) {
            throw new IllegalStateException(this + " has a bucket key");
        }
        return buckets[assigner.next()];
    }

    /** The bucket for a row for which {@code queue} has no open batch with room. */
    BucketQueue onNewBatch(final BucketQueue queue) {
        return assigner == null ? queue : buckets[assigner.onNewBatch(queue.bucket)];
    }

    boolean isPartition() {
        return path != null;
    }

    /** The partition's id, which is known once something is sent to it. */
    long partitionId() {
        return partitionId.get();
    }

    boolean isIdKnown() {
        return partitionId.get() != UNKNOWN;
    }

    /** Takes in the id that the cluster has for the partition; false if it had another before. */
    boolean identify(final long id) {
        return partitionId.compareAndSet(UNKNOWN, id) || partitionId.get() == id;
    }

    /** Whether the caller is to create the partition; false while somebody does. */
    boolean beginCreation() {
        return inCreation.compareAndSet(false, true);
    }

    void endCreation() {
        inCreation.set(false);
    }

    /** Of the thread that creates it, of which there is one at a time. */
    boolean isFirstFailedCreation() {
        final boolean isFirst = !creationFailed;
        creationFailed = true;
        return isFirst;
    }

    void creationSucceeded() {
        creationFailed = false;
    }

    boolean isInCreation() {
        return inCreation.get();
    }

    /** Whether no bucket has anything to send. */
    boolean isIdle() {
        for (final BucketQueue queue : buckets) {
            if (!queue.isIdle()) {
                return false;
            }
        }
        return true;
    }

    /** Ends all batches in one failure; rows are taken on. */
    void failAll(final FlussException failure) {
        for (final BucketQueue queue : buckets) {
            queue.failAll(failure);
        }
    }

    /** Ends all batches and refuses rows from now on. */
    void end(final Supplier<? extends RuntimeException> reason, final Function<WriteBatch, FlussException> failure) {
        ended = true;
        for (final BucketQueue queue : buckets) {
            queue.end(reason, failure);
        }
    }

    /** Ends all batches because the partition is gone. */
    void endDropped() {
        end(this::dropped, batch -> dropped());
    }

    private FlussApiException dropped() {
        return new FlussApiException(FlussError.PARTITION_NOT_EXISTS, this + " was dropped");
    }

    boolean hasEnded() {
        return ended;
    }

    @Override
    public String toString() {
        return path == null ? table.path().toString() : path.toString();
    }
}
