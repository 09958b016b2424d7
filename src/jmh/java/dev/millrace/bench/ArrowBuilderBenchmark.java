package dev.millrace.bench;

import dev.millrace.internal.codec.ArrowBatchBuilder;
import dev.millrace.internal.codec.ArrowBatchLayout;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
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

/** The encoder alone: ticks into a block, under an uncontended lock, sealed with their checksum. An operation is a row. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ArrowBuilderBenchmark {
    private static final int ROWS = 20_000;

    private final String[] symbols = TickTable.symbols();
    private final ReentrantLock lock = new ReentrantLock();
    private final GenericRow row = new GenericRow(6);
    private final ArrowBatchLayout layout = new ArrowBatchLayout(
            new RowType(
                    false,
                    List.of(
                            new DataField("seq", DataTypes.BIGINT()),
                            new DataField("symbol", DataTypes.STRING()),
                            new DataField("price", DataTypes.DOUBLE()),
                            new DataField("size", DataTypes.INT()),
                            new DataField("buy", DataTypes.BOOLEAN()),
                            new DataField("time", DataTypes.TIMESTAMP_LTZ(3)))),
            1,
            -1);
    private OffHeapPool pool;

    /** Memory for one batch. */
    @Setup
    public void open() {
        pool = new OffHeapPool("benchmark", 8 << 20, 4 << 20);
    }

    /** Frees it. */
    @TearDown
    public void close() {
        pool.close();
    }

    /** A reused row, set anew each time. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int append() {
        final Block block = pool.tryAcquire(2 << 20);
        final ArrowBatchBuilder builder =
                new ArrowBatchBuilder(layout, layout.newSizing().plan(2 << 20), block);
        for (int i = 0; i < ROWS; i++) {
            row.setLong(0, i);
            row.setString(1, symbols[i % TickTable.SYMBOLS]);
            row.setDouble(2, TickTable.price(i));
            row.setInt(3, i % 1000);
            row.setBoolean(4, (i & 1) == 0);
            row.setEpochMillis(5, 1_700_000_000_000L + i);
            lock.lock();
            try {
                if (!builder.tryAppend(row)) {
                    throw new IllegalStateException("no room at row " + i);
                }
            } finally {
                lock.unlock();
            }
        }
        builder.finish(null);
        builder.seal(1, 1);
        final int length = builder.length();
        block.release();
        return length;
    }

    /** The row alone, so that it can be taken off. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public GenericRow row() {
        for (int i = 0; i < ROWS; i++) {
            row.setLong(0, i);
            row.setString(1, symbols[i % TickTable.SYMBOLS]);
            row.setDouble(2, TickTable.price(i));
            row.setInt(3, i % 1000);
            row.setBoolean(4, (i & 1) == 0);
            row.setEpochMillis(5, 1_700_000_000_000L + i);
        }
        return row;
    }
}
