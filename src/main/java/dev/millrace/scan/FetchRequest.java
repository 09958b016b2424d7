package dev.millrace.scan;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.rpc.ProtoWriter;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Lays FetchLogRequests for one table into a direct buffer of its own, which grows when it must. For one thread. The
 * table stands there once for the buckets that are projected and once for those that are not.
 *
 * <pre>
 *   FetchLogRequest: follower (1) = -1, max bytes (2), tables (3)*, max wait ms (4), min bytes (5)
 *     table:  table id (1), projection enabled (2), projected columns (3), buckets (4)*
 *       bucket: partition id (1), bucket id (2), offset (3), max bytes (4)
 * </pre>
 */
final class FetchRequest implements AutoCloseable {
    private static final int FOLLOWER = 1;
    private static final int MAX_BYTES = 2;
    private static final int TABLE = 3;
    private static final int MAX_WAIT = 4;
    private static final int MIN_BYTES = 5;
    private static final int TABLE_ID = 1;
    private static final int PROJECTION_ENABLED = 2;
    private static final int PROJECTED_COLUMNS = 3;
    private static final int BUCKETS = 4;
    private static final int PARTITION_ID = 1;
    private static final int BUCKET_ID = 2;
    private static final int OFFSET = 3;
    private static final int BUCKET_MAX_BYTES = 4;
    private static final int CLIENT = -1;
    private static final int FIRST_LENGTH = 1024;
    // Everything outside the tables, at its longest.
    private static final int ENVELOPE_LENGTH = 6 * (1 + ProtoWriter.MAX_VARINT_LENGTH);
    private static final int[] ALL_COLUMNS = {};

    private final long tableId;
    private final int[] projection;
    private final int minBytes;
    private final int bucketMaxBytes;
    private final ProtoWriter writer = new ProtoWriter();
    private final UnsafeBuffer view = OffHeap.flyweight();
    private ByteBuffer memory = OffHeap.allocate(FIRST_LENGTH);

    FetchRequest(final ScanContext context) {
        tableId = context.table().tableId();
        projection = context.projection();
        minBytes = context.config().scannerLogFetchMinBytes();
        bucketMaxBytes = context.config().scannerLogFetchMaxBytesForBucket();
    }

    /** Writes a request; the buffer is this object's and valid until the next call. */
    ByteBuffer write(final List<Subscription> buckets, final int maxBytes, final int maxWaitMs) {
        final int projectedLength = projection.length == 0 ? 0 : tableLength(projection, buckets, maxBytes);
        final int wholeLength = tableLength(ALL_COLUMNS, buckets, maxBytes);
        reserve(projectedLength + wholeLength + ENVELOPE_LENGTH);
        view.wrap(memory, 0, memory.capacity());
        writer.wrap(view, 0, view.capacity()).int32(FOLLOWER, CLIENT).int32(MAX_BYTES, maxBytes);
        if (projectedLength > 0) {
            writeTable(projectedLength, projection, buckets, maxBytes);
        }
        if (wholeLength > 0) {
            writeTable(wholeLength, ALL_COLUMNS, buckets, maxBytes);
        }
        writer.int32(MAX_WAIT, maxWaitMs).int32(MIN_BYTES, minBytes);
        return memory.clear().limit(writer.length());
    }

    @Override
    public void close() {
        view.wrap(0, 0);
        OffHeap.free(memory);
    }

    /** 0 if none of the buckets is to have these columns. */
    private int tableLength(final int[] columns, final List<Subscription> buckets, final int maxBytes) {
        int length = 0;
        for (int i = 0; i < buckets.size(); i++) {
            if (columns(buckets.get(i)) == columns) {
                length += ProtoWriter.sizeOfBytes(BUCKETS, bucketLength(buckets.get(i), maxBytes));
            }
        }
        return length == 0
                ? 0
                : length
                        + ProtoWriter.sizeOfInt64(TABLE_ID, tableId)
                        + ProtoWriter.sizeOfBool(PROJECTION_ENABLED)
                        + ProtoWriter.sizeOfPackedInt32(PROJECTED_COLUMNS, columns);
    }

    private void writeTable(
            final int length, final int[] columns, final List<Subscription> buckets, final int maxBytes) {
        writer.lengthHeader(TABLE, length)
                .int64(TABLE_ID, tableId)
                .bool(PROJECTION_ENABLED, columns.length > 0)
                .packedInt32(PROJECTED_COLUMNS, columns);
        for (int i = 0; i < buckets.size(); i++) {
            if (columns(buckets.get(i)) == columns) {
                writeBucket(buckets.get(i), maxBytes);
            }
        }
    }

    private int[] columns(final Subscription subscription) {
        return projection.length == 0 || subscription.needsWholeBatches ? ALL_COLUMNS : projection;
    }

    private int bucketLength(final Subscription subscription, final int maxBytes) {
        final Long partitionId = subscription.bucket.partitionId();
        return (partitionId == null ? 0 : ProtoWriter.sizeOfInt64(PARTITION_ID, partitionId))
                + ProtoWriter.sizeOfInt32(BUCKET_ID, subscription.bucket.bucketId())
                + ProtoWriter.sizeOfInt64(OFFSET, subscription.fetchOffset)
                + ProtoWriter.sizeOfInt32(BUCKET_MAX_BYTES, maxBytes(subscription, maxBytes));
    }

    private void writeBucket(final Subscription subscription, final int maxBytes) {
        writer.lengthHeader(BUCKETS, bucketLength(subscription, maxBytes));
        final Long partitionId = subscription.bucket.partitionId();
        if (partitionId != null) {
            writer.int64(PARTITION_ID, partitionId);
        }
        writer.int32(BUCKET_ID, subscription.bucket.bucketId())
                .int64(OFFSET, subscription.fetchOffset)
                .int32(BUCKET_MAX_BYTES, maxBytes(subscription, maxBytes));
    }

    private int maxBytes(final Subscription subscription, final int maxBytes) {
        return Math.min(Math.max(bucketMaxBytes, subscription.cutBatchLength), maxBytes);
    }

    private void reserve(final int length) {
        if (memory.capacity() < length) {
            OffHeap.free(memory);
            memory = OffHeap.allocate(Math.max(length, 2 * memory.capacity()));
        }
    }
}
