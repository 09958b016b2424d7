package dev.millrace.write;

import dev.millrace.error.FlussException;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** The queues of a table's buckets, and what their batches have in common. Immutable. */
final class TableQueues {
    private final TableInfo info;
    private final BatchFormat format;
    private final BucketQueue[] buckets;

    TableQueues(
            final TableInfo info,
            final WriteSettings settings,
            final WriterIdentity identity,
            final Consumer<BucketQueue> orphaned) {
        this.info = info;
        this.format = BatchFormat.ofLog(info);
        this.buckets = new BucketQueue[info.numBuckets()];
        for (int bucket = 0; bucket < buckets.length; bucket++) {
            buckets[bucket] = new BucketQueue(this, bucket, settings, identity, orphaned);
        }
    }

    TablePath path() {
        return info.tablePath();
    }

    long tableId() {
        return info.tableId();
    }

    TableInfo info() {
        return info;
    }

    BatchFormat format() {
        return format;
    }

    int bucketCount() {
        return buckets.length;
    }

    BucketQueue bucket(final int bucket) {
        return buckets[bucket];
    }

    /** Ends all batches and refuses rows from now on. */
    void end(final Supplier<? extends RuntimeException> reason, final Function<WriteBatch, FlussException> failure) {
        for (final BucketQueue queue : buckets) {
            queue.end(reason, failure);
        }
    }
}
