package dev.millrace.bench.scan;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.ReaderThread;
import dev.millrace.bench.TickTable;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.write.AppendWriter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Scans two million ticks from the earliest offset and reads every column, or one; an operation is one row. The checksum
 * over the columns must come out the same each time and for each client. Arrow batches, which the official client does not
 * offer, stand beside a bare socket that reads the same bytes.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class ScanBenchmark {
    private static final int ROWS = 2_000_000;
    private static final int PRICE = 2;
    private static final Duration WAIT = Duration.ofSeconds(5);

    @Param({"NONE", "ZSTD"})
    String compression = "NONE";

    @Param({"1", "16"})
    int buckets = 1;

    /** Of Millrace. */
    @Param({"VIRTUAL"})
    ReaderThread reader = ReaderThread.VIRTUAL;

    private TablePath path;
    private FlussConnection ours;
    private FlussConnection oursUnchecked;
    private Connection official;
    private Table officialTable;
    private BareFetch bare;
    private long allColumns;
    private long prices;

    /** Fills the table and opens the clients. */
    @Setup
    public void open() throws IOException {
        path = TickTable.create("bench_scan", compression, buckets);
        ours = FlussConnection.connect(config().build());
        oursUnchecked =
                FlussConnection.connect(config().scannerLogCheckCrc(false).build());
        fill();
        final Configuration configuration = new Configuration();
        configuration.set(
                ConfigOptions.BOOTSTRAP_SERVERS, List.of(TickTable.bootstrap().split(",")));
        official = ConnectionFactory.createConnection(configuration);
        officialTable = official.getTable(new org.apache.fluss.metadata.TablePath(path.database(), path.table()));
        bare = new BareFetch(
                TickTable.bootstrap().split(",")[0],
                ours.getTable(path).getTableInfo().tableId(),
                buckets,
                ROWS);
    }

    private Config.Builder config() {
        return Config.builder().bootstrapServers(TickTable.bootstrap()).readerThread(reader);
    }

    private void fill() {
        try (AppendWriter writer = ours.getTable(path).newAppend().createWriter()) {
            final String[] symbols = TickTable.symbols();
            final GenericRow row = new GenericRow(6);
            for (int i = 0; i < ROWS; i++) {
                final String symbol = symbols[i % TickTable.SYMBOLS];
                final double price = TickTable.price(i);
                final long time = TickTable.FIRST_MILLIS + i;
                row.setLong(0, i);
                row.setString(1, symbol);
                row.setDouble(PRICE, price);
                row.setInt(3, i % 1000);
                row.setBoolean(4, (i & 1) == 0);
                row.setEpochMillis(5, time);
                writer.append(row);
                allColumns += checksum(i, symbol.length(), price, i % 1000, (i & 1) == 0, time);
                prices += Double.doubleToRawLongBits(price);
            }
        }
    }

    /** Closes the clients. */
    @TearDown
    public void close() throws Exception {
        bare.close();
        ours.close();
        oursUnchecked.close();
        officialTable.close();
        official.close();
    }

    /** Millrace with the cursor. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void millraceCursor() {
        long sum = 0;
        final UnsafeBuffer symbol = new UnsafeBuffer(0, 0);
        try (LogScanner scanner = ours.getTable(path).newScan().createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            for (int rows = 0; rows < ROWS; ) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        sum += checksum(cursor.row(), symbol);
                        rows++;
                    }
                }
            }
        }
        check(sum, allColumns);
    }

    /** Millrace with the iterator of records. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void millraceIterator() {
        long sum = 0;
        final UnsafeBuffer symbol = new UnsafeBuffer(0, 0);
        try (LogScanner scanner = ours.getTable(path).newScan().createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            for (int rows = 0; rows < ROWS; ) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    for (final ScanRecord scanned : records) {
                        sum += checksum(scanned.row(), symbol);
                        rows++;
                    }
                }
            }
        }
        check(sum, allColumns);
    }

    /** The official client. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void official() throws Exception {
        long sum = 0;
        try (org.apache.fluss.client.table.scanner.log.LogScanner scanner =
                officialTable.newScan().createLogScanner()) {
            for (int bucket = 0; bucket < buckets; bucket++) {
                scanner.subscribeFromBeginning(bucket);
            }
            for (int rows = 0; rows < ROWS; ) {
                for (final org.apache.fluss.client.table.scanner.ScanRecord scanned : scanner.poll(WAIT)) {
                    final org.apache.fluss.row.InternalRow row = scanned.getRow();
                    sum += checksum(
                            row.getLong(0),
                            row.getString(1).getSizeInBytes(),
                            row.getDouble(2),
                            row.getInt(3),
                            row.getBoolean(4),
                            row.getTimestampLtz(5, 3).getEpochMillisecond());
                    rows++;
                }
            }
        }
        check(sum, allColumns);
    }

    /** Millrace with the cursor, projected to the price. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void oneColumnMillraceCursor() {
        long sum = 0;
        try (LogScanner scanner = ours.getTable(path).newScan().project(PRICE).createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            for (int rows = 0; rows < ROWS; ) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        sum += Double.doubleToRawLongBits(cursor.row().getDouble(0));
                        rows++;
                    }
                }
            }
        }
        check(sum, prices);
    }

    /** Millrace with the iterator of records, projected to the price. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void oneColumnMillraceIterator() {
        long sum = 0;
        try (LogScanner scanner = ours.getTable(path).newScan().project(PRICE).createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            for (int rows = 0; rows < ROWS; ) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    for (final ScanRecord scanned : records) {
                        sum += Double.doubleToRawLongBits(scanned.row().getDouble(0));
                        rows++;
                    }
                }
            }
        }
        check(sum, prices);
    }

    /** The official client, projected to the price. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void oneColumnOfficial() throws Exception {
        long sum = 0;
        try (org.apache.fluss.client.table.scanner.log.LogScanner scanner =
                officialTable.newScan().project(new int[] {PRICE}).createLogScanner()) {
            for (int bucket = 0; bucket < buckets; bucket++) {
                scanner.subscribeFromBeginning(bucket);
            }
            for (int rows = 0; rows < ROWS; ) {
                for (final org.apache.fluss.client.table.scanner.ScanRecord scanned : scanner.poll(WAIT)) {
                    sum += Double.doubleToRawLongBits(scanned.getRow().getDouble(0));
                    rows++;
                }
            }
        }
        check(sum, prices);
    }

    /** Millrace, Arrow batches; their values are not read. To be held against {@link #bareSocketWithChecksum}. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void batchesMillrace(final Blackhole hole) {
        readBatches(ours, hole);
    }

    /** As {@link #batchesMillrace}, without checksums. To be held against {@link #bareSocket}. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void batchesMillraceWithoutChecksum(final Blackhole hole) {
        readBatches(oursUnchecked, hole);
    }

    private void readBatches(final FlussConnection connection, final Blackhole hole) {
        try (RecordBatchLogScanner scanner = connection.getTable(path).newScan().createRecordBatchLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            for (int rows = 0; rows < ROWS; ) {
                for (final ScanBatch batch : scanner.poll(WAIT)) {
                    try (batch) {
                        hole.consume(batch.batch());
                        rows += batch.numRecords();
                    }
                }
            }
        }
    }

    /** The same bytes from a plain socket: what no client can go below. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long bareSocket() throws IOException {
        return bare.read(false);
    }

    /** As {@link #bareSocket}, and their checksum. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long bareSocketWithChecksum() throws IOException {
        return bare.read(true);
    }

    private Map<Integer, Long> fromTheBeginning() {
        return IntStream.range(0, buckets)
                .boxed()
                .collect(Collectors.toMap(bucket -> bucket, bucket -> LogScanner.EARLIEST_OFFSET));
    }

    private static void check(final long sum, final long expected) {
        if (sum != expected) {
            throw new IllegalStateException("read " + sum + " instead of " + expected);
        }
    }

    private static long checksum(final InternalRow row, final UnsafeBuffer symbol) {
        row.wrapString(1, symbol);
        return checksum(
                row.getLong(0),
                symbol.capacity(),
                row.getDouble(PRICE),
                row.getInt(3),
                row.getBoolean(4),
                row.getEpochMillis(5, 3));
    }

    private static long checksum(
            final long seq,
            final int symbolLength,
            final double price,
            final int size,
            final boolean buy,
            final long time) {
        return seq + symbolLength + Double.doubleToRawLongBits(price) + size + (buy ? 1 : 2) + time;
    }
}
