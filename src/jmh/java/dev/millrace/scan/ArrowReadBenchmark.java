package dev.millrace.scan;

import dev.millrace.internal.codec.ArrowLayout;
import dev.millrace.internal.codec.LogBatchReader;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.memory.SharedBlock;
import dev.millrace.interop.OfficialLog;
import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.TableBucket;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.SchemaGetter;
import org.apache.fluss.metadata.SchemaInfo;
import org.apache.fluss.record.LogRecord;
import org.apache.fluss.record.LogRecordBatch;
import org.apache.fluss.record.LogRecordReadContext;
import org.apache.fluss.record.MemoryLogRecords;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.TimestampLtz;
import org.apache.fluss.utils.CloseableIterator;
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
 * The decoders alone: one uncompressed batch of ticks that lies in memory, wrapped, and every column of every row read. An
 * operation is a row. Neither side takes the checksum.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ArrowReadBenchmark {
    private static final int ROWS = 20_000;
    private static final int SYMBOLS = 500;
    private static final RowType TICK = new RowType(
            false,
            List.of(
                    new DataField("seq", DataTypes.BIGINT()),
                    new DataField("symbol", DataTypes.STRING()),
                    new DataField("price", DataTypes.DOUBLE()),
                    new DataField("size", DataTypes.INT()),
                    new DataField("buy", DataTypes.BOOLEAN()),
                    new DataField("time", DataTypes.TIMESTAMP_LTZ(3))));
    private static final org.apache.fluss.types.RowType OFFICIAL_TICK = officialType();

    private byte[] bytes = {};
    private long expected;

    // Ours.
    private final ReadMemory memory = new ReadMemory(8 << 20);
    private final ArrowLayout layout = ArrowLayout.of(TICK, 0, 1, 2, 3, 4, 5);
    private final LogBatch.Shelf shelf = new LogBatch.Shelf(layout);
    private final LogBatchReader reader = new LogBatchReader();
    private final TableBucket bucket = TableBucket.of(1, 0);
    private final UnsafeBuffer symbol = OffHeap.flyweight();
    private SharedBlock block;

    // The official client's.
    private MemoryLogRecords records = MemoryLogRecords.EMPTY;
    private LogRecordReadContext context;

    private static org.apache.fluss.types.RowType officialType() {
        final org.apache.fluss.types.RowType.Builder type = org.apache.fluss.types.RowType.builder();
        TICK.fields().forEach(field -> type.field(field.name(), ScalarRows.official(field.dataType())));
        return type.build();
    }

    private static BinaryString[] symbols() {
        final BinaryString[] symbols = new BinaryString[SYMBOLS];
        for (int i = 0; i < SYMBOLS; i++) {
            symbols[i] = BinaryString.fromString("SYM" + (1000 + i));
        }
        return symbols;
    }

    private static double price(final long seq) {
        return 100 + (seq * 7919 % 20_011) / 100.0;
    }

    /** Encodes the batch. */
    @Setup
    public void open() {
        final BinaryString[] symbols = symbols();
        final List<GenericRow> rows = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            rows.add(GenericRow.of(
                    (long) i,
                    symbols[i % SYMBOLS],
                    price(i),
                    i % 1000,
                    (i & 1) == 0,
                    TimestampLtz.fromEpochMillis(1_700_000_000_000L + i)));
            expected += i
                    + symbols[i % SYMBOLS].getSizeInBytes()
                    + Double.doubleToRawLongBits(price(i))
                    + i % 1000
                    + (i & 1 ^ 1)
                    + 1_700_000_000_000L
                    + i;
        }
        bytes = OfficialLog.batch(OFFICIAL_TICK, OfficialLog.NONE, rows);
        block = memory.tryTake(bytes.length);
        block.buffer().putBytes(0, bytes);
        records = MemoryLogRecords.pointToBytes(bytes);
        context = LogRecordReadContext.createArrowReadContext(OFFICIAL_TICK, 1, new OneSchema());
    }

    /** Frees it. */
    @TearDown
    public void close() {
        context.close();
        block.release();
        memory.close();
    }

    /** Ours, as a cursor reads: one row that moves, text without a copy. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long millrace() {
        reader.wrap(block.bytes(), 0, bytes.length).next();
        final LogBatch batch = shelf.take();
        batch.wrap(reader, true, block);
        final Segment segment = new Segment(bucket, batch, 0, ROWS, ROWS);
        long sum = 0;
        try (ScanRecords read = new ScanRecords(layout, memory, new Segment[] {segment}, ROWS)) {
            final ScanRecords.Cursor cursor = read.cursor();
            while (cursor.next()) {
                final InternalRow row = cursor.row();
                row.wrapString(1, symbol);
                sum += row.getLong(0)
                        + symbol.capacity()
                        + Double.doubleToRawLongBits(row.getDouble(2))
                        + row.getInt(3)
                        + (row.getBoolean(4) ? 1 : 0)
                        + row.getEpochMillis(5, 3);
            }
        }
        return checked(sum);
    }

    /** The official client's read context and Arrow rows. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long official() {
        long sum = 0;
        for (final LogRecordBatch records : records.batches()) {
            try (CloseableIterator<LogRecord> iterator = records.records(context)) {
                while (iterator.hasNext()) {
                    final org.apache.fluss.row.InternalRow row = iterator.next().getRow();
                    final BinaryString text = row.getString(1);
                    sum += row.getLong(0)
                            + text.getSizeInBytes()
                            + Double.doubleToRawLongBits(row.getDouble(2))
                            + row.getInt(3)
                            + (row.getBoolean(4) ? 1 : 0)
                            + row.getTimestampLtz(5, 3).getEpochMillisecond();
                }
            }
        }
        return checked(sum);
    }

    private long checked(final long sum) {
        if (sum != expected) {
            throw new IllegalStateException("read " + sum + " where " + expected + " was written");
        }
        return sum;
    }

    private static final class OneSchema implements SchemaGetter {
        private final Schema schema =
                Schema.newBuilder().fromRowType(OFFICIAL_TICK).build();

        @Override
        public Schema getSchema(final int schemaId) {
            return schema;
        }

        @Override
        public CompletableFuture<SchemaInfo> getSchemaInfoAsync(final int schemaId) {
            return CompletableFuture.completedFuture(getLatestSchemaInfo());
        }

        @Override
        public SchemaInfo getLatestSchemaInfo() {
            return new SchemaInfo(schema, 1);
        }

        @Override
        public void release() {
            // Holds nothing.
        }
    }
}
