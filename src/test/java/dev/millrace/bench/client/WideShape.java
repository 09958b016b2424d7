package dev.millrace.bench.client;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.metadata.Schema;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import java.util.Arrays;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryString;

/** A hundred columns: BIGINT, DOUBLE, INT and STRING in turn. */
public final class WideShape implements Shape {
    private static final int COLUMNS = 100;
    private static final int KINDS = 4;
    private static final int TEXTS = 500;

    private final String[] texts = new String[TEXTS];
    private final BinaryString[] officialTexts;
    private final UnsafeBuffer text = OffHeap.flyweight();

    public WideShape() {
        Arrays.setAll(texts, i -> "value " + "abcdefghijklmnop".substring(0, i % 16));
        officialTexts = Arrays.stream(texts).map(BinaryString::fromString).toArray(BinaryString[]::new);
    }

    @Override
    public Schema.Builder columns() {
        final DataType[] kinds = {DataTypes.BIGINT(), DataTypes.DOUBLE(), DataTypes.INT(), DataTypes.STRING()};
        final Schema.Builder builder = Schema.builder().column("seq", kinds[0]);
        for (int i = 1; i < COLUMNS; i++) {
            builder.column("c" + i, kinds[i % KINDS]);
        }
        return builder;
    }

    @Override
    public int columnCount() {
        return COLUMNS;
    }

    private static int textOf(final long seq, final int column) {
        return (int) ((seq + column) % TEXTS);
    }

    private static double doubleOf(final long seq, final int column) {
        return (seq + column) / 8.0;
    }

    @Override
    public void set(final GenericRow row, final long seq) {
        for (int i = 0; i < COLUMNS; i += KINDS) {
            row.setLong(i, seq + i);
            row.setDouble(i + 1, doubleOf(seq, i));
            row.setInt(i + 2, (int) seq + i);
            row.setString(i + 3, texts[textOf(seq, i)]);
        }
    }

    @Override
    public void set(final org.apache.fluss.row.GenericRow row, final long seq) {
        for (int i = 0; i < COLUMNS; i += KINDS) {
            row.setField(i, seq + i);
            row.setField(i + 1, doubleOf(seq, i));
            row.setField(i + 2, (int) seq + i);
            row.setField(i + 3, officialTexts[textOf(seq, i)]);
        }
    }

    @Override
    public long checksum(final long seq) {
        long sum = 0;
        for (int i = 0; i < COLUMNS; i += KINDS) {
            sum += seq + i + Double.doubleToRawLongBits(doubleOf(seq, i)) + ((int) seq + i);
            sum += texts[textOf(seq, i)].length();
        }
        return sum;
    }

    @Override
    public long checksum(final InternalRow row) {
        long sum = 0;
        for (int i = 0; i < COLUMNS; i += KINDS) {
            row.wrapString(i + 3, text);
            sum += row.getLong(i) + Double.doubleToRawLongBits(row.getDouble(i + 1)) + row.getInt(i + 2);
            sum += text.capacity();
        }
        return sum;
    }

    @Override
    public long checksum(final org.apache.fluss.row.InternalRow row) {
        long sum = 0;
        for (int i = 0; i < COLUMNS; i += KINDS) {
            sum += row.getLong(i) + Double.doubleToRawLongBits(row.getDouble(i + 1)) + row.getInt(i + 2);
            sum += row.getString(i + 3).getSizeInBytes();
        }
        return sum;
    }
}
