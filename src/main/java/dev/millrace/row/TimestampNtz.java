package dev.millrace.row;

import java.time.LocalDateTime;
import java.time.ZoneOffset;

/**
 * A value of TIMESTAMP: date and time of the day without a zone, from which it follows no instant. Immutable.
 *
 * @param epochMillis milliseconds since 1970-01-01 00:00, counted as if all days had 24 hours.
 * @param nanoOfMillis nanoseconds of the millisecond, 0 to 999,999.
 */
public record TimestampNtz(long epochMillis, int nanoOfMillis) implements Comparable<TimestampNtz> {
    /** Checks the nanoseconds. */
    public TimestampNtz {
        EpochTime.checkNanoOfMillis(nanoOfMillis);
    }

    /**
     * A timestamp of whole milliseconds.
     *
     * @param epochMillis milliseconds since 1970-01-01 00:00.
     * @return the timestamp.
     */
    public static TimestampNtz ofEpochMillis(final long epochMillis) {
        return new TimestampNtz(epochMillis, 0);
    }

    /**
     * A timestamp finer than milliseconds.
     *
     * @param epochMillis milliseconds since 1970-01-01 00:00.
     * @param nanoOfMillis nanoseconds of the millisecond, 0 to 999,999.
     * @return the timestamp.
     * @throws IllegalArgumentException if the nanoseconds are out of range.
     */
    public static TimestampNtz ofEpochMillis(final long epochMillis, final int nanoOfMillis) {
        return new TimestampNtz(epochMillis, nanoOfMillis);
    }

    /**
     * The timestamp for a date and time.
     *
     * @param dateTime kept to the nanosecond.
     * @return the timestamp.
     * @throws ArithmeticException if it lies more than about 292 million years from 1970.
     */
    public static TimestampNtz of(final LocalDateTime dateTime) {
        final long epochSecond = dateTime.toEpochSecond(ZoneOffset.UTC);
        final int nanoOfSecond = dateTime.getNano();
        return new TimestampNtz(EpochTime.millis(epochSecond, nanoOfSecond), nanoOfSecond % EpochTime.NANOS_PER_MILLI);
    }

    /**
     * This timestamp as date and time.
     *
     * @return nothing is lost.
     */
    public LocalDateTime toLocalDateTime() {
        return LocalDateTime.ofEpochSecond(
                EpochTime.epochSecond(epochMillis), EpochTime.nanoOfSecond(epochMillis, nanoOfMillis), ZoneOffset.UTC);
    }

    @Override
    public int compareTo(final TimestampNtz other) {
        final int byMillis = Long.compare(epochMillis, other.epochMillis);
        return byMillis != 0 ? byMillis : Integer.compare(nanoOfMillis, other.nanoOfMillis);
    }

    @Override
    public String toString() {
        return toLocalDateTime().toString();
    }
}
