package dev.millrace.scan;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForTable;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * The least that it can take to watch silent buckets: a program with one platform thread and one blocking socket that sends
 * the same FETCH_LOG request again and again, each held back by the server for half a second, and does not look at the
 * answers. Prints what CPU time its process took for that: {@code IdleSocket host port table-id buckets seconds}.
 */
final class IdleSocket {
    private static final int HEADER_LENGTH = 12;
    private static final int MAX_WAIT_MS = 500;
    private static final int SETTLING_SECONDS = 10;

    private final SocketChannel channel;
    private final ByteBuffer request;
    private final ByteBuffer response = ByteBuffer.allocateDirect(1 << 20);

    private IdleSocket(final SocketChannel channel, final long tableId, final int buckets) {
        this.channel = channel;
        final byte[] body = fetch(tableId, buckets).toByteArray();
        request = ByteBuffer.allocateDirect(HEADER_LENGTH + body.length)
                .putInt(HEADER_LENGTH - Integer.BYTES + body.length)
                .putShort((short) Api.FETCH_LOG.key())
                .putShort((short) 0)
                .putInt(1)
                .put(body);
    }

    public static void main(final String[] args) throws IOException {
        final InetSocketAddress address = new InetSocketAddress(args[0], Integer.parseInt(args[1]));
        try (SocketChannel channel = SocketChannel.open(address)) {
            final IdleSocket socket = new IdleSocket(channel, Long.parseLong(args[2]), Integer.parseInt(args[3]));
            socket.fetchFor(SETTLING_SECONDS);
            final OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            final long cpuNs = os.getProcessCpuTime();
            socket.fetchFor(Integer.parseInt(args[4]));
            System.out.println("CPU_MS " + TimeUnit.NANOSECONDS.toMillis(os.getProcessCpuTime() - cpuNs));
        }
    }

    private static FetchLogRequest fetch(final long tableId, final int buckets) {
        final PbFetchLogReqForTable.Builder table =
                PbFetchLogReqForTable.newBuilder().setTableId(tableId).setProjectionPushdownEnabled(false);
        for (int bucket = 0; bucket < buckets; bucket++) {
            table.addBucketsReq(PbFetchLogReqForBucket.newBuilder()
                    .setBucketId(bucket)
                    .setFetchOffset(0)
                    .setMaxFetchBytes(1 << 20));
        }
        return FetchLogRequest.newBuilder()
                .setFollowerServerId(-1)
                .setMaxBytes(1 << 20)
                .setMaxWaitMs(MAX_WAIT_MS)
                .setMinBytes(1)
                .addTablesReq(table)
                .build();
    }

    private void fetchFor(final int seconds) throws IOException {
        final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < endNs) {
            request.flip();
            while (request.hasRemaining()) {
                channel.write(request);
            }
            response.clear();
            while (response.position() < Integer.BYTES || response.position() < Integer.BYTES + response.getInt(0)) {
                if (channel.read(response) < 0) {
                    throw new EOFException("the server closed the connection");
                }
            }
        }
    }
}
