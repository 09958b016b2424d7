package dev.millrace.scan;

import dev.millrace.Config;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.codec.LogLayout;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.remote.RemoteFiles;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableInfo;

/**
 * What all parts of one scanner need to know. The cluster, the connections and the memory belong to the
 * {@code FlussConnection} and outlive the scanner.
 *
 * @param layout of batches as the server sends them when it is asked for the projection.
 * @param wholeLayout of batches with all columns; the same one if there is no projection.
 * @param projection positions of the columns that the server is asked to send, ascending; empty for all of them.
 */
record ScanContext(
        TableInfo table,
        LogLayout layout,
        LogLayout wholeLayout,
        int[] projection,
        Config config,
        RpcClient rpc,
        Cluster cluster,
        ReadMemory memory,
        RemoteFiles remoteFiles,
        TableScanMetrics metrics) {
    /** Whether the server is asked to leave out columns. */
    boolean isProjected() {
        return projection.length > 0;
    }

    /** A projected batch keeps the checksum of the whole one, so there is nothing to compare. */
    boolean checksCrc(final boolean isProjected) {
        return config.scannerLogCheckCrc() && !isProjected;
    }

    /** How to call a bucket in messages. */
    String describe(final TableBucket bucket) {
        return "table " + table.tablePath()
                + (bucket.partitionId() == null ? "" : ", partition " + bucket.partitionId()) + ", bucket "
                + bucket.bucketId();
    }

    /** How to call a place of the log in messages. */
    String describe(final TableBucket bucket, final long offset) {
        return describe(bucket) + ", offset "
                + (offset == LogScanner.EARLIEST_OFFSET ? "earliest" : Long.toString(offset));
    }
}
