package dev.millrace.bench.memory;

import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.memory.LazyMemorySegmentPool;
import org.apache.fluss.memory.MemorySegment;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Takes memory for a batch out of the pool of a writer and gives it back: once a batch, and a response that is read. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class PoolBenchmark {
    private static final int BUDGET = 64 << 20;
    private static final int CHUNK_LENGTH = 4 << 20;

    private OffHeapPool pool;
    private LazyMemorySegmentPool official;
    private int blockLength;

    /** Makes both pools by the defaults; the blocks are as long as the pages of the official one. */
    @Setup
    public void open() {
        pool = new OffHeapPool("benchmark", BUDGET, CHUNK_LENGTH);
        official = LazyMemorySegmentPool.createWriterBufferPool(new Configuration());
        blockLength = official.pageSize();
    }

    /** Closes them. */
    @TearDown
    public void close() {
        pool.close();
        official.close();
    }

    /** Millrace. */
    @Benchmark
    public int millrace() {
        final Block block = pool.tryAcquire(blockLength);
        final int length = block.length();
        block.release();
        return length;
    }

    /** The official client. */
    @Benchmark
    public int official() throws IOException {
        final MemorySegment page = official.nextSegment();
        final int length = page.size();
        official.returnPage(page);
        return length;
    }
}
