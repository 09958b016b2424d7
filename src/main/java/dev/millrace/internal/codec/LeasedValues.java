package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.row.Decimal;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TimestampLtz;
import dev.millrace.row.TimestampNtz;
import dev.millrace.row.TypedValues;
import java.lang.ref.Reference;
import java.time.LocalTime;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Values of the row formats under a lease: each getter looks whether it still runs, asks the view of the bytes, and keeps
 * the lease reachable until the value is read. Nested values come under the same lease.
 */
abstract sealed class LeasedValues implements TypedValues permits RowLogRow, KvRow, LeasedRow, LeasedArray {
    final Lease lease;

    LeasedValues(final Lease lease) {
        this.lease = lease;
    }

    abstract BinaryValues values();

    /** Where the view has the value of a position. */
    int position(final int pos) {
        return pos;
    }

    private BinaryValues open() {
        lease.check();
        return values();
    }

    @Override
    public boolean isNullAt(final int pos) {
        final boolean value = open().isNullAt(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final boolean getBoolean(final int pos) {
        final boolean value = open().getBoolean(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final byte getByte(final int pos) {
        final byte value = open().getByte(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final short getShort(final int pos) {
        final short value = open().getShort(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getInt(final int pos) {
        final int value = open().getInt(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final long getLong(final int pos) {
        final long value = open().getLong(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final float getFloat(final int pos) {
        final float value = open().getFloat(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final double getDouble(final int pos) {
        final double value = open().getDouble(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final String getString(final int pos) {
        final String value = open().getString(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final void wrapString(final int pos, final DirectBuffer view) {
        open().wrapString(position(pos), view);
        Reference.reachabilityFence(this);
    }

    @Override
    public final int copyString(
            final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int length = open().copyString(position(pos), target, offset, maxLength);
        Reference.reachabilityFence(this);
        return length;
    }

    @Override
    public final byte[] getBytes(final int pos) {
        final byte[] value = open().getBytes(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final void wrapBytes(final int pos, final DirectBuffer view) {
        open().wrapBytes(position(pos), view);
        Reference.reachabilityFence(this);
    }

    @Override
    public final int copyBytes(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int length = open().copyBytes(position(pos), target, offset, maxLength);
        Reference.reachabilityFence(this);
        return length;
    }

    @Override
    public final Decimal getDecimal(final int pos, final int precision, final int scale) {
        final Decimal value = open().getDecimal(position(pos), precision, scale);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final long getDecimalUnscaled(final int pos, final int precision, final int scale) {
        final long value = open().getDecimalUnscaled(position(pos), precision, scale);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getEpochDay(final int pos) {
        final int value = open().getEpochDay(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getMillisOfDay(final int pos) {
        final int value = open().getMillisOfDay(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final LocalTime getTime(final int pos) {
        final LocalTime value = open().getTime(position(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final long getEpochMillis(final int pos, final int precision) {
        final long value = open().getEpochMillis(position(pos), precision);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getNanoOfMillis(final int pos, final int precision) {
        final int value = open().getNanoOfMillis(position(pos), precision);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final TimestampNtz getTimestampNtz(final int pos, final int precision) {
        final TimestampNtz value = open().getTimestampNtz(position(pos), precision);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final TimestampLtz getTimestampLtz(final int pos, final int precision) {
        final TimestampLtz value = open().getTimestampLtz(position(pos), precision);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final InternalArray getArray(final int pos) {
        final InternalArray value = new LeasedArray(lease, (ArrayView) open().getArray(position(pos)));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final InternalMap getMap(final int pos) {
        final InternalMap value = new LeasedMap(lease, (MapView) open().getMap(position(pos)));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final InternalRow getRow(final int pos, final int fieldCount) {
        final InternalRow value = new LeasedRow(lease, (RowView) open().getRow(position(pos), fieldCount));
        Reference.reachabilityFence(this);
        return value;
    }

    /** As the view prints it. */
    @Override
    public String toString() {
        final String text = open().toString();
        Reference.reachabilityFence(this);
        return text;
    }
}
