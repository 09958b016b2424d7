package dev.millrace.internal.rpc;

import com.google.protobuf.MessageLite;
import dev.millrace.internal.rpc.proto.ApiVersionsResponse;
import dev.millrace.internal.rpc.proto.ErrorResponse;
import dev.millrace.internal.rpc.proto.PbApiVersion;
import dev.millrace.metadata.ServerNode;
import dev.millrace.metadata.ServerType;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A server in this process that does what a test tells it, which real servers do not. */
public final class ScriptedServer implements AutoCloseable {
    private final ServerSocket socket;
    private final Thread acceptor;
    private final List<Socket> accepted = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final BlockingQueue<Request> held = new LinkedBlockingQueue<>();
    private volatile Consumer<Request> script;
    private volatile boolean handshakes = true;
    private volatile ApiVersionsResponse served = serving(List.of(Api.values()));

    /** A request as it came in, and the ways to answer it. */
    public record Request(Api api, int version, int id, byte[] body, Socket socket) {
        public void answer(final MessageLite response) {
            answer(ResponseLayout.SUCCESS, response.toByteArray());
        }

        public void refuse(final int code, final @Nullable String message) {
            answer(ResponseLayout.ERROR, error(code, message));
        }

        public void answer(final byte[] responseBody) {
            answer(ResponseLayout.SUCCESS, responseBody);
        }

        void answer(final int type, final byte[] responseBody) {
            raw(frame(type, responseBody));
        }

        /** Sends half of the response, as a server does that freezes. */
        public void answerHalf(final byte[] responseBody) {
            raw(Arrays.copyOf(frame(ResponseLayout.SUCCESS, responseBody), 9 + responseBody.length / 2));
        }

        private byte[] frame(final int type, final byte[] responseBody) {
            return ByteBuffer.allocate(9 + responseBody.length)
                    .putInt(5 + responseBody.length)
                    .put((byte) type)
                    .putInt(id)
                    .put(responseBody)
                    .array();
        }

        void raw(final byte... bytes) {
            try {
                synchronized (socket) {
                    socket.getOutputStream().write(bytes);
                }
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        public void cut() {
            try {
                socket.close();
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public ScriptedServer(final Consumer<Request> script) throws IOException {
        this(0, script);
    }

    ScriptedServer(final int port, final Consumer<Request> script) throws IOException {
        this(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), script);
    }

    private ScriptedServer(final InetSocketAddress address, final Consumer<Request> script) throws IOException {
        this.script = script;
        socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(address);
        acceptor = Thread.ofPlatform().daemon().name("scripted-accept").start(this::accept);
    }

    /** Listens where it is told to. */
    public static ScriptedServer on(final InetAddress address, final int port, final Consumer<Request> script)
            throws IOException {
        return new ScriptedServer(new InetSocketAddress(address, port), script);
    }

    /** Holds every request back for the test to answer by {@link #nextHeld}. */
    public static ScriptedServer holding() throws IOException {
        final ScriptedServer server = new ScriptedServer(request -> {});
        server.script = server.held::add;
        return server;
    }

    /** Leaves the first API_VERSIONS of each connection to the script, too. */
    public ScriptedServer withoutHandshake() {
        handshakes = false;
        return this;
    }

    static byte[] error(final int code, final @Nullable String message) {
        final ErrorResponse.Builder error = ErrorResponse.newBuilder().setErrorCode(code);
        if (message != null) {
            error.setErrorMessage(message);
        }
        return error.build().toByteArray();
    }

    /** Serves these requests only, in all versions that we speak. */
    public ScriptedServer limitedTo(final Api... apis) {
        served = serving(List.of(apis));
        return this;
    }

    private static ApiVersionsResponse serving(final List<Api> apis) {
        final ApiVersionsResponse.Builder response =
                ApiVersionsResponse.newBuilder().setServerType(2);
        for (final Api api : apis) {
            response.addApiVersions(PbApiVersion.newBuilder()
                    .setApiKey(api.key())
                    .setMinVersion(0)
                    .setMaxVersion(api.maxVersion()));
        }
        return response.build();
    }

    public void script(final Consumer<Request> newScript) {
        script = newScript;
    }

    public Request nextHeld() throws InterruptedException {
        final Request request = held.poll(20, TimeUnit.SECONDS);
        if (request == null) {
            throw new AssertionError("no request came in");
        }
        return request;
    }

    InetSocketAddress address() {
        return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
    }

    public ServerNode node() {
        return new ServerNode(
                7, socket.getInetAddress().getHostAddress(), socket.getLocalPort(), ServerType.TABLET_SERVER);
    }

    public int connections() {
        return connections.get();
    }

    @Override
    public void close() throws IOException {
        socket.close();
        try {
            // A thread inside accept() keeps the port open a moment longer.
            acceptor.join();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (final Socket each : accepted) {
            each.close();
        }
    }

    private void accept() {
        try {
            while (true) {
                final Socket client = socket.accept();
                client.setTcpNoDelay(true);
                connections.incrementAndGet();
                accepted.add(client);
                Thread.ofPlatform().daemon().name("scripted-connection").start(() -> serve(client));
            }
        } catch (final IOException e) {
            if (!socket.isClosed()) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void serve(final Socket client) {
        try (client) {
            final DataInputStream in = new DataInputStream(new BufferedInputStream(client.getInputStream()));
            boolean shaken = false;
            while (true) {
                final int length = in.readInt();
                final Api api = Api.forKey(in.readShort());
                final int version = in.readShort();
                final int id = in.readInt();
                final Request request = new Request(api, version, id, in.readNBytes(length - 8), client);
                if (api == Api.API_VERSIONS && !shaken && handshakes) {
                    shaken = true;
                    request.answer(served);
                } else {
                    script.accept(request);
                }
            }
        } catch (final IOException | UncheckedIOException e) {
            // The client went away, or the script cut the connection.
        }
    }
}
