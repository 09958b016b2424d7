package dev.millrace.bench.e2e;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.bench.client.BenchTable;
import dev.millrace.bench.client.Client;
import dev.millrace.bench.rpc.BareCalls;
import dev.millrace.bench.scan.BareFetch;
import dev.millrace.metadata.TableInfo;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * What no client can go below on the same machine: the bare round trip, and what it takes to move the bytes of the same rows,
 * to copy them and to take their checksum.
 */
final class Limits {
    private static final int KEYS = 1_000;
    private static final int CALLS = 1_000;
    /** Bucket, value and lengths; less is a key that was not found. */
    private static final int MIN_FOUND_LENGTH = 8;

    private static final int BUFFER_LENGTH = 1 << 20;

    private Limits() {}

    /** The server's smallest request over a blocking socket. */
    static Work.Opener ping() {
        return servers -> {
            final ByteBuffer ping = BareCalls.ping();
            return calls(new BareCalls(), number -> ping, 0);
        };
    }

    /** The requests of lookups, laid out beforehand; nobody looks into the answers. */
    static Work.Opener lookUp(final BenchTable table) {
        return servers -> {
            final long tableId = info(servers, table).tableId();
            final ByteBuffer[] requests = new ByteBuffer[KEYS];
            for (int i = 0; i < KEYS; i++) {
                requests[i] = BareCalls.lookup(tableId, table.buckets(), Client.keyOf(i, table));
            }
            return calls(new BareCalls(), number -> requests[number % KEYS], MIN_FOUND_LENGTH);
        };
    }

    private static TableInfo info(final String servers, final BenchTable table) {
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(servers).build())) {
            return connection.getAdmin().getTableInfo(table.path());
        }
    }

    private interface Requests {
        ByteBuffer of(int number);
    }

    private static Work calls(final BareCalls server, final Requests requests, final int minLength) {
        return new Work() {
            @Override
            public long run(final LongConsumer latency) throws IOException {
                for (int i = 0; i < CALLS; i++) {
                    final long startNs = System.nanoTime();
                    final int length = server.send(requests.of(i));
                    latency.accept(System.nanoTime() - startNs);
                    if (length < minLength) {
                        throw new IllegalStateException("the answer has only " + length + " bytes");
                    }
                }
                return CALLS;
            }

            @Override
            public void close() throws IOException {
                server.close();
            }
        };
    }

    /** Reads the bytes of all rows from the server, one request after the other, and may take their checksum. */
    static Work.Opener fetch(final BenchTable table, final long rows, final boolean takesChecksum) {
        return servers -> {
            final BareFetch server = fetch(servers, table, rows);
            return new Work() {
                @Override
                public long run(final LongConsumer latency) throws IOException {
                    server.read(takesChecksum);
                    return rows;
                }

                @Override
                public void close() throws IOException {
                    server.close();
                }
            };
        };
    }

    private static BareFetch fetch(final String servers, final BenchTable table, final long rows) throws IOException {
        return new BareFetch(servers.split(",")[0], info(servers, table).tableId(), table.buckets(), rows);
    }

    /** As many bytes through a socket to another thread, without a server. */
    static Work.Opener socket(final BenchTable table, final long rows) {
        return servers -> {
            final long bytes = bytes(servers, table, rows);
            return latency -> {
                try (ServerSocketChannel listener =
                        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
                    final Thread writer = Thread.startVirtualThread(() -> send(listener, bytes));
                    receive(listener, bytes);
                    writer.join();
                }
                return rows;
            };
        };
    }

    private static long bytes(final String servers, final BenchTable table, final long rows) throws IOException {
        try (BareFetch server = fetch(servers, table, rows)) {
            server.read(false);
            return server.bytes();
        }
    }

    private static void send(final ServerSocketChannel listener, final long bytes) {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
        try (SocketChannel channel = SocketChannel.open(listener.getLocalAddress())) {
            for (long left = bytes; left > 0; left -= buffer.position()) {
                buffer.clear().limit((int) Math.min(left, BUFFER_LENGTH));
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("could not send", e);
        }
    }

    private static void receive(final ServerSocketChannel listener, final long bytes) throws IOException {
        final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
        try (SocketChannel channel = listener.accept()) {
            for (long got = 0; got < bytes; got += buffer.position()) {
                if (channel.read(buffer.clear()) < 0) {
                    throw new IllegalStateException("only " + got + " bytes came");
                }
            }
        }
    }

    /** As many bytes from one place in memory to another. */
    static Work.Opener copy(final BenchTable table, final long rows) {
        return servers -> {
            final long bytes = bytes(servers, table, rows);
            final ByteBuffer from = ByteBuffer.allocateDirect(BUFFER_LENGTH);
            final ByteBuffer to = ByteBuffer.allocateDirect(BUFFER_LENGTH);
            return latency -> {
                for (long left = bytes; left > 0; left -= BUFFER_LENGTH) {
                    to.put(0, from, 0, (int) Math.min(left, BUFFER_LENGTH));
                }
                return rows;
            };
        };
    }

    /** The CRC-32C of as many bytes. */
    static Work.Opener checksum(final BenchTable table, final long rows) {
        return servers -> {
            final long bytes = bytes(servers, table, rows);
            final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH);
            return latency -> {
                final CRC32C crc = new CRC32C();
                for (long left = bytes; left > 0; left -= BUFFER_LENGTH) {
                    crc.update(buffer.clear().limit((int) Math.min(left, BUFFER_LENGTH)));
                }
                if (crc.getValue() == 0) {
                    throw new IllegalStateException("no checksum was taken");
                }
                return rows;
            };
        };
    }
}
