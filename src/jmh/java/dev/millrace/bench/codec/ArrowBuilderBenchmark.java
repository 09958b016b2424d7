package dev.millrace.bench.codec;

import dev.millrace.bench.TickTable;
import dev.millrace.internal.codec.ArrowBatchBuilder;
import dev.millrace.internal.codec.ArrowBatchLayout;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.compression.ArrowCompressionInfo;
import org.apache.fluss.compression.ArrowCompressionType;
import org.apache.fluss.memory.MemorySegment;
import org.apache.fluss.memory.PreAllocatedPagedOutputView;
import org.apache.fluss.record.ChangeType;
import org.apache.fluss.record.MemoryLogRecordsArrowBuilder;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.TimestampLtz;
import org.apache.fluss.row.arrow.ArrowWriterPool;
import org.apache.fluss.shaded.arrow.org.apache.arrow.memory.BufferAllocator;
import org.apache.fluss.shaded.arrow.org.apache.arrow.memory.RootAllocator;
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
 * The encoders alone: a batch of ticks from rows to its finished bytes, checksum included, uncompressed, in memory that
 * both sides keep from batch to batch. An operation is a row.
 *
 * <p>{@code ready} rows exist beforehand, of each library's own class; a {@code set} row is one that is set anew for each
 * tick, as an application does; an {@code own} row is a class of the application.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ArrowBuilderBenchmark {
    private static final int ROWS = 20_000;
    private static final int READY = 1_000;
    private static final int BLOCK_LENGTH = 2 << 20;
    private static final int PAGE_LENGTH = 128 << 10;
    private static final long FIRST_MILLIS = 1_700_000_000_000L;

    private final String[] symbols = TickTable.symbols();
    private final BinaryString[] officialSymbols = new BinaryString[symbols.length];

    private OffHeapPool pool;
    private ArrowBatchLayout layout;
    private ArrowBatchLayout.Sizing sizing;
    private final GenericRow row = new GenericRow(6);
    private final GenericRow[] rows = new GenericRow[READY];
    private final OwnRow ownRow = new OwnRow();

    private BufferAllocator allocator;
    private ArrowWriterPool writers;
    private org.apache.fluss.types.RowType officialType;
    private final List<MemorySegment> segments = new ArrayList<>();
    private final org.apache.fluss.row.GenericRow[] officialRows = new org.apache.fluss.row.GenericRow[READY];
    private final OfficialOwnRow officialOwnRow = new OfficialOwnRow();

    /** Memory, layouts and rows of both sides. */
    @Setup
    public void open() {
        pool = new OffHeapPool("benchmark", 8 << 20, 4 << 20);
        layout = new ArrowBatchLayout(
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
        sizing = layout.newSizing();
        allocator = new RootAllocator(Long.MAX_VALUE);
        writers = new ArrowWriterPool(allocator);
        officialType = org.apache.fluss.types.RowType.of(
                new org.apache.fluss.types.DataType[] {
                    org.apache.fluss.types.DataTypes.BIGINT(),
                    org.apache.fluss.types.DataTypes.STRING(),
                    org.apache.fluss.types.DataTypes.DOUBLE(),
                    org.apache.fluss.types.DataTypes.INT(),
                    org.apache.fluss.types.DataTypes.BOOLEAN(),
                    org.apache.fluss.types.DataTypes.TIMESTAMP_LTZ(3)
                },
                new String[] {"seq", "symbol", "price", "size", "buy", "time"});
        for (int i = 0; i < BLOCK_LENGTH / PAGE_LENGTH; i++) {
            segments.add(MemorySegment.allocateHeapMemory(PAGE_LENGTH));
        }
        for (int i = 0; i < symbols.length; i++) {
            officialSymbols[i] = BinaryString.fromString(symbols[i]);
        }
        for (int i = 0; i < READY; i++) {
            rows[i] = set(new GenericRow(6), i);
            officialRows[i] = officialRow(i);
        }
    }

    /** Frees it. */
    @TearDown
    public void close() {
        pool.close();
        writers.close();
        allocator.close();
    }

    private GenericRow set(final GenericRow target, final int i) {
        target.setLong(0, i);
        target.setString(1, symbols[i % TickTable.SYMBOLS]);
        target.setDouble(2, TickTable.price(i));
        target.setInt(3, i % 1000);
        target.setBoolean(4, (i & 1) == 0);
        target.setEpochMillis(5, FIRST_MILLIS + i);
        return target;
    }

    private org.apache.fluss.row.GenericRow officialRow(final int i) {
        return org.apache.fluss.row.GenericRow.of(
                (long) i,
                BinaryString.fromString(symbols[i % TickTable.SYMBOLS]),
                TickTable.price(i),
                i % 1000,
                (i & 1) == 0,
                TimestampLtz.fromEpochMillis(FIRST_MILLIS + i));
    }

    /** Ready rows. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int readyMillrace() {
        final Batch batch = new Batch();
        for (int i = 0, at = 0; i < ROWS; i++) {
            batch.append(rows[at]);
            at = at + 1 == READY ? 0 : at + 1;
        }
        return batch.end();
    }

    /** Ready rows. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int readyOfficial() throws Exception {
        final MemoryLogRecordsArrowBuilder builder = officialBuilder();
        for (int i = 0, at = 0; i < ROWS; i++) {
            builder.append(ChangeType.APPEND_ONLY, officialRows[at]);
            at = at + 1 == READY ? 0 : at + 1;
        }
        return end(builder);
    }

    /** One row, set anew. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int setMillrace() {
        final Batch batch = new Batch();
        for (int i = 0; i < ROWS; i++) {
            batch.append(set(row, i));
        }
        return batch.end();
    }

    /** A row a tick: the official row is made of objects. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int setOfficial() throws Exception {
        final MemoryLogRecordsArrowBuilder builder = officialBuilder();
        for (int i = 0; i < ROWS; i++) {
            builder.append(ChangeType.APPEND_ONLY, officialRow(i));
        }
        return end(builder);
    }

    /** A class of the application, one object. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int ownMillrace() {
        final Batch batch = new Batch();
        final OwnRow own = ownRow;
        for (int i = 0; i < ROWS; i++) {
            own.seq = i;
            own.symbol = symbols[i % TickTable.SYMBOLS];
            own.price = TickTable.price(i);
            own.size = i % 1000;
            own.buy = (i & 1) == 0;
            own.time = FIRST_MILLIS + i;
            batch.append(own);
        }
        return batch.end();
    }

    /** A class of the application, one object. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int ownOfficial() throws Exception {
        final MemoryLogRecordsArrowBuilder builder = officialBuilder();
        final OfficialOwnRow own = officialOwnRow;
        for (int i = 0; i < ROWS; i++) {
            own.seq = i;
            own.symbol = officialSymbols[i % TickTable.SYMBOLS];
            own.price = TickTable.price(i);
            own.size = i % 1000;
            own.buy = (i & 1) == 0;
            own.time = FIRST_MILLIS + i;
            builder.append(ChangeType.APPEND_ONLY, own);
        }
        return end(builder);
    }

    /** A batch in a block of its own. */
    private final class Batch {
        private final Block block = pool.tryAcquire(BLOCK_LENGTH);
        private final ArrowBatchBuilder builder = new ArrowBatchBuilder(layout, sizing.plan(BLOCK_LENGTH), block);

        void append(final InternalRow next) {
            if (!builder.tryAppend(next)) {
                throw new IllegalStateException("no room at row " + builder.rowCount());
            }
        }

        int end() {
            builder.finish(null);
            builder.seal(1, 1);
            sizing.observe(builder);
            final int length = builder.length();
            block.release();
            return length;
        }
    }

    private MemoryLogRecordsArrowBuilder officialBuilder() {
        return MemoryLogRecordsArrowBuilder.builder(
                1,
                writers.getOrCreateWriter(
                        1, 1, BLOCK_LENGTH, officialType, new ArrowCompressionInfo(ArrowCompressionType.NONE, -1)),
                new PreAllocatedPagedOutputView(segments),
                true);
    }

    private static int end(final MemoryLogRecordsArrowBuilder builder) throws Exception {
        builder.setWriterState(1, 1);
        builder.close();
        final int length = builder.build().getBytesLength();
        if (length > BLOCK_LENGTH) {
            throw new IllegalStateException("more than its memory");
        }
        return length;
    }

    /** What an application writes for itself. */
    private static final class OwnRow implements InternalRow {
        long seq;
        String symbol;
        double price;
        int size;
        boolean buy;
        long time;

        @Override
        public int fieldCount() {
            return 6;
        }

        @Override
        public long getLong(final int pos) {
            return seq;
        }

        @Override
        public String getString(final int pos) {
            return symbol;
        }

        @Override
        public double getDouble(final int pos) {
            return price;
        }

        @Override
        public int getInt(final int pos) {
            return size;
        }

        @Override
        public boolean getBoolean(final int pos) {
            return buy;
        }

        @Override
        public long getEpochMillis(final int pos, final int precision) {
            return time;
        }
    }

    /** The same for the official client. */
    private static final class OfficialOwnRow implements org.apache.fluss.row.InternalRow {
        long seq;
        BinaryString symbol;
        double price;
        int size;
        boolean buy;
        long time;

        @Override
        public int getFieldCount() {
            return 6;
        }

        @Override
        public boolean isNullAt(final int pos) {
            return false;
        }

        @Override
        public boolean getBoolean(final int pos) {
            return buy;
        }

        @Override
        public byte getByte(final int pos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public short getShort(final int pos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int getInt(final int pos) {
            return size;
        }

        @Override
        public long getLong(final int pos) {
            return seq;
        }

        @Override
        public float getFloat(final int pos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public double getDouble(final int pos) {
            return price;
        }

        @Override
        public BinaryString getChar(final int pos, final int length) {
            return symbol;
        }

        @Override
        public BinaryString getString(final int pos) {
            return symbol;
        }

        @Override
        public org.apache.fluss.row.Decimal getDecimal(final int pos, final int precision, final int scale) {
            throw new UnsupportedOperationException();
        }

        @Override
        public org.apache.fluss.row.TimestampNtz getTimestampNtz(final int pos, final int precision) {
            throw new UnsupportedOperationException();
        }

        @Override
        public TimestampLtz getTimestampLtz(final int pos, final int precision) {
            return TimestampLtz.fromEpochMillis(time);
        }

        @Override
        public byte[] getBinary(final int pos, final int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public byte[] getBytes(final int pos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public org.apache.fluss.row.InternalArray getArray(final int pos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public org.apache.fluss.row.InternalMap getMap(final int pos) {
            throw new UnsupportedOperationException();
        }

        @Override
        public org.apache.fluss.row.InternalRow getRow(final int pos, final int fieldCount) {
            throw new UnsupportedOperationException();
        }
    }
}
