package dev.millrace;

import dev.millrace.admin.FlussAdmin;
import dev.millrace.error.AuthenticationException;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.BootstrapServers;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.remote.RemoteFiles;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.lookup.LookupClient;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.ClientMetrics;
import dev.millrace.scan.ScanMetrics;
import dev.millrace.scan.TableScan;
import dev.millrace.table.FlussTable;
import dev.millrace.write.RecordAccumulator;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * A connection to a Fluss cluster: the front door, from which all else is got. It owns the sockets, the threads and the
 * memory of whatever is made from it; one is enough for a program.
 *
 * <pre>{@code
 * try (FlussConnection connection = FlussConnection.connect(
 *         Config.builder().bootstrapServers("127.0.0.1:9123").build())) {
 *     connection.getAdmin().listDatabases().forEach(System.out::println);
 * }
 * }</pre>
 *
 * Safe for any number of threads.
 */
public final class FlussConnection implements AutoCloseable {
    private final Config config;
    private final RpcClient rpc;
    private final Cluster cluster;
    private final FlussAdmin admin;
    private final RecordAccumulator accumulator;
    private final ReadMemory readMemory;
    private final RemoteFiles remoteFiles;
    private final LookupClient lookups;
    private final ScanMetrics scanMetrics;
    private final AtomicBoolean closed = new AtomicBoolean();

    private FlussConnection(final Config config) {
        this.config = config;
        rpc = new RpcClient(settings(config));
        cluster = new Cluster(
                rpc,
                BootstrapServers.parse(config.bootstrapServers()),
                config.requestTimeout().toNanos());
        admin = new FlussAdmin(rpc, cluster, config.requestTimeout());
        accumulator = new RecordAccumulator(config, rpc, cluster);
        readMemory = new ReadMemory(config.scannerBufferMemorySize());
        scanMetrics = new ScanMetrics(readMemory);
        remoteFiles = new RemoteFiles(rpc, cluster, config.requestTimeout());
        lookups = new LookupClient(config, rpc, cluster);
    }

    /**
     * Connects to a cluster: asks the bootstrap servers until one answers, each a moment after the one before if that is
     * silent, so that dead ones hold up little. Blocks for at most {@code requestTimeout}; where nobody listens it fails
     * within a second or two.
     *
     * @param config is kept, and immutable.
     * @return the connection, to be closed.
     * @throws RpcException no server answered; the message tells which were asked and what came of it.
     * @throws AuthenticationException a server does not let this client in; its {@code reason()} tells what to change.
     * @throws FlussApiException a server refused otherwise.
     * @throws UnsupportedOperationException a server cannot do what a connection needs.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     */
    public static FlussConnection connect(final Config config) {
        final FlussConnection connection = new FlussConnection(config);
        try {
            connection.cluster.refresh(
                    List.of(), System.nanoTime() + config.requestTimeout().toNanos());
            return connection;
        } catch (final RuntimeException e) {
            try {
                connection.close();
            } catch (final RuntimeException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    /** {@return the configuration this connection was made with} */
    public Config config() {
        return config;
    }

    /**
     * {@return the administration of the cluster; always the same one} It does not need closing.
     *
     * @throws IllegalStateException this connection is closed.
     */
    public FlussAdmin getAdmin() {
        ensureOpen();
        return admin;
    }

    /**
     * {@return a table, as it is now} Asks a server; blocks for at most {@code requestTimeout}.
     *
     * @param path its database and name.
     * @throws FlussApiException there is no such table, or the server refused: AUTHORIZATION_EXCEPTION to a user who may not
     *     see it.
     * @throws UnsupportedOperationException the server does not serve this.
     * @throws RpcException no server answered in time.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     * @throws IllegalStateException this connection is closed.
     */
    public FlussTable getTable(final TablePath path) {
        ensureOpen();
        final TableInfo info = admin.getTableInfo(path);
        return new FlussTable(
                info,
                accumulator,
                new TableScan(info, config, rpc, cluster, readMemory, remoteFiles, scanMetrics),
                lookups);
    }

    /**
     * {@return what this connection and all that was made from it have counted so far} Does not block, and costs those who
     * write and read next to nothing; meant to be called every few seconds. Works on a closed connection, too.
     */
    public ClientMetrics metrics() {
        return new ClientMetrics(
                Stream.of(rpc.samples(), accumulator.samples(), scanMetrics.samples(), lookups.samples())
                        .flatMap(List::stream)
                        .toList());
    }

    private void ensureOpen() {
        if (closed.get()) {
            throw new IllegalStateException("the connection to the cluster is closed");
        }
    }

    /**
     * Closes the connection and all that was made from it. Rows that were appended are sent and waited for, at most
     * {@code requestTimeout}; the futures of those that are not acknowledged by then fail. Scanners end, a poll under way
     * with an exception; results that were polled stay readable until they are closed. Other calls under way end with an
     * exception. Closes every part even if one fails. Idempotent.
     *
     * @throws DeliveryTimeoutException rows were not acknowledged in time; the message says how many.
     */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            // From the top down: nothing may ask a part that is gone.
            closeAll(accumulator, lookups, readMemory::endScanners, remoteFiles, cluster, rpc, readMemory);
        }
    }

    private static void closeAll(final AutoCloseable... parts) {
        RuntimeException failure = null;
        for (final AutoCloseable part : parts) {
            try {
                part.close();
            } catch (final Exception e) {
                if (failure != null) {
                    failure.addSuppressed(e);
                } else if (e instanceof FlussException told) {
                    failure = told;
                } else {
                    failure = new IllegalStateException("closing the connection to the cluster failed: " + e, e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private static RpcSettings settings(final Config config) {
        final Duration silence = config.requestTimeout().plus(config.scannerLogFetchWaitMaxTime());
        return new RpcSettings(
                config.connectTimeout().toNanos(),
                silence.toNanos(),
                // Those who ask say how much they take, and the rest is read and dropped. To break the connection over
                // one
                // long answer, which a limit scan may get, would take the others' answers with it.
                Integer.MAX_VALUE,
                config.securityProtocol() == SecurityProtocol.SASL
                        ? new RpcSettings.Credentials(config.securitySaslUsername(), config.securitySaslPassword())
                        : null,
                config.readerThread() == ReaderThread.PLATFORM);
    }
}
