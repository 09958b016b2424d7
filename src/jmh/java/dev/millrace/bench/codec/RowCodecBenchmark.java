package dev.millrace.bench.codec;

import dev.millrace.bench.TickTable;
import dev.millrace.internal.codec.KeyFormat;
import dev.millrace.internal.codec.KvBatchBuilder;
import dev.millrace.internal.codec.RowEncoder;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.codec.RowView;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.bucketing.FlussBucketingFunction;
import org.apache.fluss.memory.MemorySegment;
import org.apache.fluss.memory.PreAllocatedPagedOutputView;
import org.apache.fluss.metadata.KvFormat;
import org.apache.fluss.record.KvRecordBatchBuilder;
import org.apache.fluss.row.BinaryRow;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.InternalRow;
import org.apache.fluss.row.TimestampLtz;
import org.apache.fluss.row.compacted.CompactedRow;
import org.apache.fluss.row.compacted.CompactedRowDeserializer;
import org.apache.fluss.row.encode.CompactedKeyEncoder;
import org.apache.fluss.row.encode.CompactedRowEncoder;
import org.apache.fluss.row.encode.IndexedRowEncoder;
import org.apache.fluss.row.indexed.IndexedRow;
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
 * The codecs of rows and keys alone: ticks that exist beforehand, in each library's own generic row, into bytes, and such
 * bytes into values. An operation is a row.
 *
 * <p>Both sides keep their encoders, views and memory from row to row, and both read text without making a {@code String}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RowCodecBenchmark {
    private static final int ROWS = 1_024;

    // So few that they stay in the first cache, as the one row does that an application sets again and again.
    private static final int READY = 64;

    private static final int BUCKETS = 16;
    private static final int[] KEY = {0, 1};
    private static final int BLOCK_LENGTH = 128 << 10;
    private static final int PAGE_LENGTH = 32 << 10;
    private static final long FIRST_MILLIS = 1_700_000_000_000L;

    private final GenericRow[] rows = new GenericRow[READY];
    private final UnsafeBuffer target = OffHeap.wrap(ByteBuffer.allocateDirect(1 << 10), 0, 1 << 10);
    private final UnsafeBuffer symbol = OffHeap.flyweight();
    private RowEncoder compacted;
    private RowEncoder indexed;
    private RowEncoder key;
    private Encoded ours;
    private RowView compactedView;
    private RowView indexedView;
    private OffHeapPool pool;

    private final InternalRow[] officialRows = new InternalRow[READY];
    private final InternalRow.FieldGetter[] getters = new InternalRow.FieldGetter[6];
    private final List<MemorySegment> segments = new ArrayList<>();
    private final FlussBucketingFunction officialBuckets = new FlussBucketingFunction();
    private final byte[][] officialKeys = new byte[READY][];
    private CompactedRowEncoder officialCompacted;
    private IndexedRowEncoder officialIndexed;
    private CompactedKeyEncoder officialKey;
    private CompactedRowDeserializer officialDeserializer;
    private IndexedRow officialIndexedRow;

    /** All rows as bytes, in each format, one behind the other; the same for both libraries. */
    private static final class Encoded {
        final UnsafeBuffer compacted = OffHeap.wrap(ByteBuffer.allocateDirect(BLOCK_LENGTH), 0, BLOCK_LENGTH);
        final UnsafeBuffer indexed = OffHeap.wrap(ByteBuffer.allocateDirect(BLOCK_LENGTH), 0, BLOCK_LENGTH);
        final UnsafeBuffer keys = OffHeap.wrap(ByteBuffer.allocateDirect(BLOCK_LENGTH), 0, BLOCK_LENGTH);
        final MemorySegment compactedSegment = MemorySegment.wrapOffHeapMemory(compacted.byteBuffer());
        final MemorySegment indexedSegment = MemorySegment.wrapOffHeapMemory(indexed.byteBuffer());
        final int[] compactedEnds = new int[READY + 1];
        final int[] indexedEnds = new int[READY + 1];
        final int[] keyEnds = new int[READY + 1];
    }

    /** Rows, encoders and memory of both sides. */
    @Setup
    public void open() {
        final RowType type = new RowType(
                false,
                List.of(
                        new DataField("seq", DataTypes.BIGINT()),
                        new DataField("symbol", DataTypes.STRING()),
                        new DataField("price", DataTypes.DOUBLE()),
                        new DataField("size", DataTypes.INT()),
                        new DataField("buy", DataTypes.BOOLEAN()),
                        new DataField("time", DataTypes.TIMESTAMP_LTZ(3))));
        final org.apache.fluss.types.DataType[] officialTypes = {
            org.apache.fluss.types.DataTypes.BIGINT(),
            org.apache.fluss.types.DataTypes.STRING(),
            org.apache.fluss.types.DataTypes.DOUBLE(),
            org.apache.fluss.types.DataTypes.INT(),
            org.apache.fluss.types.DataTypes.BOOLEAN(),
            org.apache.fluss.types.DataTypes.TIMESTAMP_LTZ(3)
        };
        compacted = RowFormat.COMPACTED.newEncoder(type);
        indexed = RowFormat.INDEXED.newEncoder(type);
        key = KeyFormat.COMPACTED.newEncoder(type, KEY);
        compactedView = RowFormat.COMPACTED.newView(type);
        indexedView = RowFormat.INDEXED.newView(type);
        pool = new OffHeapPool("benchmark", 8 << 20, 4 << 20);
        officialCompacted = new CompactedRowEncoder(officialTypes);
        officialIndexed = new IndexedRowEncoder(officialTypes);
        officialKey = new CompactedKeyEncoder(org.apache.fluss.types.RowType.of(officialTypes), KEY);
        officialDeserializer = new CompactedRowDeserializer(officialTypes);
        officialIndexedRow = new IndexedRow(officialTypes);
        for (int i = 0; i < getters.length; i++) {
            getters[i] = InternalRow.createFieldGetter(officialTypes[i], i);
        }
        for (int i = 0; i < BLOCK_LENGTH / PAGE_LENGTH; i++) {
            segments.add(MemorySegment.allocateHeapMemory(PAGE_LENGTH));
        }
        fill();
    }

    private void fill() {
        final String[] symbols = TickTable.symbols();
        ours = new Encoded();
        for (int i = 0; i < READY; i++) {
            final long seq = 1_000_000L + i * 37L;
            final GenericRow row = new GenericRow(6);
            row.setLong(0, seq);
            row.setString(1, symbols[i % TickTable.SYMBOLS]);
            row.setDouble(2, TickTable.price(i));
            row.setInt(3, i * 7 % 1000);
            row.setBoolean(4, (i & 1) == 0);
            row.setEpochMillis(5, FIRST_MILLIS + i);
            rows[i] = row;
            officialRows[i] = org.apache.fluss.row.GenericRow.of(
                    seq,
                    BinaryString.fromString(symbols[i % TickTable.SYMBOLS]),
                    TickTable.price(i),
                    i * 7 % 1000,
                    (i & 1) == 0,
                    TimestampLtz.fromEpochMillis(FIRST_MILLIS + i));
            officialKeys[i] = officialKey.encodeKey(officialRows[i]);
            ours.compactedEnds[i + 1] = append(compacted, row, ours.compacted, ours.compactedEnds[i]);
            ours.indexedEnds[i + 1] = append(indexed, row, ours.indexed, ours.indexedEnds[i]);
            ours.keyEnds[i + 1] = append(key, row, ours.keys, ours.keyEnds[i]);
        }
        if (compactedDecodeMillrace() != compactedDecodeOfficial()
                || indexedDecodeMillrace() != indexedDecodeOfficial()) {
            throw new IllegalStateException("the two libraries read different values");
        }
        if (compactedEncodeMillrace() != compactedEncodeOfficial()
                || indexedEncodeMillrace() != indexedEncodeOfficial()
                || keyMillrace() != keyOfficial()
                || bucketMillrace() != bucketOfficial()) {
            throw new IllegalStateException("the two libraries write different bytes");
        }
    }

    private static int append(
            final RowEncoder encoder, final GenericRow row, final UnsafeBuffer memory, final int offset) {
        return offset + encoder.encode(row, memory, offset, memory.capacity() - offset);
    }

    /** Frees the memory. */
    @TearDown
    public void close() {
        pool.close();
    }

    // ---- rows to bytes ----

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int compactedEncodeMillrace() {
        return encode(compacted);
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int compactedEncodeOfficial() {
        int sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final InternalRow row = officialRows[i % READY];
            sum += compactedOfficial(row).getSizeInBytes();
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int indexedEncodeMillrace() {
        return encode(indexed);
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int indexedEncodeOfficial() {
        int sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final InternalRow row = officialRows[i % READY];
            officialIndexed.startNewRow();
            for (int field = 0; field < getters.length; field++) {
                officialIndexed.encodeField(field, getters[field].getFieldOrNull(row));
            }
            sum += officialIndexed.finishRow().getSizeInBytes();
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int keyMillrace() {
        return encode(key);
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int keyOfficial() {
        int sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final InternalRow row = officialRows[i % READY];
            sum += officialKey.encodeKey(row).length;
        }
        return sum;
    }

    private int encode(final RowEncoder encoder) {
        int sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final GenericRow row = rows[i % READY];
            sum += encoder.encode(row, target, 0, target.capacity());
        }
        return sum;
    }

    private BinaryRow compactedOfficial(final InternalRow row) {
        officialCompacted.startNewRow();
        for (int i = 0; i < getters.length; i++) {
            officialCompacted.encodeField(i, getters[i].getFieldOrNull(row));
        }
        return officialCompacted.finishRow();
    }

    // ---- bytes to values ----

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long compactedDecodeMillrace() {
        return decode(compactedView, ours.compacted, ours.compactedEnds);
    }

    /** The row object decodes once only, and so there is one a row. */
    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long compactedDecodeOfficial() {
        long sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final int n = i % READY;
            final int at = ours.compactedEnds[n];
            final CompactedRow row = new CompactedRow(getters.length, officialDeserializer);
            row.pointTo(ours.compactedSegment, at, ours.compactedEnds[n + 1] - at);
            sum += valuesOf(row);
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long indexedDecodeMillrace() {
        return decode(indexedView, ours.indexed, ours.indexedEnds);
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public long indexedDecodeOfficial() {
        long sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final int n = i % READY;
            final int at = ours.indexedEnds[n];
            officialIndexedRow.pointTo(ours.indexedSegment, at, ours.indexedEnds[n + 1] - at);
            sum += valuesOf(officialIndexedRow);
        }
        return sum;
    }

    private long decode(final RowView view, final UnsafeBuffer memory, final int[] ends) {
        long sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final int n = i % READY;
            view.wrap(memory, ends[n], ends[n + 1] - ends[n]);
            view.wrapString(1, symbol);
            sum += view.getLong(0)
                    + symbol.capacity()
                    + symbol.getByte(6)
                    + Double.doubleToRawLongBits(view.getDouble(2))
                    + view.getInt(3)
                    + (view.getBoolean(4) ? 1 : 0)
                    + view.getEpochMillis(5, 3);
        }
        return sum;
    }

    private static long valuesOf(final InternalRow row) {
        final BinaryString symbol = row.getString(1);
        return row.getLong(0)
                + symbol.getSizeInBytes()
                + symbol.byteAt(6)
                + Double.doubleToRawLongBits(row.getDouble(2))
                + row.getInt(3)
                + (row.getBoolean(4) ? 1 : 0)
                + row.getTimestampLtz(5, 3).getEpochMillisecond();
    }

    // ---- keys to buckets ----

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int bucketMillrace() {
        int sum = 0;
        for (int i = 0; i < ROWS; i++) {
            final int n = i % READY;
            final int at = ours.keyEnds[n];
            sum += KeyFormat.COMPACTED.bucket(ours.keys, at, ours.keyEnds[n + 1] - at, BUCKETS);
        }
        return sum;
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int bucketOfficial() {
        int sum = 0;
        for (int i = 0; i < ROWS; i++) {
            sum += officialBuckets.bucketing(officialKeys[i % READY], BUCKETS);
        }
        return sum;
    }

    // ---- batches of upserts, from rows to sealed bytes ----

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int kvBatchMillrace() {
        final Block block = pool.tryAcquire(BLOCK_LENGTH);
        final KvBatchBuilder batch = new KvBatchBuilder(key, compacted, 1, block);
        for (int i = 0; i < ROWS; i++) {
            final GenericRow row = rows[i % READY];
            if (!batch.tryAppend(row)) {
                throw new IllegalStateException("no room");
            }
        }
        batch.finish(null);
        batch.seal(1, 1);
        final int length = batch.length();
        block.release();
        return length;
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public int kvBatchOfficial() throws Exception {
        final KvRecordBatchBuilder batch = KvRecordBatchBuilder.builder(
                1, BLOCK_LENGTH, new PreAllocatedPagedOutputView(segments), KvFormat.COMPACTED);
        for (int i = 0; i < ROWS; i++) {
            final InternalRow row = officialRows[i % READY];
            batch.append(officialKey.encodeKey(row), compactedOfficial(row));
        }
        batch.setWriterState(1, 1);
        batch.close();
        return batch.build().getBytesLength();
    }
}
