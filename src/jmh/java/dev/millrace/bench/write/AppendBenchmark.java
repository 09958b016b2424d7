package dev.millrace.bench.write;

import dev.millrace.bench.TickTable;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.TablePath;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

    private TablePath path;
    private MillraceTicks millrace;
    private OfficialTicks official;
    private long rows;

    /** Opens both clients; the one that is not measured stays idle. */
    @Setup
    public void open() {
        path = TickTable.create(
                "bench_append",
                LogFormat.valueOf(format),
                compression,
                bucketKey.isEmpty() ? List.of() : List.of(bucketKey));
        millrace = new MillraceTicks(path);
        official = new OfficialTicks(path, new Configuration());
    }

    /** Every row that was counted must lie in the log. */
    @TearDown
    public void close() throws Exception {
        TickTable.checkEnd(path, rows);
        millrace.close();
        official.close();
    }

    /** Millrace: one reused row. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void millrace() {
        millrace.append(rows, rows + ROWS);
        rows += ROWS;
        millrace.flush();
    }

    /** The official client: a row of its own class, reused as well. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void official() {
        official.append(rows, rows + ROWS);
        rows += ROWS;
        official.flush();
    }
}
