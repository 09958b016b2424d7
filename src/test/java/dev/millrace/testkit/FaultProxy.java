package dev.millrace.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on loopback that harms the connections through it: it cuts them, keeps silent, delays, slows down and tears
 * what it forwards, each way apart. It also counts what it sees of the protocol. Faults hold for present and later connections until {@link Lane#heal}. Every method is
 * safe for any thread.
 *
 * <pre>{@code
 * try (FaultProxy proxy = FaultProxy.to("127.0.0.1", serverPort)) {
 *     connect(proxy.address());
 *     proxy.toClient().mute();   // requests arrive, responses do not
 *     ...
 *     proxy.cut();
 * }
 * }</pre>
 */
public final class FaultProxy implements AutoCloseable {
    private static final int BUFFER_LENGTH = 64 * 1024;
    private static final int CONNECT_MILLIS = 5_000;

    private final ServerSocket listener;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final Map<Integer, LongAdder> requests = new ConcurrentHashMap<>();
    private final LongAccumulator longestResponse = new LongAccumulator(Math::max, 0);
    private final Lane toServer = new Lane();
    private final Lane toClient = new Lane();
    private volatile InetSocketAddress target;
    private volatile boolean refusing;
    private volatile boolean closed;

    private FaultProxy(InetSocketAddress target) throws IOException {
        this.target = target;
        listener = new ServerSocket(0, 50, InetAddress.getByName(FlussCluster.HOST));
        Thread.ofVirtual().name("fault-proxy-" + listener.getLocalPort()).start(this::acceptAll);
    }

    /** Starts a proxy in front of that address; whether anybody listens there matters when a client connects. */
    public static FaultProxy to(String host, int port) {
        try {
            return new FaultProxy(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new UncheckedIOException("could not start a proxy to " + host + ":" + port, e);
        }
    }

    /** Sends connections made from now on to another port of the same host. */
    void retarget(int port) {
        target = new InetSocketAddress(target.getHostString(), port);
    }

    public int port() {
        return listener.getLocalPort();
    }

    public String address() {
        return FlussCluster.HOST + ":" + port();
    }

    /** What flows from the clients to the server. */
    public Lane toServer() {
        return toServer;
    }

    /** What flows from the server to the clients. */
    public Lane toClient() {
        return toClient;
    }

    /** Resets every present connection, both sides; later ones are untouched. */
    public void cut() {
        links.forEach(Link::reset);
    }

    /** Resets every later connection right after it was accepted, until {@link #accept}. */
    public void refuse() {
        refusing = true;
    }

    public void accept() {
        refusing = false;
    }

    /** Ends all faults; connections that were cut stay cut. */
    public void heal() {
        accept();
        toServer.heal();
        toClient.heal();
    }

    /** Connections open right now. */
    public int openConnections() {
        return links.size();
    }

    /** Connections accepted so far, those that were refused not counted. */
    public int acceptedConnections() {
        return accepted.get();
    }

    /** Requests with that key that clients have sent so far, whatever became of them; of servers that speak Fluss. */
    public int requests(int apiKey) {
        LongAdder count = requests.get(apiKey);
        return count == null ? 0 : count.intValue();
    }

    /** Bytes of the longest response so far; of servers that speak Fluss. */
    public long longestResponse() {
        return longestResponse.get();
    }

    private void countRequest(int length, int apiKey) {
        requests.computeIfAbsent(apiKey, key -> new LongAdder()).increment();
    }

    private void measureResponse(int length, int begin) {
        longestResponse.accumulate(length);
    }

    private void acceptAll() {
        while (!closed) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().name("fault-proxy-connect").start(() -> open(client));
            } catch (IOException e) {
                if (!closed) {
                    throw new UncheckedIOException("the proxy cannot accept connections any more", e);
                }
            }
        }
    }

    private void open(Socket client) {
        Socket server = new Socket();
        Link link = new Link(client, server);
        if (refusing) {
            link.reset();
            return;
        }
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(target, CONNECT_MILLIS);
        } catch (IOException e) {
            link.reset(); // to the client it looks as if the server were gone, and so it is
            return;
        }
        accepted.incrementAndGet();
        links.add(link);
        if (closed) {
            link.reset();
            return;
        }
        Thread.ofVirtual()
                .name("fault-proxy-to-server")
                .start(() -> link.pump(client, server, toServer, this::countRequest));
        Thread.ofVirtual()
                .name("fault-proxy-to-client")
                .start(() -> link.pump(server, client, toClient, this::measureResponse));
    }

    @Override
    public void close() {
        closed = true;
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException("could not close the proxy", e);
        } finally {
            heal();
            cut();
        }
    }

    /** One client's connection and the one made for it. */
    private final class Link {
        private final Socket client;
        private final Socket server;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void pump(Socket from, Socket to, Lane lane, FrameTap.Listener listener) {
            FrameTap tap = new FrameTap(listener);
            byte[] buffer = new byte[BUFFER_LENGTH];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                int length = in.read(buffer);
                while (length >= 0) {
                    tap.pass(buffer, length);
                    if (!lane.forward(buffer, length, out)) {
                        break; // the lane's budget is used up
                    }
                    length = in.read(buffer);
                }
                if (length >= 0) {
                    reset();
                } else {
                    to.shutdownOutput();
                }
            } catch (IOException e) {
                reset(); // either side was closed or cut: the other must not believe otherwise
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                reset();
            } finally {
                if (isOver(client) && isOver(server)) {
                    reset();
                }
            }
        }

        private boolean isOver(Socket socket) {
            return socket.isClosed() || socket.isOutputShutdown();
        }

        /** Closes both sockets with a reset instead of an orderly end, and wakes what waits on a lane for them. */
        void reset() {
            links.remove(this);
            resetQuietly(client);
            resetQuietly(server);
        }

        private static void resetQuietly(Socket socket) {
            try (socket) {
                socket.setSoLinger(true, 0);
            } catch (IOException e) {
                // It is closed already, which is what was wanted.
            }
        }
    }

    /** One direction of all connections and what is wrong with it. */
    public static final class Lane {
        private static final long NO_LIMIT = Long.MAX_VALUE;

        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final AtomicLong forwarded = new AtomicLong();
        // guarded by lock
        private boolean muted;
        private boolean torn;
        private long delayNs;
        private long bytesPerSecond = NO_LIMIT;
        private long bytesUntilCut = NO_LIMIT;

        private Lane() {}

        /** Holds everything back, though connections stay open; {@link #heal} lets it go. */
        public void mute() {
            change(() -> muted = true);
        }

        /** Makes everything arrive later by that much. */
        public void delay(Duration delay) {
            change(() -> delayNs = delay.toNanos());
        }

        /** Forwards at most so many bytes a second. */
        public void throttle(long bytes) {
            change(() -> bytesPerSecond = bytes);
        }

        /** Forwards byte by byte, each in a segment of its own, so that every frame is torn everywhere. */
        public void tear() {
            change(() -> torn = true);
        }

        /** Forwards so many more bytes, over all connections together, then cuts the connection they were for, once. */
        public void cutAfter(long bytes) {
            change(() -> bytesUntilCut = bytes);
        }

        /** Ends the faults of this direction. */
        public void heal() {
            change(() -> {
                muted = false;
                torn = false;
                delayNs = 0;
                bytesPerSecond = NO_LIMIT;
                bytesUntilCut = NO_LIMIT;
            });
        }

        /** Bytes forwarded so far. */
        public long forwardedBytes() {
            return forwarded.get();
        }

        private void change(Runnable what) {
            lock.lock();
            try {
                what.run();
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        /** Returns false when the connection is to be cut. */
        private boolean forward(byte[] bytes, int length, OutputStream out) throws IOException, InterruptedException {
            await(delay());
            boolean goesOn = true;
            for (int offset = 0; offset < length && goesOn; ) {
                int step = claim(length - offset);
                out.write(bytes, offset, step);
                out.flush();
                forwarded.addAndGet(step);
                offset += step;
                goesOn = step > 0;
            }
            return goesOn;
        }

        private long delay() {
            lock.lock();
            try {
                return delayNs;
            } finally {
                lock.unlock();
            }
        }

        /** How many bytes may go now; waits while the lane is muted. 0 means never again. */
        private int claim(int wanted) throws InterruptedException {
            lock.lock();
            try {
                while (muted) {
                    changed.await();
                }
                int step = (int) Math.min(torn ? 1 : wanted, bytesUntilCut);
                if (bytesUntilCut != NO_LIMIT) {
                    bytesUntilCut = step == 0 ? NO_LIMIT : bytesUntilCut - step;
                }
                if (bytesPerSecond != NO_LIMIT) {
                    step = (int) Math.min(step, Math.max(1, bytesPerSecond / 20));
                    changed.awaitNanos(TimeUnit.SECONDS.toNanos(step) / bytesPerSecond);
                }
                return step;
            } finally {
                lock.unlock();
            }
        }

        private void await(long waitNs) throws InterruptedException {
            lock.lock();
            try {
                long remainingNs = waitNs;
                while (remainingNs > 0 && delayNs > 0) {
                    remainingNs = changed.awaitNanos(remainingNs);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
