package dev.millrace.bench;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.proto.ApiVersionsRequest;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The bare round trip to the tablet server: its smallest request over a socket of its own, one thread, nothing between. */
final class Ping implements AutoCloseable {
    private static final int HEADER_LENGTH = 12;
    private static final int MAX_RESPONSE = 64 * 1024;

    private final SocketChannel channel;
    private final ByteBuffer request;
    private final ByteBuffer response = ByteBuffer.allocateDirect(MAX_RESPONSE);

    Ping() throws IOException {
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
        final byte[] body = ApiVersionsRequest.newBuilder()
                .setClientSoftwareName("ping")
                .setClientSoftwareVersion("1")
                .build()
                .toByteArray();
        request = ByteBuffer.allocateDirect(HEADER_LENGTH + body.length)
                .putInt(HEADER_LENGTH - Integer.BYTES + body.length)
                .putShort((short) Api.API_VERSIONS.key())
                .putShort((short) 0)
                .putInt(1)
                .put(body)
                .flip();
    }

    /** Sends one and waits for the answer; its length. */
    int send() throws IOException {
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
        return response.position();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
