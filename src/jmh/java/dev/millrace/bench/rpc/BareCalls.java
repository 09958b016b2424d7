package dev.millrace.bench.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.bench.TickTable;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.ApiVersionsRequest;
import dev.millrace.internal.rpc.proto.LookupRequest;
import dev.millrace.internal.rpc.proto.PbLookupReqForBucket;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.apache.fluss.bucketing.FlussBucketingFunction;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.encode.CompactedKeyEncoder;
import org.apache.fluss.types.BigIntType;
import org.apache.fluss.types.RowType;

/**
 * Bare round trips to the tablet server over one blocking socket: requests that were laid out before, one thread, nothing
 * between, and nobody looks into the answers.
 */
public final class BareCalls implements AutoCloseable {
    private static final int HEADER_LENGTH = 12;
    private static final int RESPONSE_HEADER_LENGTH = 9;
    private static final int MAX_RESPONSE = 64 * 1024;

    private final SocketChannel channel;
    private final ByteBuffer response = ByteBuffer.allocateDirect(MAX_RESPONSE);

    public BareCalls() throws IOException {
        final ServerNode server;
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(TickTable.bootstrap()).build())) {
            server = connection.getAdmin().getServerNodes().stream()
                    .filter(node -> node.serverType() == ServerType.TABLET_SERVER)
                    .findFirst()
                    .orElseThrow();
        }
        channel = SocketChannel.open(new InetSocketAddress(server.host(), server.port()));
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }

    /** The server's smallest request. */
    public static ByteBuffer ping() {
        return frame(
                Api.API_VERSIONS,
                ApiVersionsRequest.newBuilder()
                        .setClientSoftwareName("ping")
                        .setClientSoftwareVersion("1")
                        .build());
    }

    /** A lookup of one BIGINT key. */
    public static ByteBuffer lookup(final long tableId, final int buckets, final long key) {
        final byte[] bytes = new CompactedKeyEncoder(RowType.of(new BigIntType(false))).encodeKey(GenericRow.of(key));
        return frame(
                Api.LOOKUP,
                LookupRequest.newBuilder()
                        .setTableId(tableId)
                        .addBucketsReq(PbLookupReqForBucket.newBuilder()
                                .setBucketId(new FlussBucketingFunction().bucketing(bytes, buckets))
                                .addKeys(ByteString.copyFrom(bytes)))
                        .build());
    }

    private static ByteBuffer frame(final Api api, final MessageLite request) {
        final byte[] body = request.toByteArray();
        return ByteBuffer.allocateDirect(HEADER_LENGTH + body.length)
                .putInt(HEADER_LENGTH - Integer.BYTES + body.length)
                .putShort((short) api.key())
                .putShort((short) 0)
                .putInt(1)
                .put(body)
                .flip();
    }

    /** Sends one and waits for the answer; the length of its body. */
    public int send(final ByteBuffer request) throws IOException {
        request.rewind();
        while (request.hasRemaining()) {
            channel.write(request);
        }
        response.clear();
        while (response.position() < Integer.BYTES || response.position() < Integer.BYTES + response.getInt(0)) {
            if (channel.read(response) < 0) {
                throw new EOFException("the server closed the connection");
            }
        }
        if (response.get(Integer.BYTES) != 0) {
            throw new IllegalStateException("the server refused a request");
        }
        return response.position() - RESPONSE_HEADER_LENGTH;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
