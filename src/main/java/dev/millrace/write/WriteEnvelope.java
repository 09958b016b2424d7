package dev.millrace.write;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.rpc.ProtoWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Lays the fields of a request around the memory of its batches. PRODUCE_LOG and PUT_KV differ in the columns that the
 * latter names, and in a field number. One thread at a time.
 */
final class WriteEnvelope {
    private static final int ACKS_FIELD = 1;
    private static final int TABLE_ID_FIELD = 2;
    private static final int TIMEOUT_FIELD = 3;
    private static final int LOG_BUCKETS_FIELD = 4;
    private static final int KV_TARGET_COLUMNS_FIELD = 4;
    private static final int KV_BUCKETS_FIELD = 5;
    private static final int KV_MERGE_MODE_FIELD = 6;
    private static final int PARTITION_ID_FIELD = 1;
    private static final int BUCKET_ID_FIELD = 2;
    private static final int RECORDS_FIELD = 3;
    /** More than the fields take that one batch has, and more than those that the request has, without columns. */
    private static final int MAX_FIELDS_LENGTH = 64;

    private final WriteSettings settings;
    private final ProtoWriter proto = new ProtoWriter();

    WriteEnvelope(final WriteSettings settings) {
        this.settings = settings;
    }

    /** The body of a request with these batches, all of the format and in buckets of the table. */
    ByteBuffer[] around(final TableQueues table, final BatchFormat format, final List<WriteBatch> batches) {
        final KvTarget target = format.kvTarget();
        final int[] columns = target == null ? new int[0] : target.positions();
        final byte[] envelope = new byte
                [(batches.size() + 1) * MAX_FIELDS_LENGTH
                        + ProtoWriter.sizeOfPackedInt32(KV_TARGET_COLUMNS_FIELD, columns)];
        proto.wrap(OffHeap.wrap(envelope), 0, envelope.length)
                .int32(ACKS_FIELD, settings.acks())
                .int64(TABLE_ID_FIELD, table.tableId())
                .int32(TIMEOUT_FIELD, (int) Math.min(Integer.MAX_VALUE, settings.requestTimeoutNs() / 1_000_000))
                .packedInt32(KV_TARGET_COLUMNS_FIELD, columns);
        if (target != null && target.mergeMode() != MergeMode.DEFAULT) {
            proto.int32(KV_MERGE_MODE_FIELD, target.mergeMode().code());
        }
        final int bucketsField = target == null ? LOG_BUCKETS_FIELD : KV_BUCKETS_FIELD;
        final List<ByteBuffer> body = new ArrayList<>();
        int start = 0;
        for (final WriteBatch batch : batches) {
            putBucket(bucketsField, batch);
            body.add(ByteBuffer.wrap(envelope, start, proto.position() - start).slice());
            start = proto.position();
            for (final ByteBuffer part : batch.parts()) {
                body.add(part.duplicate());
            }
        }
        return body.toArray(ByteBuffer[]::new);
    }

    /** All of a bucket up to its records, which follow. */
    private void putBucket(final int bucketsField, final WriteBatch batch) {
        final PartitionQueues partition = batch.queue.partition;
        final int bucket = batch.queue.bucket;
        final int length = batch.length();
        int bucketLength =
                ProtoWriter.sizeOfInt32(BUCKET_ID_FIELD, bucket) + ProtoWriter.sizeOfBytes(RECORDS_FIELD, length);
        if (partition.isPartition()) {
            bucketLength += ProtoWriter.sizeOfInt64(PARTITION_ID_FIELD, partition.partitionId());
        }
        proto.lengthHeader(bucketsField, bucketLength);
        if (partition.isPartition()) {
            proto.int64(PARTITION_ID_FIELD, partition.partitionId());
        }
        proto.int32(BUCKET_ID_FIELD, bucket).lengthHeader(RECORDS_FIELD, length);
    }
}
