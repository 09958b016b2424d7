package dev.millrace.scan;

import dev.millrace.Config;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.internal.cluster.BootstrapServers;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.remote.RemoteFiles;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.metadata.TablePath;
import java.util.concurrent.TimeUnit;

/** What a connection gives to scans, put together for tests that look at its parts. */
final class ScanClient implements AutoCloseable {
    private static final int MAX_RESPONSE = 1 << 28;

    final Config config;
    final RpcClient rpc;
    final Cluster cluster;
    final ReadMemory memory;
    private final RemoteFiles remoteFiles;
    private final FlussAdmin admin;

    ScanClient(final Config config) {
        this.config = config;
        rpc = new RpcClient(
                new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), MAX_RESPONSE, null));
        cluster = new Cluster(
                rpc,
                BootstrapServers.parse(config.bootstrapServers()),
                config.requestTimeout().toNanos());
        memory = new ReadMemory(config.scannerBufferMemorySize());
        remoteFiles = new RemoteFiles(rpc, cluster, config.requestTimeout());
        admin = new FlussAdmin(rpc, cluster, config.requestTimeout());
    }

    TableScan scan(final TablePath table) {
        return new TableScan(
                admin.getTableInfo(table), config, rpc, cluster, memory, remoteFiles, new ScanMetrics(memory));
    }

    long tableId(final TablePath table) {
        return admin.getTableInfo(table).tableId();
    }

    @Override
    public void close() {
        remoteFiles.close();
        cluster.close();
        rpc.close();
        memory.close();
    }
}
