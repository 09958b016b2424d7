package dev.millrace.bench.write;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.bench.TickTable;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.write.UpsertWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.InternalRow;
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
 * Upserts ticks under 500,000 keys in turn, from one thread, and waits for the last acknowledgement; an operation is one row.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class UpsertBenchmark {
    private static final int KEYS = 500_000;
    private static final int CHECKED = 1_000;

    private TablePath path;
    private FlussConnection connection;
    private UpsertWriter writer;
    private Connection officialConnection;
    private Table officialTable;
    private org.apache.fluss.client.table.writer.UpsertWriter officialWriter;
    private final String[] symbols = TickTable.symbols();
    private final BinaryString[] officialSymbols = OfficialTicks.symbols();
    private long rows;

    /** Opens both clients; the one that is not measured stays idle. */
    @Setup
    public void open() {
        path = TickTable.createKeyed("bench_upsert");
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(TickTable.bootstrap()).build());
        writer = connection.getTable(path).newUpsert().createWriter();
        final Configuration configuration = new Configuration();
        configuration.set(
                ConfigOptions.BOOTSTRAP_SERVERS, List.of(TickTable.bootstrap().split(",")));
        officialConnection = ConnectionFactory.createConnection(configuration);
        officialTable =
                officialConnection.getTable(new org.apache.fluss.metadata.TablePath(path.database(), path.table()));
        officialWriter = officialTable.newUpsert().createWriter();
    }

    /** Every upsert that was counted must have made its change, and keys must have their last values. */
    @TearDown
    public void close() throws Exception {
        TickTable.checkEnd(path, KEYS + 2 * (rows - KEYS));
        final var lookuper = officialTable.newLookup().createLookuper();
        for (long seq = rows - CHECKED; seq < rows; seq += CHECKED / 10) {
            final InternalRow found = lookuper.lookup(org.apache.fluss.row.GenericRow.of(seq % KEYS))
                    .get()
                    .getSingletonRow();
            if (found == null || found.getTimestampLtz(5, 3).getEpochMillisecond() != TickTable.FIRST_MILLIS + seq) {
                throw new IllegalStateException(
                        "key " + seq % KEYS + " has not the value of upsert " + seq + " but " + found);
            }
        }
        connection.close();
        officialTable.close();
        officialConnection.close();
    }

    /** Millrace: one reused row. */
    @Benchmark
    @OperationsPerInvocation(KEYS)
    public void millrace() {
        final GenericRow row = new GenericRow(6);
        for (final long end = rows + KEYS; rows < end; rows++) {
            MillraceTicks.set(row, rows, symbols);
            row.setLong(0, rows % KEYS);
            writer.upsert(row);
        }
        writer.flush();
    }

    /** The official client: a row of its own class, reused as well. */
    @Benchmark
    @OperationsPerInvocation(KEYS)
    public void official() {
        final org.apache.fluss.row.GenericRow row = new org.apache.fluss.row.GenericRow(6);
        for (final long end = rows + KEYS; rows < end; rows++) {
            OfficialTicks.set(row, rows, officialSymbols);
            row.setField(0, rows % KEYS);
            officialWriter.upsert(row);
        }
        officialWriter.flush();
    }
}
