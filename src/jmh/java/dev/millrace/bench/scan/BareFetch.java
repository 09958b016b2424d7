package dev.millrace.bench.scan;

import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForTable;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForTable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Reads logs as cheaply as it can be done: FETCH_LOG requests as a scanner sends them, over one blocking socket of one
 * platform thread, and nothing is done with the bytes of the responses, but the checksum of all of them on demand. What comes is
 * learnt in a first round, with the generated classes; a later round only repeats its requests, each when the response
 * to the last is there.
 */
public final class BareFetch implements AutoCloseable {
    private static final short FETCH_LOG = 1015;
    private static final int REQUEST_HEADER_LENGTH = 12;
    private static final int RESPONSE_HEADER_LENGTH = 9;
    private static final int BUFFER_LENGTH = 32 << 20;
    private static final int MAX_BYTES = 16 << 20;
    private static final int MAX_BYTES_OF_BUCKET = 1 << 20;
    // In the header of a log batch, little-endian.
    private static final int BATCH_LENGTH_OFFSET = 8;
    private static final int LAST_DELTA_OFFSET = 28;

    private final SocketChannel channel;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER_LENGTH);
    private final List<ByteBuffer> requests = new ArrayList<>();
    private long bytes;

    public BareFetch(final String address, final long tableId, final int buckets, final long rows) throws IOException {
        final int colon = address.lastIndexOf(':');
        channel = SocketChannel.open(
                new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
        learn(tableId, buckets, rows);
    }

    private void learn(final long tableId, final int buckets, final long rows) throws IOException {
        final long[] offsets = new long[buckets];
        for (long read = 0; read < rows; ) {
            final ByteBuffer request = frame(fetch(tableId, offsets));
            requests.add(request);
            write(request.duplicate());
            readFrame();
            final byte[] body = new byte[in.remaining() - RESPONSE_HEADER_LENGTH];
            in.position(RESPONSE_HEADER_LENGTH).get(body);
            read = moveOn(FetchLogResponse.parseFrom(body), offsets);
        }
    }

    private static FetchLogRequest fetch(final long tableId, final long[] offsets) {
        final PbFetchLogReqForTable.Builder table =
                PbFetchLogReqForTable.newBuilder().setTableId(tableId).setProjectionPushdownEnabled(false);
        for (int bucket = 0; bucket < offsets.length; bucket++) {
            table.addBucketsReq(PbFetchLogReqForBucket.newBuilder()
                    .setBucketId(bucket)
                    .setFetchOffset(offsets[bucket])
                    .setMaxFetchBytes(MAX_BYTES_OF_BUCKET));
        }
        return FetchLogRequest.newBuilder()
                .setFollowerServerId(-1)
                .setMaxBytes(MAX_BYTES)
                .setMaxWaitMs(10)
                .setMinBytes(1)
                .addTablesReq(table)
                .build();
    }

    private static ByteBuffer frame(final FetchLogRequest request) {
        final byte[] body = request.toByteArray();
        return ByteBuffer.allocateDirect(REQUEST_HEADER_LENGTH + body.length)
                .putInt(REQUEST_HEADER_LENGTH - Integer.BYTES + body.length)
                .putShort(FETCH_LOG)
                .putShort((short) 0)
                .putInt(1)
                .put(body)
                .flip();
    }

    /** Returns how many rows were read so far. */
    private static long moveOn(final FetchLogResponse response, final long[] offsets) {
        for (final PbFetchLogRespForTable table : response.getTablesRespList()) {
            for (final PbFetchLogRespForBucket bucket : table.getBucketsRespList()) {
                final ByteBuffer records =
                        bucket.getRecords().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
                offsets[bucket.getBucketId()] = end(records, offsets[bucket.getBucketId()]);
            }
        }
        long rows = 0;
        for (final long offset : offsets) {
            rows += offset;
        }
        return rows;
    }

    private static long end(final ByteBuffer records, final long from) {
        long next = from;
        int at = 0;
        while (at + LAST_DELTA_OFFSET + Integer.BYTES <= records.limit()) {
            final int length = BATCH_LENGTH_OFFSET + Integer.BYTES + records.getInt(at + BATCH_LENGTH_OFFSET);
            if (at + length > records.limit()) {
                return next;
            }
            next = records.getLong(at) + records.getInt(at + LAST_DELTA_OFFSET) + 1;
            at += length;
        }
        return next;
    }

    /** Reads everything once; the checksum, or 0. */
    public long read(final boolean takesChecksum) throws IOException {
        final CRC32C crc = new CRC32C();
        bytes = 0;
        for (final ByteBuffer request : requests) {
            write(request.duplicate());
            readFrame();
            bytes += in.remaining();
            if (takesChecksum) {
                crc.update(in);
            }
        }
        return crc.getValue();
    }

    /** How many bytes the last {@link #read} was. */
    public long bytes() {
        return bytes;
    }

    private void write(final ByteBuffer request) throws IOException {
        while (request.hasRemaining()) {
            channel.write(request);
        }
    }

    /** Leaves a whole response in the buffer. */
    private void readFrame() throws IOException {
        in.clear();
        fill(RESPONSE_HEADER_LENGTH);
        fill(Integer.BYTES + in.getInt(0));
        if (in.get(Integer.BYTES) != 0) {
            throw new IllegalStateException("the server refused a fetch");
        }
        in.flip();
    }

    private void fill(final int length) throws IOException {
        in.limit(Math.max(in.position(), length));
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new EOFException("the server closed the connection");
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
