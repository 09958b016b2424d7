package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.millrace.internal.memory.Block;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.row.GenericRow;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.lang.management.ManagementFactory;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What rows, keys and batches of them allocate once everything is warm: nothing. */
class RowAllocationTest {
    private static final int ROWS = 100_000;
    private static final int BATCH_ROWS = 1_000;

    // A few bytes of the measurement itself, and of each batch.
    private static final double NOTHING = 0.01;
    private static final double A_BATCH = 2_000.0 / BATCH_ROWS;

    private static final RowType TICK = RowFormatTest.row(
            DataTypes.BIGINT(),
            DataTypes.STRING(),
            DataTypes.DOUBLE(),
            DataTypes.INT(),
            DataTypes.BOOLEAN(),
            DataTypes.TIMESTAMP_LTZ(3),
            DataTypes.DECIMAL(12, 2),
            DataTypes.DATE(),
            DataTypes.BYTES());
    private static final int[] KEY = {1, 0};

    private final UnsafeBuffer memory = RowCases.usedMemory(1024);
    private final UnsafeBuffer view = OffHeap.flyweight();
    private final GenericRow row = new GenericRow(TICK.fieldCount());
    private final byte[] bytes = {1, 2, 3};
    private long sum;

    /** One row, by its number. */
    private interface Work {
        void doFor(int i);
    }

    @ParameterizedTest
    @EnumSource
    void shouldAllocateNothingToEncodeARow(final RowFormat format) {
        final RowEncoder encoder = format.newEncoder(TICK);
        assertThat(allocatedPerRow(i -> sum += encoder.encode(set(i), memory, 0, memory.capacity())))
                .isLessThan(NOTHING);
    }

    @ParameterizedTest
    @EnumSource
    void shouldAllocateNothingToDecodeARow(final RowFormat format) {
        final RowView rowView = format.newView(TICK);
        final int length = format.newEncoder(TICK).encode(set(7), memory, 3, memory.capacity() - 3);
        assertThat(allocatedPerRow(i -> read(rowView, length))).isLessThan(NOTHING);
    }

    private void read(final RowView rowView, final int length) {
        rowView.wrap(memory, 3, length);
        rowView.wrapString(1, view);
        sum += view.capacity();
        rowView.wrapBytes(8, view);
        sum += view.capacity()
                + rowView.getLong(0)
                + Double.doubleToRawLongBits(rowView.getDouble(2))
                + rowView.getInt(3)
                + (rowView.getBoolean(4) ? 1 : 0)
                + rowView.getEpochMillis(5, 3)
                + rowView.getDecimalUnscaled(6, 12, 2)
                + (rowView.isNullAt(7) ? 1 : rowView.getEpochDay(7));
    }

    @ParameterizedTest
    @EnumSource
    void shouldAllocateNothingForAKeyAndItsBucket(final KeyFormat format) {
        final RowEncoder encoder = format.newEncoder(TICK, format == KeyFormat.ICEBERG ? new int[] {1} : KEY);
        final UnsafeBuffer onHeap = OffHeap.wrap(new byte[256]);
        assertThat(allocatedPerRow(i -> {
                    final int length = encoder.encode(set(i), memory, 0, memory.capacity());
                    sum += format.bucket(memory, 0, length, 16);
                    sum += format.bucket(onHeap, 0, encoder.encode(row, onHeap, 0, onHeap.capacity()), 16);
                }))
                .isLessThan(NOTHING);
    }

    @ParameterizedTest
    @EnumSource
    void shouldAllocateABatchButNothingForItsRows(final RowFormat format) {
        final RowEncoder rows = format.newEncoder(TICK);
        final RowEncoder keys = KeyFormat.COMPACTED.newEncoder(TICK, KEY);
        try (OffHeapPool pool = new OffHeapPool("test pool", 4 << 20, 1 << 20)) {
            final BatchBuilder[] current = new BatchBuilder[1];
            final Block[] block = new Block[1];
            assertThat(allocatedPerRow(i -> {
                        if (i % BATCH_ROWS == 0) {
                            block[0] = pool.tryAcquire(128 << 10);
                            current[0] = new KvBatchBuilder(keys, rows, 1, block[0]);
                        }
                        if (!current[0].tryAppend(set(i))) {
                            throw new AssertionError("no room for row " + i);
                        }
                        if (i % BATCH_ROWS == BATCH_ROWS - 1) {
                            current[0].finish(null);
                            current[0].seal(1, i);
                            sum += current[0].length();
                            block[0].release();
                        }
                    }))
                    .isLessThan(A_BATCH);
        }
    }

    private GenericRow set(final int i) {
        row.setLong(0, i * 1_000L);
        row.setString(1, "EURUSD");
        row.setDouble(2, i / 8.0);
        row.setInt(3, i);
        row.setBoolean(4, (i & 1) == 0);
        row.setEpochMillis(5, 1_700_000_000_000L + i);
        row.setDecimalUnscaled(6, i);
        if (i % 3 == 0) {
            row.setNull(7);
        } else {
            row.setEpochDay(7, i);
        }
        row.setBytes(8, bytes);
        return row;
    }

    /** Once to warm up, then for the record. */
    private static double allocatedPerRow(final Work work) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        double perRow = 0;
        for (int round = 0; round < 2; round++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < ROWS; i++) {
                work.doFor(i);
            }
            perRow = (double) (threads.getCurrentThreadAllocatedBytes() - before) / ROWS;
        }
        return perRow;
    }
}
