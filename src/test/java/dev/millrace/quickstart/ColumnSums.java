package dev.millrace.quickstart;

import dev.millrace.metadata.Schema;
import dev.millrace.row.InternalRow;
import dev.millrace.types.BigIntType;
import dev.millrace.types.BooleanType;
import dev.millrace.types.DataType;
import dev.millrace.types.DateType;
import dev.millrace.types.DoubleType;
import dev.millrace.types.IntType;
import dev.millrace.types.StringType;
import dev.millrace.types.TimestampLtzType;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;

/**
 * Counts rows and sums a hash of every value, per column. The order of the rows does not matter; a value lost, doubled,
 * changed, or moved to another column does. For one thread at a time; allocates nothing per row.
 */
final class ColumnSums {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final long NULL_VALUE = 0x6E756C6C;

    private final DataType[] types;
    private final long[] sums;
    private final ExpandableArrayBuffer text = new ExpandableArrayBuffer(1024);
    private long rows;
    private long valueBytes;

    ColumnSums(Schema schema) {
        types = schema.columns().stream().map(Schema.Column::dataType).toArray(DataType[]::new);
        sums = new long[types.length];
    }

    void add(InternalRow row) {
        for (int i = 0; i < types.length; i++) {
            sums[i] += mix(row.isNullAt(i) ? NULL_VALUE : hash(row, i), i);
        }
        rows++;
    }

    void add(ColumnSums other) {
        for (int i = 0; i < sums.length; i++) {
            sums[i] += other.sums[i];
        }
        rows += other.rows;
        valueBytes += other.valueBytes;
    }

    private long hash(InternalRow row, int pos) {
        return switch (types[pos]) {
            case BigIntType type -> counted(Long.BYTES, row.getLong(pos));
            case IntType type -> counted(Integer.BYTES, row.getInt(pos));
            case DateType type -> counted(Integer.BYTES, row.getEpochDay(pos));
            case DoubleType type -> counted(Double.BYTES, Double.doubleToLongBits(row.getDouble(pos)));
            case BooleanType type -> counted(1, row.getBoolean(pos) ? 1 : 2);
            case TimestampLtzType type ->
                counted(
                        Long.BYTES,
                        row.getEpochMillis(pos, type.precision()) * 1_000_003
                                + row.getNanoOfMillis(pos, type.precision()));
            case StringType type -> hashText(row, pos);
            case DataType other ->
                throw new IllegalStateException("the quickstart makes no column of type " + other.asSummaryString());
        };
    }

    private long counted(int bytes, long value) {
        valueBytes += bytes;
        return value;
    }

    private long hashText(InternalRow row, int pos) {
        int length = row.copyString(pos, text, 0, text.capacity());
        if (length > text.capacity()) {
            text.checkLimit(length);
            length = row.copyString(pos, text, 0, length);
        }
        long hash = length;
        int offset = 0;
        for (; offset + Long.BYTES <= length; offset += Long.BYTES) {
            hash = mix(hash ^ text.getLong(offset, ByteOrder.LITTLE_ENDIAN), offset);
        }
        for (; offset < length; offset++) {
            hash = hash * 31 + text.getByte(offset);
        }
        return counted(length, hash);
    }

    /** Spreads the bits of {@code value}, differently for each {@code salt}. */
    private static long mix(long value, long salt) {
        long z = value + (salt + 1) * GOLDEN;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    long rows() {
        return rows;
    }

    /** The bytes of the values alone: what MB/s are counted in. */
    long valueBytes() {
        return valueBytes;
    }

    List<Long> sums() {
        return Arrays.stream(sums).boxed().toList();
    }

    boolean isSameAs(ColumnSums other) {
        return rows == other.rows && Arrays.equals(sums, other.sums);
    }
}
