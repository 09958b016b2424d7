package dev.millrace.bench.rpc;

import dev.millrace.error.FlussException;
import dev.millrace.internal.rpc.Api;
import dev.millrace.internal.rpc.Connection;
import dev.millrace.internal.rpc.ResponseHandler;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.internal.rpc.proto.ApiVersionsRequest;
import dev.millrace.internal.rpc.proto.ApiVersionsResponse;
import dev.millrace.internal.rpc.proto.PbApiVersion;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Who should write a request to the socket? A user's thread must not, for its interrupt would close the channel. This
 * loop measures what it costs to let another thread write: a ping over loopback, the server in the same JVM, all ways in
 * turn in one run, several rounds, the median round reported beside the first way.
 *
 * <p>{@code java -cp ... dev.millrace.bench.rpc.WhoWrites [rounds] [pings per round]}
 */
public final class WhoWrites {
    private static final RpcSettings SETTINGS =
            new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 1 << 20, null);

    private enum Way {
        CALLER("the caller itself (unsafe under interrupts)"),
        QUEUE_VIRTUAL("one virtual thread, blocking queue"),
        PARK_VIRTUAL("one virtual thread, park and unpark"),
        PARK_PLATFORM("one platform thread, park and unpark"),
        NEW_VIRTUAL("a new virtual thread for each call");

        private final String text;

        Way(final String text) {
            this.text = text;
        }
    }

    private final byte[] ping = ApiVersionsRequest.newBuilder()
            .setClientSoftwareName("bench")
            .setClientSoftwareVersion("1")
            .build()
            .toByteArray();
    private final Connection connection;
    private final BlockingQueue<Ping> blockingQueue = new LinkedBlockingQueue<>();
    private final Parked parkedVirtual = new Parked();
    private final Parked parkedPlatform = new Parked();

    private WhoWrites(final Connection connection) {
        this.connection = connection;
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    blockingQueue.take().write();
                }
            } catch (final InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        parkedVirtual.start(Thread.ofVirtual());
        parkedPlatform.start(Thread.ofPlatform().daemon());
    }

    /** Measures and prints a table. */
    public static void main(final String[] args) throws Exception {
        final int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
        final int pings = args.length > 1 ? Integer.parseInt(args[1]) : 20_000;
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> echo(server));
            final List<Connection> opened = new ArrayList<>();
            Thread.ofVirtual()
                    .start(() -> opened.add(Connection.open(
                            "bench",
                            new InetSocketAddress(server.getInetAddress(), server.getLocalPort()),
                            SETTINGS,
                            System.nanoTime() + SETTINGS.connectTimeoutNs())))
                    .join();
            final WhoWrites bench = new WhoWrites(opened.getFirst());
            System.out.printf(
                    "JDK %s, %d processors%n",
                    Runtime.version(), Runtime.getRuntime().availableProcessors());
            bench.measure("1 caller, platform thread", Thread.ofPlatform(), 1, rounds, pings);
            bench.measure("1 caller, virtual thread", Thread.ofVirtual(), 1, rounds, pings);
            bench.measure("200 callers, virtual threads", Thread.ofVirtual(), 200, rounds, 5 * pings);
        }
    }

    private void measure(
            final String title, final Thread.Builder caller, final int callers, final int rounds, final int pings)
            throws InterruptedException {
        final Map<Way, double[]> microsPerPing = new EnumMap<>(Way.class);
        for (final Way way : Way.values()) {
            microsPerPing.put(way, new double[rounds]);
            run(way, caller, callers, pings);
        }
        for (int round = 0; round < rounds; round++) {
            for (final Way way : Way.values()) {
                microsPerPing.get(way)[round] = run(way, caller, callers, pings) / 1e3 / pings;
            }
        }
        System.out.println(title);
        final double base = median(microsPerPing.get(Way.CALLER));
        for (final Way way : Way.values()) {
            final double median = median(microsPerPing.get(way));
            System.out.printf("  %-45s %8.2f us a ping  %5.2f%n", way.text, median, median / base);
        }
    }

    private static double median(final double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private long run(final Way way, final Thread.Builder caller, final int callers, final int pings)
            throws InterruptedException {
        final List<Thread> threads = new ArrayList<>();
        final long startNs = System.nanoTime();
        for (int i = 0; i < callers; i++) {
            threads.add(caller.start(() -> {
                for (int n = pings / callers; n > 0; n--) {
                    final Ping call = new Ping();
                    start(way, call);
                    call.await();
                }
            }));
        }
        for (final Thread thread : threads) {
            thread.join();
        }
        return System.nanoTime() - startNs;
    }

    private void start(final Way way, final Ping call) {
        switch (way) {
            case CALLER -> call.write();
            case QUEUE_VIRTUAL -> blockingQueue.add(call);
            case PARK_VIRTUAL -> parkedVirtual.add(call);
            case PARK_PLATFORM -> parkedPlatform.add(call);
            case NEW_VIRTUAL -> Thread.startVirtualThread(call::write);
            default -> throw new IllegalArgumentException(way.toString());
        }
    }

    private static void echo(final ServerSocket server) {
        final ApiVersionsResponse response = ApiVersionsResponse.newBuilder()
                .addApiVersions(PbApiVersion.newBuilder()
                        .setApiKey(Api.API_VERSIONS.key())
                        .setMinVersion(0)
                        .setMaxVersion(0))
                .build();
        final byte[] body = response.toByteArray();
        try (Socket socket = server.accept()) {
            socket.setTcpNoDelay(true);
            final DataInputStream in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
            final OutputStream out = socket.getOutputStream();
            final ByteBuffer frame = ByteBuffer.allocate(9 + body.length);
            while (true) {
                final int length = in.readInt();
                in.skipNBytes(4);
                final int requestId = in.readInt();
                in.skipNBytes(length - 8);
                frame.clear()
                        .putInt(5 + body.length)
                        .put((byte) 0)
                        .putInt(requestId)
                        .put(body);
                out.write(frame.array());
            }
        } catch (final EOFException e) {
            System.out.println("done");
        } catch (final IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A thread that writes what others queue, and parks while there is nothing. */
    private static final class Parked {
        private final Queue<Ping> queue = new ConcurrentLinkedQueue<>();
        private volatile boolean parked;
        private volatile Thread thread;

        void start(final Thread.Builder builder) {
            thread = builder.start(() -> {
                while (true) {
                    final Ping call = queue.poll();
                    if (call != null) {
                        call.write();
                    } else {
                        parked = true;
                        if (queue.isEmpty()) {
                            LockSupport.park(this);
                        }
                        parked = false;
                    }
                }
            });
        }

        void add(final Ping call) {
            queue.add(call);
            if (parked) {
                LockSupport.unpark(thread);
            }
        }
    }

    private final class Ping implements ResponseHandler {
        private final Thread caller = Thread.currentThread();
        private volatile boolean done;

        void write() {
            connection.send(Api.API_VERSIONS, new ByteBuffer[] {ByteBuffer.wrap(ping)}, this);
        }

        void await() {
            while (!done) {
                LockSupport.park(this);
            }
        }

        @Override
        public ByteBuffer bodyBuffer(final int length) {
            return ByteBuffer.allocate(length);
        }

        @Override
        public void onResponse(final ByteBuffer body) {
            done = true;
            LockSupport.unpark(caller);
        }

        @Override
        public void onFailure(final FlussException cause) {
            throw cause;
        }
    }
}
