package dev.millrace.bench.client;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.metadata.Schema;
import dev.millrace.row.GenericArray;
import dev.millrace.row.GenericMap;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataTypes;
import java.util.Arrays;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryString;

/**
 * A number, an array of four INT, a map of two STRING to BIGINT, and a row of DOUBLE and STRING. The nested values exist
 * beforehand, so that what is measured is the client.
 */
public final class NestedShape implements Shape {
    private static final int VALUES = 500;
    private static final int NESTED_COLUMNS = 2;
    private static final String FIRST_KEY = "first";
    private static final String SECOND_KEY = "second one";

    private final GenericArray[] arrays = new GenericArray[VALUES];
    private final GenericMap[] maps = new GenericMap[VALUES];
    private final GenericRow[] rows = new GenericRow[VALUES];
    private final org.apache.fluss.row.GenericArray[] officialArrays = new org.apache.fluss.row.GenericArray[VALUES];
    private final org.apache.fluss.row.GenericMap[] officialMaps = new org.apache.fluss.row.GenericMap[VALUES];
    private final org.apache.fluss.row.GenericRow[] officialRows = new org.apache.fluss.row.GenericRow[VALUES];
    private final UnsafeBuffer text = OffHeap.flyweight();

    public NestedShape() {
        Arrays.setAll(arrays, i -> GenericArray.ofInts(i, i + 1, i + 2, i + 3));
        Arrays.setAll(
                maps,
                i -> GenericMap.of(GenericArray.of(FIRST_KEY, SECOND_KEY), GenericArray.ofLongs((long) i, i + 7L)));
        Arrays.setAll(rows, i -> GenericRow.fromData(i / 4.0, city(i)));
        Arrays.setAll(officialArrays, i -> new org.apache.fluss.row.GenericArray(new int[] {i, i + 1, i + 2, i + 3}));
        Arrays.setAll(
                officialMaps,
                i -> new org.apache.fluss.row.GenericMap(Map.of(
                        BinaryString.fromString(FIRST_KEY), (long) i, BinaryString.fromString(SECOND_KEY), i + 7L)));
        Arrays.setAll(officialRows, i -> org.apache.fluss.row.GenericRow.of(i / 4.0, BinaryString.fromString(city(i))));
    }

    private static String city(final int i) {
        return "city " + i;
    }

    @Override
    public Schema.Builder columns() {
        return Schema.builder()
                .column("seq", DataTypes.BIGINT())
                .column("counts", DataTypes.ARRAY(DataTypes.INT()))
                .column("amounts", DataTypes.MAP(DataTypes.STRING().copy(false), DataTypes.BIGINT()))
                .column(
                        "place",
                        DataTypes.ROW(
                                DataTypes.FIELD("latitude", DataTypes.DOUBLE()),
                                DataTypes.FIELD("city", DataTypes.STRING())));
    }

    @Override
    public int columnCount() {
        return 4;
    }

    @Override
    public void set(final GenericRow row, final long seq) {
        final int i = (int) (seq % VALUES);
        row.setLong(0, seq);
        row.setArray(1, arrays[i]);
        row.setMap(2, maps[i]);
        row.setRow(3, rows[i]);
    }

    @Override
    public void set(final org.apache.fluss.row.GenericRow row, final long seq) {
        final int i = (int) (seq % VALUES);
        row.setField(0, seq);
        row.setField(1, officialArrays[i]);
        row.setField(2, officialMaps[i]);
        row.setField(3, officialRows[i]);
    }

    @Override
    public long checksum(final long seq) {
        final int i = (int) (seq % VALUES);
        return seq
                + 4L * i
                + 6
                + 2L * i
                + 7
                + FIRST_KEY.length()
                + SECOND_KEY.length()
                + Double.doubleToRawLongBits(i / 4.0)
                + city(i).length();
    }

    @Override
    public long checksum(final InternalRow row) {
        long sum = row.getLong(0);
        final InternalArray counts = row.getArray(1);
        for (int i = 0; i < counts.size(); i++) {
            sum += counts.getInt(i);
        }
        final InternalMap amounts = row.getMap(2);
        for (int i = 0; i < amounts.size(); i++) {
            amounts.keys().wrapString(i, text);
            sum += text.capacity() + amounts.values().getLong(i);
        }
        final InternalRow place = row.getRow(3, NESTED_COLUMNS);
        place.wrapString(1, text);
        return sum + Double.doubleToRawLongBits(place.getDouble(0)) + text.capacity();
    }

    @Override
    public long checksum(final org.apache.fluss.row.InternalRow row) {
        long sum = row.getLong(0);
        final org.apache.fluss.row.InternalArray counts = row.getArray(1);
        for (int i = 0; i < counts.size(); i++) {
            sum += counts.getInt(i);
        }
        final org.apache.fluss.row.InternalMap amounts = row.getMap(2);
        final org.apache.fluss.row.InternalArray keys = amounts.keyArray();
        final org.apache.fluss.row.InternalArray values = amounts.valueArray();
        for (int i = 0; i < amounts.size(); i++) {
            sum += keys.getString(i).getSizeInBytes() + values.getLong(i);
        }
        final org.apache.fluss.row.InternalRow place = row.getRow(3, NESTED_COLUMNS);
        return sum
                + Double.doubleToRawLongBits(place.getDouble(0))
                + place.getString(1).getSizeInBytes();
    }
}
