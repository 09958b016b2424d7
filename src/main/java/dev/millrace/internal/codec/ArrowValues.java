package dev.millrace.internal.codec;

import dev.millrace.error.CorruptDataException;
import dev.millrace.internal.memory.Lease;
import dev.millrace.row.Decimal;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TypedValues;
import java.lang.ref.Reference;
import java.time.LocalTime;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Values of Arrow columns read in place, of a row or an array. Each getter first looks whether the lease still runs, and
 * keeps it reachable until the value is read: behind one that is not, the memory may be somebody else's. A nested value
 * is a small object under the same lease.
 *
 * <p>Reading is for any number of threads, as long as none ends the lease or moves the row meanwhile.
 */
abstract sealed class ArrowValues implements TypedValues permits ArrowRow, ArrowArray {
    private static final int MILLIS_PER_DAY = 86_400_000;
    private static final long NANOS_PER_MILLI = 1_000_000;

    final Lease lease;

    ArrowValues(final Lease lease) {
        this.lease = lease;
    }

    /** The column that has the value of a position. */
    abstract ArrowColumn column(int pos);

    /** Where in its column the value of a position is; inside the column for sure. */
    abstract int index(int pos);

    private ArrowColumn open(final int pos) {
        lease.check();
        return column(pos);
    }

    @Override
    public final boolean isNullAt(final int pos) {
        final boolean value = open(pos).isNull(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final boolean getBoolean(final int pos) {
        final boolean value = open(pos).getBoolean(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final byte getByte(final int pos) {
        final byte value = open(pos).getByte(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final short getShort(final int pos) {
        final short value = open(pos).getShort(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getInt(final int pos) {
        final int value = open(pos).getInt(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final long getLong(final int pos) {
        final long value = open(pos).getLong(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final float getFloat(final int pos) {
        final float value = open(pos).getFloat(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final double getDouble(final int pos) {
        final double value = open(pos).getDouble(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final String getString(final int pos) {
        final String value = open(pos).getString(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final void wrapString(final int pos, final DirectBuffer view) {
        open(pos).wrapString(index(pos), view);
        Reference.reachabilityFence(this);
    }

    @Override
    public final int copyString(
            final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int length = open(pos).copyString(index(pos), target, offset, maxLength);
        Reference.reachabilityFence(this);
        return length;
    }

    @Override
    public final byte[] getBytes(final int pos) {
        final byte[] value = open(pos).getBytes(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final byte[] getBinary(final int pos, final int length) {
        final byte[] value = open(pos).getBinary(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final void wrapBytes(final int pos, final DirectBuffer view) {
        open(pos).wrapBytes(index(pos), view);
        Reference.reachabilityFence(this);
    }

    @Override
    public final int copyBytes(final int pos, final MutableDirectBuffer target, final int offset, final int maxLength) {
        final int length = open(pos).copyBytes(index(pos), target, offset, maxLength);
        Reference.reachabilityFence(this);
        return length;
    }

    @Override
    public final Decimal getDecimal(final int pos, final int precision, final int scale) {
        final Decimal value = open(pos).getDecimal(index(pos), precision, scale);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final long getDecimalUnscaled(final int pos, final int precision, final int scale) {
        final long value = open(pos).getDecimalUnscaled(index(pos), precision, scale);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getEpochDay(final int pos) {
        final int value = open(pos).getEpochDay(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getMillisOfDay(final int pos) {
        final int value = open(pos).getMillisOfDay(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final LocalTime getTime(final int pos) {
        final int millis = getMillisOfDay(pos);
        if (millis < 0 || millis >= MILLIS_PER_DAY) {
            throw new CorruptDataException(
                    "damaged Arrow message: " + column(pos) + ": " + millis + " milliseconds of the day");
        }
        return LocalTime.ofNanoOfDay(millis * NANOS_PER_MILLI);
    }

    @Override
    public final long getEpochMillis(final int pos, final int precision) {
        final long value = open(pos).getEpochMillis(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final int getNanoOfMillis(final int pos, final int precision) {
        final int value = open(pos).getNanoOfMillis(index(pos));
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final InternalArray getArray(final int pos) {
        final InternalArray value = open(pos).getArray(index(pos), lease);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final InternalMap getMap(final int pos) {
        final InternalMap value = open(pos).getMap(index(pos), lease);
        Reference.reachabilityFence(this);
        return value;
    }

    @Override
    public final InternalRow getRow(final int pos, final int fieldCount) {
        return open(pos).getRow(index(pos), lease);
    }
}
