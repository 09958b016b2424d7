package dev.millrace.scan;

import dev.millrace.internal.rpc.ProtoReader;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a FetchLogResponse in place, one bucket after the other. A flyweight for one thread.
 *
 * <pre>
 *   FetchLogResponse: tables (1)*
 *     table:  table id (1), buckets (2)*
 *       bucket: partition id (1), bucket id (2), error code (3), error message (4), high watermark (5),
 *               remote log fetch info (7), records (8)
 * </pre>
 */
final class FetchResponse {
    private static final int TABLES = 1;
    private static final int BUCKETS = 2;
    private static final int PARTITION_ID = 1;
    private static final int BUCKET_ID = 2;
    private static final int ERROR_CODE = 3;
    private static final int ERROR_MESSAGE = 4;
    private static final int HIGH_WATERMARK = 5;
    private static final int REMOTE_LOG = 7;
    private static final int RECORDS = 8;

    private final ProtoReader response = new ProtoReader();
    private final ProtoReader table = new ProtoReader();
    private final ProtoReader bucket = new ProtoReader();
    private DirectBuffer buffer;
    private boolean inTable;

    private long partitionId;
    private boolean hasPartition;
    private int bucketId;
    private int errorCode;
    private @Nullable String errorMessage;
    private long highWatermark;
    private boolean hasRemoteLog;
    private int remoteLogOffset;
    private int remoteLogLength;
    private int recordsOffset;
    private int recordsLength;

    FetchResponse(final DirectBuffer nothing) {
        buffer = nothing;
    }

    void wrap(final DirectBuffer source, final int length) {
        buffer = source;
        response.wrap(source, 0, length);
        inTable = false;
    }

    /** Goes to the next bucket; false after the last. */
    boolean nextBucket() {
        while (true) {
            if (inTable) {
                for (int field = table.next(); field != ProtoReader.END; field = table.next()) {
                    if (field == BUCKETS) {
                        readBucket(table.bytesOffset(), table.bytesLength());
                        return true;
                    }
                }
            }
            inTable = false;
            int field = response.next();
            while (field != TABLES && field != ProtoReader.END) {
                field = response.next();
            }
            if (field == ProtoReader.END) {
                return false;
            }
            table.wrap(buffer, response.bytesOffset(), response.bytesLength());
            inTable = true;
        }
    }

    /** 0 without a partition. */
    long partitionId() {
        return hasPartition ? partitionId : 0;
    }

    int bucketId() {
        return bucketId;
    }

    boolean isOf(final @Nullable Long partition, final int wantedBucketId) {
        return bucketId == wantedBucketId
                && (partition == null ? !hasPartition : hasPartition && partition == partitionId);
    }

    /** The server's error for this bucket; 0 for none. */
    int errorCode() {
        return errorCode;
    }

    @Nullable String errorMessage() {
        return errorMessage;
    }

    /** Up to which offset, exclusive, the log may be read; negative if the server does not say. */
    long highWatermark() {
        return highWatermark;
    }

    /** Whether it is remote files that have the data, and not the server. */
    boolean hasRemoteLog() {
        return hasRemoteLog;
    }

    /** Which files those are. */
    RemoteLog remoteLog(final long fetchOffset) {
        return RemoteLog.read(buffer, remoteLogOffset, remoteLogLength, fetchOffset);
    }

    int recordsOffset() {
        return recordsOffset;
    }

    int recordsLength() {
        return recordsLength;
    }

    private void readBucket(final int offset, final int length) {
        hasPartition = false;
        bucketId = -1;
        errorCode = 0;
        errorMessage = null;
        highWatermark = -1;
        hasRemoteLog = false;
        recordsOffset = offset;
        recordsLength = 0;
        bucket.wrap(buffer, offset, length);
        for (int field = bucket.next(); field != ProtoReader.END; field = bucket.next()) {
            switch (field) {
                case PARTITION_ID -> {
                    partitionId = bucket.int64();
                    hasPartition = true;
                }
                case BUCKET_ID -> bucketId = bucket.int32();
                case ERROR_CODE -> errorCode = bucket.int32();
                case ERROR_MESSAGE -> errorMessage = bucket.string();
                case HIGH_WATERMARK -> highWatermark = bucket.int64();
                case REMOTE_LOG -> {
                    hasRemoteLog = true;
                    remoteLogOffset = bucket.bytesOffset();
                    remoteLogLength = bucket.bytesLength();
                }
                case RECORDS -> {
                    recordsOffset = bucket.bytesOffset();
                    recordsLength = bucket.bytesLength();
                }
                default -> {
                    // Fields that this client has no use for, and those of newer servers.
                }
            }
        }
    }
}
