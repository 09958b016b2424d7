package dev.millrace.bench.write;

import dev.millrace.bench.TickTable;
import dev.millrace.bench.VirtualThreads;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Appends one tick and waits until it is acknowledged: the time it takes one platform thread, and how many rows a second a
 * thousand virtual threads get through that each do so again and again. No compression.
 *
 * <p>Only the client that is measured is open: without linger, the sender of the official one never sleeps, and would take
 * a processor from the others.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class AppendLatencyBenchmark {
    private static final int THREADS = 1000;
    private static final int ROWS_EACH = 100;
    private static final String TABLE = "bench_append_latency";

    /** Millrace with its defaults: whoever waits does not pay the linger. */
    @State(Scope.Benchmark)
    public static class Millrace {
        private final GenericRow row = new GenericRow(6);
        private TablePath path;
        MillraceTicks ticks;
        long rows;

        /** Opens the client. */
        @Setup
        public void open() {
            path = TickTable.create(TABLE, "NONE");
            ticks = new MillraceTicks(path);
        }

        /** Every row that was counted must lie in the log. */
        @TearDown
        public void close() {
            TickTable.checkEnd(path, rows);
            ticks.close();
        }
    }

    /** The official client with its defaults: a row waits for the linger, 100 ms. */
    @State(Scope.Benchmark)
    public static class Official {
        private final org.apache.fluss.row.GenericRow row = new org.apache.fluss.row.GenericRow(6);
        private TablePath path;
        OfficialTicks ticks;
        long rows;

        /** Opens the client. */
        @Setup
        public void open() {
            path = TickTable.create(TABLE, "NONE");
            ticks = new OfficialTicks(path, configuration());
        }

        Configuration configuration() {
            return new Configuration();
        }

        /** Every row that was counted must lie in the log. */
        @TearDown
        public void close() throws Exception {
            TickTable.checkEnd(path, rows);
            ticks.close();
        }
    }

    /** The official client without linger. */
    public static class OfficialLinger0 extends Official {
        @Override
        Configuration configuration() {
            final Configuration configuration = new Configuration();
            configuration.set(ConfigOptions.CLIENT_WRITER_BATCH_TIMEOUT, Duration.ZERO);
            return configuration;
        }
    }

    /** One caller. */
    @Benchmark
    public void millrace(final Millrace client) {
        client.ticks.append(client.row, client.rows).await();
        client.rows++;
    }

    /** One caller. */
    @Benchmark
    public void official(final Official client) throws Exception {
        client.ticks.append(client.row, client.rows).get();
        client.rows++;
    }

    /** One caller. */
    @Benchmark
    public void officialLinger0(final OfficialLinger0 client) throws Exception {
        official(client);
    }

    /** A thousand callers; an operation is one acknowledged row. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(THREADS * ROWS_EACH)
    public void thousandMillrace(final Millrace client) throws Exception {
        VirtualThreads.write(THREADS, client.rows, ROWS_EACH, client.ticks::appendAndWait);
        client.rows += THREADS * ROWS_EACH;
    }

    /** A thousand callers; an operation is one acknowledged row. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(THREADS * ROWS_EACH)
    public void thousandOfficialLinger0(final OfficialLinger0 client) throws Exception {
        VirtualThreads.write(THREADS, client.rows, ROWS_EACH, client.ticks::appendAndWait);
        client.rows += THREADS * ROWS_EACH;
    }
}
