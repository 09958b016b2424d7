package dev.millrace.bench;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.write.AppendWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

/**
 * Scans two million ticks from the earliest offset and reads every column; an operation is one row. The checksum over
 * all columns must come out the same each time and for each client.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class ScanBenchmark {
    private static final int ROWS = 2_000_000;
    private static final Duration WAIT = Duration.ofSeconds(5);

    @Param({"NONE", "ZSTD"})
    String compression = "NONE";

    private TablePath path;
    private FlussConnection ours;
    private Connection official;
    private Table officialTable;
    private long expected;

    /** Fills the table and opens both clients. */
    @Setup
    public void open() {
        path = TickTable.create("bench_scan", compression);
        ours = FlussConnection.connect(
                Config.builder().bootstrapServers(TickTable.bootstrap()).build());
        try (AppendWriter writer = ours.getTable(path).newAppend().createWriter()) {
            final String[] symbols = TickTable.symbols();
            final GenericRow row = new GenericRow(6);
            for (int i = 0; i < ROWS; i++) {
                row.setLong(0, i);
                row.setString(1, symbols[i % TickTable.SYMBOLS]);
                row.setDouble(2, TickTable.price(i));
                row.setInt(3, i % 1000);
                row.setBoolean(4, (i & 1) == 0);
                row.setEpochMillis(5, 1_700_000_000_000L + i);
                writer.append(row);
                expected += checksum(
                        i,
                        symbols[i % TickTable.SYMBOLS].length(),
                        TickTable.price(i),
                        i % 1000,
                        (i & 1) == 0,
                        1_700_000_000_000L + i);
            }
        }
        final Configuration configuration = new Configuration();
        configuration.set(
                ConfigOptions.BOOTSTRAP_SERVERS, List.of(TickTable.bootstrap().split(",")));
        official = ConnectionFactory.createConnection(configuration);
        officialTable = official.getTable(new org.apache.fluss.metadata.TablePath(path.database(), path.table()));
    }

    /** Closes both clients. */
    @TearDown
    public void close() throws Exception {
        ours.close();
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
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            for (int rows = 0; rows < ROWS; ) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        final InternalRow row = cursor.row();
                        row.wrapString(1, symbol);
                        sum += checksum(
                                row.getLong(0),
                                symbol.capacity(),
                                row.getDouble(2),
                                row.getInt(3),
                                row.getBoolean(4),
                                row.getEpochMillis(5, 3));
                        rows++;
                    }
                }
            }
        }
        check(sum);
    }

    /** Millrace with the iterator of records. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void millraceIterator() {
        long sum = 0;
        final UnsafeBuffer symbol = new UnsafeBuffer(0, 0);
        try (LogScanner scanner = ours.getTable(path).newScan().createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            for (int rows = 0; rows < ROWS; ) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    for (final ScanRecord scanned : records) {
                        final InternalRow row = scanned.row();
                        row.wrapString(1, symbol);
                        sum += checksum(
                                row.getLong(0),
                                symbol.capacity(),
                                row.getDouble(2),
                                row.getInt(3),
                                row.getBoolean(4),
                                row.getEpochMillis(5, 3));
                        rows++;
                    }
                }
            }
        }
        check(sum);
    }

    /** The official client. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void official() throws Exception {
        long sum = 0;
        try (org.apache.fluss.client.table.scanner.log.LogScanner scanner =
                officialTable.newScan().createLogScanner()) {
            scanner.subscribeFromBeginning(0);
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
        check(sum);
    }

    private void check(final long sum) {
        if (sum != expected) {
            throw new IllegalStateException("read " + sum + " instead of " + expected);
        }
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
