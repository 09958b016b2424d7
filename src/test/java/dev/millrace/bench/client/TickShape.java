package dev.millrace.bench.client;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.metadata.Schema;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataTypes;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.TimestampLtz;

/** Six columns of a tick, as most benchmarks write and read it. */
public final class TickShape implements Shape {
    /** The column that a projected scan reads, and that a lookup checks. */
    public static final int PRICE = 2;

    private static final int SYMBOLS = 500;
    private static final long FIRST_MILLIS = 1_700_000_000_000L;

    private final String[] symbols = new String[SYMBOLS];
    private final BinaryString[] officialSymbols;
    private final UnsafeBuffer symbol = OffHeap.flyweight();

    public TickShape() {
        Arrays.setAll(symbols, i -> "SYM" + (1_000 + i));
        officialSymbols = Arrays.stream(symbols).map(BinaryString::fromString).toArray(BinaryString[]::new);
    }

    /** A price that looks like one: a few digits that differ. */
    public static double price(final long seq) {
        return 100 + (seq * 7_919 % 20_011) / 100.0;
    }

    /** Of the prices of the rows from the first one on. */
    public static long checksumOfPrices(final long rows) {
        long sum = 0;
        for (long seq = 0; seq < rows; seq++) {
            sum += Double.doubleToRawLongBits(price(seq));
        }
        return sum;
    }

    @Override
    public Schema.Builder columns() {
        return Schema.builder()
                .column("seq", DataTypes.BIGINT())
                .column("symbol", DataTypes.STRING())
                .column("price", DataTypes.DOUBLE())
                .column("size", DataTypes.INT())
                .column("buy", DataTypes.BOOLEAN())
                .column("time", DataTypes.TIMESTAMP_LTZ(3));
    }

    @Override
    public int columnCount() {
        return 6;
    }

    @Override
    public void set(final GenericRow row, final long seq) {
        row.setLong(0, seq);
        row.setString(1, symbols[(int) (seq % SYMBOLS)]);
        row.setDouble(PRICE, price(seq));
        row.setInt(3, (int) (seq % 1_000));
        row.setBoolean(4, (seq & 1) == 0);
        row.setEpochMillis(5, FIRST_MILLIS + seq);
    }

    @Override
    public void set(final org.apache.fluss.row.GenericRow row, final long seq) {
        row.setField(0, seq);
        row.setField(1, officialSymbols[(int) (seq % SYMBOLS)]);
        row.setField(PRICE, price(seq));
        row.setField(3, (int) (seq % 1_000));
        row.setField(4, (seq & 1) == 0);
        row.setField(5, TimestampLtz.fromEpochMillis(FIRST_MILLIS + seq));
    }

    @Override
    public long checksum(final long seq) {
        return checksum(
                seq,
                symbols[(int) (seq % SYMBOLS)].length(),
                price(seq),
                (int) (seq % 1_000),
                (seq & 1) == 0,
                FIRST_MILLIS + seq);
    }

    @Override
    public long checksum(final InternalRow row) {
        row.wrapString(1, symbol);
        return checksum(
                row.getLong(0),
                symbol.capacity(),
                row.getDouble(PRICE),
                row.getInt(3),
                row.getBoolean(4),
                row.getEpochMillis(5, 3));
    }

    @Override
    public long checksum(final org.apache.fluss.row.InternalRow row) {
        return checksum(
                row.getLong(0),
                row.getString(1).getSizeInBytes(),
                row.getDouble(PRICE),
                row.getInt(3),
                row.getBoolean(4),
                row.getTimestampLtz(5, 3).getEpochMillisecond());
    }

    private static long checksum(
            final long seq,
            final int symbolLength,
            final double price,
            final int size,
            final boolean buy,
            final long time) {
        return seq + symbolLength + Double.doubleToRawLongBits(price) + size + (buy ? 1 : 2) + time;
    }
}
