package dev.millrace.bench;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.write.AppendWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.TimestampLtz;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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

/** Appends ticks from one thread and waits for the last acknowledgement; an operation is one row. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class AppendBenchmark {
    private static final int ROWS = 1_000_000;

    @Param({"NONE", "ZSTD"})
    String compression = "NONE";

    /** Of the log; the row formats know no compression. */
    @Param("ARROW")
    String format = "ARROW";

    /** A column, or nothing. There is one bucket all the same: what is measured is what the key costs. */
    @Param("")
    String bucketKey = "";

    private final String[] symbols = TickTable.symbols();
    private final BinaryString[] officialSymbols = new BinaryString[TickTable.SYMBOLS];
    private TablePath path;
    private FlussConnection ours;
    private AppendWriter ourWriter;
    private Connection official;
    private Table officialTable;
    private org.apache.fluss.client.table.writer.AppendWriter officialWriter;
    private long seq;
    private long expected;

    /** Opens both clients; the one that is not measured stays idle. */
    @Setup
    public void open() {
        for (int i = 0; i < symbols.length; i++) {
            officialSymbols[i] = BinaryString.fromString(symbols[i]);
        }
        path = TickTable.create(
                "bench_append",
                LogFormat.valueOf(format),
                compression,
                bucketKey.isEmpty() ? List.of() : List.of(bucketKey));
        ours = FlussConnection.connect(
                Config.builder().bootstrapServers(TickTable.bootstrap()).build());
        ourWriter = ours.getTable(path).newAppend().createWriter();
        final Configuration configuration = new Configuration();
        configuration.set(
                ConfigOptions.BOOTSTRAP_SERVERS, List.of(TickTable.bootstrap().split(",")));
        official = ConnectionFactory.createConnection(configuration);
        officialTable = official.getTable(new org.apache.fluss.metadata.TablePath(path.database(), path.table()));
        officialWriter = officialTable.newAppend().createWriter();
    }

    /** Every row that was counted must lie in the log. */
    @TearDown(Level.Trial)
    public void close() throws Exception {
        final long end = ours.getAdmin()
                .listOffsets(path, List.of(0), dev.millrace.admin.OffsetSpec.latest())
                .get(0);
        if (end != expected) {
            throw new IllegalStateException("appended " + expected + " rows, the log has " + end);
        }
        ours.close();
        officialTable.close();
        official.close();
    }

    /** Millrace: one reused row. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void millrace() {
        final GenericRow row = new GenericRow(6);
        final long end = seq + ROWS;
        for (long i = seq; i < end; i++) {
            row.setLong(0, i);
            row.setString(1, symbols[(int) (i % TickTable.SYMBOLS)]);
            row.setDouble(2, TickTable.price(i));
            row.setInt(3, (int) (i % 1000));
            row.setBoolean(4, (i & 1) == 0);
            row.setEpochMillis(5, 1_700_000_000_000L + i);
            ourWriter.append(row);
        }
        seq = end;
        expected += ROWS;
        ourWriter.flush();
    }

    /** The official client: a row of its own class, reused as well. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void official() {
        final org.apache.fluss.row.GenericRow row = new org.apache.fluss.row.GenericRow(6);
        final long end = seq + ROWS;
        for (long i = seq; i < end; i++) {
            row.setField(0, i);
            row.setField(1, officialSymbols[(int) (i % TickTable.SYMBOLS)]);
            row.setField(2, TickTable.price(i));
            row.setField(3, (int) (i % 1000));
            row.setField(4, (i & 1) == 0);
            row.setField(5, TimestampLtz.fromEpochMillis(1_700_000_000_000L + i));
            officialWriter.append(row);
        }
        seq = end;
        expected += ROWS;
        officialWriter.flush();
    }
}
