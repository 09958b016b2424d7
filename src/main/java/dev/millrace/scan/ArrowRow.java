package dev.millrace.scan;

import dev.millrace.internal.codec.ArrowColumn;
import dev.millrace.row.Decimal;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import java.lang.ref.Reference;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * A row of a result, read in place. Each getter first looks whether the result is still open, and keeps it reachable
 * until the value is read: behind a result that is not, the memory may be somebody else's.
 */
final class ArrowRow implements InternalRow {
    private static final ArrowColumn[] NO_COLUMNS = {};

    private final ScanRecords records;
    private ArrowColumn[] columns = NO_COLUMNS;
    private int row;

    ArrowRow(final ScanRecords records) {
        this.records = records;
    }

    ArrowRow(final ScanRecords records, final LogBatch batch, final int row) {
        this.records = records;
        this.columns = batch.columns();
        this.row = row;
    }

    void moveTo(final LogBatch batch, final int newRow) {
        columns = batch.columns();
        row = newRow;
    }

    void moveOn() {
        row++;
    }

    int index() {
        return row;
    }

    private ArrowColumn column(final int pos) {
        if (records.isClosed()) {
            throw ScanRecords.closed();
        }
        return columns[pos];
    }

    @Override
    public int fieldCount() {
        return columns.length;
    }

    @Override
    public boolean isNullAt(final int pos) {
        final boolean value = column(pos).isNull(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public boolean getBoolean(final int pos) {
        final boolean value = column(pos).getBoolean(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public byte getByte(final int pos) {
        final byte value = column(pos).getByte(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public short getShort(final int pos) {
        final short value = column(pos).getShort(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public int getInt(final int pos) {
        final int value = column(pos).getInt(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public long getLong(final int pos) {
        final long value = column(pos).getLong(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public float getFloat(final int pos) {
        final float value = column(pos).getFloat(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public double getDouble(final int pos) {
        final double value = column(pos).getDouble(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public String getString(final int pos) {
        final String value = column(pos).getString(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public void wrapString(final int pos, final DirectBuffer view) {
        column(pos).wrapString(row, view);
        Reference.reachabilityFence(this);
    }

    @Override
    public int copyString(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int length = column(pos).copyString(row, target, offset, maxLength);
        Reference.reachabilityFence(this);
        return length;
    }

    @Override
    public byte[] getBytes(final int pos) {
        final byte[] value = column(pos).getBytes(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public byte[] getBinary(final int pos, final int length) {
        final byte[] value = column(pos).getBinary(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public void wrapBytes(final int pos, final DirectBuffer view) {
        column(pos).wrapBytes(row, view);
        Reference.reachabilityFence(this);
    }

    @Override
    public int copyBytes(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int length = column(pos).copyBytes(row, target, offset, maxLength);
        Reference.reachabilityFence(this);
        return length;
    }

    @Override
    public Decimal getDecimal(final int pos, final int precision, final int scale) {
        final Decimal value = column(pos).getDecimal(row, precision, scale);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public long getDecimalUnscaled(final int pos, final int precision, final int scale) {
        final long value = column(pos).getDecimalUnscaled(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public int getEpochDay(final int pos) {
        final int value = column(pos).getEpochDay(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public int getMillisOfDay(final int pos) {
        final int value = column(pos).getMillisOfDay(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public long getEpochMillis(final int pos, final int precision) {
        final long value = column(pos).getEpochMillis(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public int getNanoOfMillis(final int pos, final int precision) {
        final int value = column(pos).getNanoOfMillis(row);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public InternalArray getArray(final int pos) {
        throw column(pos).unsupported("getArray");
    }

    @Override
    public InternalMap getMap(final int pos) {
        throw column(pos).unsupported("getMap");
    }

    @Override
    public InternalRow getRow(final int pos, final int fieldCount) {
        throw column(pos).unsupported("getRow");
    }
}
