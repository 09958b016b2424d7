package dev.millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.jspecify.annotations.Nullable;

/**
 * A real Fluss cluster on loopback: ZooKeeper in this JVM, one coordinator and some tablet servers, either in this JVM too
 * or each in a process of its own. Ports are chosen by the system. Data lies in a temporary directory that goes with
 * {@link #close}. Safe for several threads that only ask; starting and stopping servers is for one thread at a time.
 *
 * <pre>{@code
 * try (FlussCluster cluster = FlussCluster.embedded(1)) {
 *     connect(cluster.bootstrapServers());
 * }
 * }</pre>
 */
public final class FlussCluster implements AutoCloseable {
    static final String HOST = "127.0.0.1";

    private static final long CLOSE_SECONDS = 30;
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(60);
    /** ZooKeeper grants sessions of 2 to 20 ticks; a killed server is missed after {@link #SESSION_TIMEOUT}. */
    private static final int TICK_MILLIS = 1_000;

    private static final String SESSION_TIMEOUT = "4 s";

    /** Where the servers run. */
    public enum Mode {
        /**
         * In this JVM, which needs the flag {@code --add-opens=java.base/java.nio=ALL-UNNAMED}: up in a second or two. They can
         * be stopped and started, not killed.
         */
        EMBEDDED,
        /** Each in a process of its own, which can be killed and paused. */
        PROCESSES
    }

    private final Path directory;
    private final List<FlussServer> tabletServers = new ArrayList<>();
    private final List<FaultProxy> proxies = new ArrayList<>();
    // The four are set while starting; close copes with a start that failed half way.
    private @Nullable Path plugins;
    private @Nullable TestingServer zooKeeper;
    private @Nullable FlussServer coordinator;
    private @Nullable ClusterProbe probe;

    private FlussCluster(Builder builder) {
        try {
            directory = Files.createTempDirectory("millrace-cluster-");
        } catch (IOException e) {
            throw new UncheckedIOException("could not make a directory for the cluster", e);
        }
        try {
            start(builder);
        } catch (RuntimeException | Error e) {
            try {
                close();
            } catch (RuntimeException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    /** Starts a cluster in this JVM. */
    public static FlussCluster embedded(int tabletServers) {
        return builder().tabletServers(tabletServers).start();
    }

    /** Starts a cluster whose servers are processes. */
    public static FlussCluster processes(int tabletServers) {
        return builder().tabletServers(tabletServers).mode(Mode.PROCESSES).start();
    }

    public static Builder builder() {
        return new Builder();
    }

    private void start(Builder builder) {
        plugins = builder.plugins;
        zooKeeper = startZooKeeper(directory.resolve("zookeeper"));
        coordinator = newServer(builder, ServerConfig.Role.COORDINATOR, -1);
        for (int id = 0; id < builder.tabletServers; id++) {
            tabletServers.add(newServer(builder, ServerConfig.Role.TABLET_SERVER, id));
        }
        List<FlussServer> all = servers().toList();
        // Processes start side by side; a tablet server waits for the coordinator by itself.
        all.forEach(server -> {
            if (server instanceof ServerProcess process) {
                process.launch();
            } else {
                server.start();
            }
        });
        all.forEach(server -> {
            if (server instanceof ServerProcess process) {
                process.awaitReady();
            }
        });
        probe = new ClusterProbe();
        awaitReady();
    }

    private static TestingServer startZooKeeper(Path data) {
        try {
            Map<String, Object> properties = Map.of("admin.enableServer", "false");
            return new TestingServer(
                    new InstanceSpec(data.toFile(), -1, -1, -1, false, -1, TICK_MILLIS, -1, properties, HOST), true);
        } catch (Exception e) {
            throw new IllegalStateException("could not start ZooKeeper", e);
        }
    }

    private FlussServer newServer(Builder builder, ServerConfig.Role role, int id) {
        boolean isTabletServer = role == ServerConfig.Role.TABLET_SERVER;
        String name = isTabletServer ? "tablet-server-" + id : "coordinator";
        Path home = directory.resolve(name);
        Map<String, String> options = new TreeMap<>();
        options.put("zookeeper.address", started(zooKeeper).getConnectString());
        options.put("remote.data.dir", directory.resolve("remote").toUri().toString());
        options.put("data.dir", home.resolve("data").toString());
        options.put("default.replication.factor", Integer.toString(Math.min(3, builder.tabletServers)));
        options.put("tablet-server.controlled-shutdown.retry-interval", "50 ms");
        if (builder.mode == Mode.PROCESSES) {
            options.put("zookeeper.client.session-timeout", SESSION_TIMEOUT);
        }
        if (isTabletServer) {
            options.put("tablet-server.id", Integer.toString(id));
        }
        options.putAll(builder.options);
        ServerConfig config = new ServerConfig(name, role, options, builder.proxied ? newProxy() : null);
        if (builder.mode == Mode.EMBEDDED) {
            return new EmbeddedServer(config);
        }
        try {
            return new ServerProcess(config, Files.createDirectories(home), builder.jvmOptions, plugins);
        } catch (IOException e) {
            throw new UncheckedIOException("could not make " + home, e);
        }
    }

    /** A proxy that learns where to forward to when its server has started. */
    private FaultProxy newProxy() {
        FaultProxy proxy = FaultProxy.to(HOST, 0);
        proxies.add(proxy);
        return proxy;
    }

    /** The addresses of all servers, comma-separated, tablet servers first: what a client is configured with. */
    public String bootstrapServers() {
        return Stream.concat(tabletServers.stream(), Stream.of(coordinator()))
                .map(FlussServer::address)
                .collect(Collectors.joining(","));
    }

    public FlussServer coordinator() {
        return started(coordinator);
    }

    /** The tablet server with that id; ids count from 0. */
    public FlussServer tabletServer(int id) {
        return tabletServers.get(id);
    }

    public List<FlussServer> tabletServers() {
        return List.copyOf(tabletServers);
    }

    /**
     * Returns once every running server knows every running tablet server and no other; needed after a restart or a kill.
     * A killed server is missed after a ZooKeeper session has run out, some four seconds.
     */
    public void awaitReady() {
        List<FlussServer> running =
                tabletServers.stream().filter(FlussServer::isRunning).toList();
        started(probe).awaitSameView(coordinator(), running, READY_TIMEOUT);
    }

    /** Starts the servers that a test has left dead, if any. */
    void startWhatIsDown() {
        List<FlussServer> down = servers().filter(server -> !server.isRunning()).toList();
        down.forEach(FlussServer::start);
        if (!down.isEmpty()) {
            awaitReady();
        }
    }

    /** Creates a database without any client under test. */
    public void createDatabase(String name) {
        started(probe).createDatabase(coordinator(), name);
    }

    /** Drops a database with its tables; one that does not exist is no error. */
    public void dropDatabase(String name) {
        started(probe).dropDatabase(coordinator(), name);
    }

    /** Where the cluster keeps its data and logs until it is closed. */
    public Path directory() {
        return directory;
    }

    private Stream<FlussServer> servers() {
        return Stream.concat(Stream.ofNullable(coordinator), tabletServers.stream());
    }

    private static <T> T started(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the cluster is not running");
        }
        return part;
    }

    /** Ends every server and deletes the data. May be called again. */
    @Override
    public void close() {
        List<AutoCloseable> servers = new ArrayList<>(proxies);
        servers().forEach(server -> servers.add(() -> end(server)));
        if (probe != null) {
            servers.add(probe);
        }
        List<AutoCloseable> remains = new ArrayList<>();
        // All at once: each takes two seconds to let go of its network threads.
        remains.add(() -> closeSideBySide(servers));
        if (zooKeeper != null) {
            remains.add(zooKeeper);
        }
        remains.add(() -> deleteTree(directory));
        try {
            closeAll(remains);
        } finally {
            probe = null;
            zooKeeper = null;
            coordinator = null;
            tabletServers.clear();
            proxies.clear();
        }
    }

    private static void closeSideBySide(List<AutoCloseable> parts) throws InterruptedException {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Callable<Void>> closings = parts.stream()
                    .map(part -> (Callable<Void>) () -> {
                        part.close();
                        return null;
                    })
                    .toList();
            List<Future<Void>> closed = threads.invokeAll(closings, CLOSE_SECONDS, TimeUnit.SECONDS);
            closeAll(closed.stream().<AutoCloseable>map(future -> future::get).toList());
        }
    }

    private static void end(FlussServer server) {
        if (server instanceof ServerProcess) {
            if (server.isRunning()) {
                server.kill();
            }
        } else {
            server.stop();
        }
    }

    private static void closeAll(List<AutoCloseable> parts) {
        IllegalStateException failure = null;
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new IllegalStateException("the cluster did not close cleanly", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (Files.notExists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) {
                return FileVisitResult.CONTINUE; // a server that has just ended was quicker to delete it
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Says how a cluster is made; not safe for several threads. */
    public static final class Builder {
        private int tabletServers = 1;
        private Mode mode = Mode.EMBEDDED;
        private final Map<String, String> options = new TreeMap<>();
        private final List<String> jvmOptions = new ArrayList<>();
        private @Nullable Path plugins;
        private boolean proxied;

        private Builder() {}

        public Builder tabletServers(int number) {
            if (number < 1) {
                throw new IllegalArgumentException("a cluster needs a tablet server, not " + number);
            }
            tabletServers = number;
            return this;
        }

        public Builder mode(Mode chosen) {
            mode = chosen;
            return this;
        }

        /** Sets a server option, for all servers, over what the cluster sets by itself. */
        public Builder option(String key, String value) {
            options.put(key, value);
            return this;
        }

        /** Puts a {@link FaultProxy} before each server, for clients only: {@link FlussServer#proxy}. */
        public Builder proxied(boolean wanted) {
            proxied = wanted;
            return this;
        }

        /** Adds an argument to the java command of server processes; without effect on embedded ones. */
        public Builder jvmOption(String option) {
            jvmOptions.add(option);
            return this;
        }

        /**
         * Lets server processes load the plugins in that directory, each in a directory of its own; without effect on
         * embedded servers, which load what is on the class path.
         */
        public Builder plugins(Path parent) {
            plugins = parent;
            return this;
        }

        /** Starts the cluster and returns when all its servers know each other. */
        public FlussCluster start() {
            return new FlussCluster(this);
        }
    }
}
