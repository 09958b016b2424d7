package dev.millrace.bench.write;

import dev.millrace.bench.TickTable;
import dev.millrace.bench.VirtualThreads;
import dev.millrace.metadata.TablePath;
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

/**
 * Virtual threads that share one writer append ticks together; when all have, one waits for the last acknowledgement. An
 * operation is one row. A million rows are the same work for any number of threads; starting these is part of it.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class AppendThreadsBenchmark {
    private static final int ROWS = 1_000_000;

    @Param({"NONE", "ZSTD"})
    String compression = "NONE";

    /** A divisor of the number of rows. */
    @Param({"1", "16", "1000"})
    int threads = 1;

    private TablePath path;
    private MillraceTicks millrace;
    private OfficialTicks official;
    private long rows;

    /** Opens both clients; the one that is not measured stays idle. */
    @Setup
    public void open() {
        if (ROWS % threads != 0) {
            throw new IllegalArgumentException(ROWS + " rows cannot be shared evenly by " + threads + " threads");
        }
        path = TickTable.create("bench_append_threads", compression);
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

    /** Millrace. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void millrace() throws Exception {
        VirtualThreads.write(threads, rows, ROWS / threads, millrace::append);
        rows += ROWS;
        millrace.flush();
    }

    /** The official client. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public void official() throws Exception {
        VirtualThreads.write(threads, rows, ROWS / threads, official::append);
        rows += ROWS;
        official.flush();
    }
}
