package dev.millrace.scan;

import dev.millrace.Config;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.codec.ArrowLayout;
import dev.millrace.internal.codec.LogLayout;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.codec.RowLogLayout;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.remote.RemoteFiles;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableInfo;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.memory.unsafe.UnsafeAllocationManager;

/**
 * Says what to read of a table, and makes the scanners that do. Got from {@code FlussTable.newScan()}.
 *
 * <pre>{@code
 * LogScanner scanner = table.newScan().projectByName(List.of("symbol", "price")).createLogScanner();
 * }</pre>
 *
 * <p>Immutable; safe for any number of threads. It holds nothing that must be closed.
 */
public final class TableScan {
    private static final int NO_LIMIT = 0;

    private final TableInfo table;
    private final int[] columns;
    /** The most rows wanted; {@link #NO_LIMIT} for all. */
    private final int limit;

    private final Config config;
    private final RpcClient rpc;
    private final Cluster cluster;
    private final ReadMemory memory;
    private final RemoteFiles remoteFiles;
    private final ScanMetrics metrics;

    /**
     * Makes a scan of all columns. Not for applications: they use {@code FlussTable.newScan()}.
     *
     * @param table what to read.
     * @param config of the connection, as are the others.
     * @param rpc stays the connection's.
     * @param cluster stays the connection's.
     * @param memory stays the connection's.
     * @param remoteFiles stays the connection's.
     * @param metrics stays the connection's.
     */
    public TableScan(
            final TableInfo table,
            final Config config,
            final RpcClient rpc,
            final Cluster cluster,
            final ReadMemory memory,
            final RemoteFiles remoteFiles,
            final ScanMetrics metrics) {
        this(
                table,
                IntStream.range(0, table.rowType().fieldCount()).toArray(),
                NO_LIMIT,
                config,
                rpc,
                cluster,
                memory,
                remoteFiles,
                metrics);
    }

    private TableScan(
            final TableInfo table,
            final int[] columns,
            final int limit,
            final Config config,
            final RpcClient rpc,
            final Cluster cluster,
            final ReadMemory memory,
            final RemoteFiles remoteFiles,
            final ScanMetrics metrics) {
        this.table = table;
        this.columns = columns;
        this.limit = limit;
        this.config = config;
        this.rpc = rpc;
        this.cluster = cluster;
        this.memory = memory;
        this.remoteFiles = remoteFiles;
        this.metrics = metrics;
    }

    /**
     * Reads some of the columns only, in this order. The server sends no others if the log has the format ARROW; of other
     * formats it sends whole rows, and the others are left out here.
     *
     * @param columnIndexes positions among the table's columns, from 0, each at most once.
     * @return another scan; this one stays as it is.
     * @throws IllegalArgumentException there is no column, or one that the table does not have, or one twice.
     */
    public TableScan project(final int... columnIndexes) {
        final int count = table.rowType().fieldCount();
        if (columnIndexes.length == 0) {
            throw new IllegalArgumentException("a projection of table " + table.tablePath() + " needs a column");
        }
        for (int i = 0; i < columnIndexes.length; i++) {
            final int index = columnIndexes[i];
            if (index < 0 || index >= count) {
                throw new IllegalArgumentException(
                        "table " + table.tablePath() + " has columns 0 to " + (count - 1) + ", not " + index);
            }
            for (int j = 0; j < i; j++) {
                if (columnIndexes[j] == index) {
                    throw new IllegalArgumentException("a projection of table " + table.tablePath() + " names column "
                            + index + " (" + table.schema().columnNames().get(index) + ") twice");
                }
            }
        }
        return new TableScan(table, columnIndexes.clone(), limit, config, rpc, cluster, memory, remoteFiles, metrics);
    }

    /**
     * Reads some of the columns only, in this order. The server sends no others if the log has the format ARROW; of other
     * formats it sends whole rows, and the others are left out here.
     *
     * @param columnNames names of the table's columns, each at most once.
     * @return another scan; this one stays as it is.
     * @throws IllegalArgumentException there is no name, or one that the table does not have, or one twice.
     */
    public TableScan projectByName(final List<String> columnNames) {
        final List<String> known = table.schema().columnNames();
        return project(columnNames.stream()
                .mapToInt(name -> {
                    final int index = known.indexOf(name);
                    if (index < 0) {
                        throw new IllegalArgumentException(
                                "table " + table.tablePath() + " has no column '" + name + "', only " + known);
                    }
                    return index;
                })
                .toArray());
    }

    /**
     * Reads a few rows of one bucket and then ends, by {@link #createBucketBatchScanner}: the last ones of a log, or the
     * first ones of a table with a primary key, in the order of the server's keys.
     *
     * @param rowCount how many rows at most, from 1.
     * @return another scan; this one stays as it is.
     * @throws IllegalArgumentException the number is not positive.
     */
    public TableScan limit(final int rowCount) {
        if (rowCount < 1) {
            throw new IllegalArgumentException(
                    "a scan of table " + table.tablePath() + " is limited to 1 row or more, not to " + rowCount);
        }
        return new TableScan(table, columns, rowCount, config, rpc, cluster, memory, remoteFiles, metrics);
    }

    /**
     * Makes a scanner that reads rows.
     *
     * @return a scanner without subscriptions; to be closed.
     * @throws UnsupportedOperationException the scan has a limit.
     */
    public LogScanner createLogScanner() {
        return new LogScanner(logContext());
    }

    /**
     * Makes a scanner that reads Arrow batches, with an allocator of its own. The log of a table with a primary key holds
     * changes: {@link ScanBatch#changeTypes} tells them.
     *
     * @return a scanner without subscriptions; to be closed after its batches.
     * @throws UnsupportedOperationException the scan has a limit, or the table's log is not in the format ARROW.
     */
    public RecordBatchLogScanner createRecordBatchLogScanner() {
        return new RecordBatchLogScanner(batchContext(), ownAllocator());
    }

    /**
     * Makes a scanner that reads Arrow batches under an allocator of the application. The log of a table with a primary
     * key holds changes: {@link ScanBatch#changeTypes} tells them.
     *
     * @param allocator parent of the scanner's own; received memory counts in it.
     * @return a scanner without subscriptions; to be closed after its batches and before the allocator.
     * @throws UnsupportedOperationException the scan has a limit, or the table's log is not in the format ARROW.
     */
    public RecordBatchLogScanner createRecordBatchLogScanner(final BufferAllocator allocator) {
        return new RecordBatchLogScanner(batchContext(), childOf(allocator));
    }

    /**
     * Makes a scanner that reads the rows of one bucket that a {@link #limit} allows, as Arrow batches, with an allocator
     * of its own. Asks no server yet.
     *
     * @param bucket one of this table, with its partition if the table is partitioned.
     * @return a scanner; to be closed after its batches.
     * @throws IllegalArgumentException the table has no such bucket.
     * @throws UnsupportedOperationException the scan has no limit.
     */
    public LimitBatchScanner createBucketBatchScanner(final TableBucket bucket) {
        return new LimitBatchScanner(limitContext(bucket), bucket, limit, columns, ownAllocator());
    }

    /**
     * Makes a scanner that reads the rows of one bucket that a {@link #limit} allows, as Arrow batches, under an allocator
     * of the application. Asks no server yet.
     *
     * @param bucket one of this table, with its partition if the table is partitioned.
     * @param allocator parent of the scanner's own; the memory of batches counts in it.
     * @return a scanner; to be closed after its batches and before the allocator.
     * @throws IllegalArgumentException the table has no such bucket.
     * @throws UnsupportedOperationException the scan has no limit.
     */
    public LimitBatchScanner createBucketBatchScanner(final TableBucket bucket, final BufferAllocator allocator) {
        return new LimitBatchScanner(limitContext(bucket), bucket, limit, columns, childOf(allocator));
    }

    TableInfo table() {
        return table;
    }

    private static BufferAllocator ownAllocator() {
        return new RootAllocator(RootAllocator.configBuilder()
                .allocationManagerFactory(UnsafeAllocationManager.FACTORY)
                .build());
    }

    private BufferAllocator childOf(final BufferAllocator parent) {
        return parent.newChildAllocator("scan of " + table.tablePath(), 0, Long.MAX_VALUE);
    }

    private ScanContext limitContext(final TableBucket bucket) {
        if (limit == NO_LIMIT) {
            throw new UnsupportedOperationException("a scan of table " + table.tablePath()
                    + " without a limit does not end; set one with limit, or use createLogScanner");
        }
        checkBucket(bucket);
        // A limit scan sends whole rows, whatever the format.
        final ArrowLayout layout = ArrowLayout.of(table.rowType(), columns);
        return context(layout, layout, new int[0]);
    }

    private void checkBucket(final TableBucket bucket) {
        if (bucket.tableId() != table.tableId()) {
            throw new IllegalArgumentException(
                    bucket + " is of another table than " + table.tablePath() + ", whose id is " + table.tableId());
        }
        if (table.isPartitioned() != (bucket.partitionId() != null)) {
            throw new IllegalArgumentException("table " + table.tablePath()
                    + (table.isPartitioned()
                            ? " is partitioned: a bucket of it has a partition, unlike "
                            : " is not partitioned, unlike ")
                    + bucket);
        }
        if (bucket.bucketId() < 0 || bucket.bucketId() >= table.numBuckets()) {
            throw new IllegalArgumentException("table " + table.tablePath() + " has buckets 0 to "
                    + (table.numBuckets() - 1) + ", not " + bucket.bucketId());
        }
    }

    private ScanContext batchContext() {
        if (table.logFormat() != LogFormat.ARROW) {
            throw new UnsupportedOperationException("the log of table " + table.tablePath() + " has the format "
                    + table.logFormat() + ": it holds rows, not Arrow batches; use createLogScanner");
        }
        return logContext();
    }

    private ScanContext logContext() {
        if (limit != NO_LIMIT) {
            throw new UnsupportedOperationException("a scan of table " + table.tablePath() + " with limit(" + limit
                    + ") reads one bucket and ends; use createBucketBatchScanner");
        }
        return switch (table.logFormat()) {
            case ARROW -> arrowContext();
            case INDEXED -> rowContext(RowFormat.INDEXED);
            case COMPACTED -> rowContext(RowFormat.COMPACTED);
        };
    }

    private ScanContext arrowContext() {
        final int all = table.rowType().fieldCount();
        final int[] wire = columns.clone();
        Arrays.sort(wire);
        final int[] order = Arrays.stream(columns)
                .map(column -> Arrays.binarySearch(wire, column))
                .toArray();
        final ArrowLayout whole = ArrowLayout.of(table.rowType(), columns);
        return wire.length == all
                ? context(whole, whole, new int[0])
                : context(ArrowLayout.of(table.rowType().project(wire), order), whole, wire);
    }

    /** The server refuses to project rows, so it is not asked to. */
    private ScanContext rowContext(final RowFormat format) {
        final RowLogLayout layout = RowLogLayout.of(format, table.schemaId(), table.rowType(), columns);
        return context(layout, layout, new int[0]);
    }

    private ScanContext context(final LogLayout layout, final LogLayout whole, final int[] projection) {
        return new ScanContext(
                table,
                layout,
                whole,
                projection,
                config,
                rpc,
                cluster,
                memory,
                remoteFiles,
                metrics.of(table.tablePath()));
    }
}
