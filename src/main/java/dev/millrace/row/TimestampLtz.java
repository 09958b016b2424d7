package dev.millrace.row;

import java.time.Instant;

/**
 * A value of TIMESTAMP_LTZ: an instant, the same everywhere and shown in the zone of who looks. Immutable.
 *
 * @param epochMillis milliseconds since 1970-01-01 00:00 UTC.
 * @param nanoOfMillis nanoseconds of the millisecond, 0 to 999,999.
 */
public record TimestampLtz(long epochMillis, int nanoOfMillis) implements Comparable<TimestampLtz> {
    /** Checks the nanoseconds. */
    public TimestampLtz {
        EpochTime.checkNanoOfMillis(nanoOfMillis);
    }

    /**
     * A timestamp of whole milliseconds.
     *
     * @param epochMillis milliseconds since 1970-01-01 00:00 UTC.
     * @return the timestamp.
     */
    public static TimestampLtz ofEpochMillis(final long epochMillis) {
        return new TimestampLtz(epochMillis, 0);
    }

    /**
     * A timestamp finer than milliseconds.
     *
     * @param epochMillis milliseconds since 1970-01-01 00:00 UTC.
     * @param nanoOfMillis nanoseconds of the millisecond, 0 to 999,999.
     * @return the timestamp.
     * @throws IllegalArgumentException if the nanoseconds are out of range.
     */
    public static TimestampLtz ofEpochMillis(final long epochMillis, final int nanoOfMillis) {
        return new TimestampLtz(epochMillis, nanoOfMillis);
    }

    /**
     * The timestamp for an instant.
     *
     * @param instant kept to the nanosecond.
     * @return the timestamp.
     * @throws ArithmeticException if it lies more than about 292 million years from 1970.
     */
    public static TimestampLtz of(final Instant instant) {
        final int nanoOfSecond = instant.getNano();
        return new TimestampLtz(
                EpochTime.millis(instant.getEpochSecond(), nanoOfSecond), nanoOfSecond % EpochTime.NANOS_PER_MILLI);
    }

    /**
     * This timestamp as an instant.
     *
     * @return nothing is lost.
     */
    public Instant toInstant() {
        return Instant.ofEpochSecond(
                EpochTime.epochSecond(epochMillis), EpochTime.nanoOfSecond(epochMillis, nanoOfMillis));
    }

    @Override
    public int compareTo(final TimestampLtz other) {
        final int byMillis = Long.compare(epochMillis, other.epochMillis);
        return byMillis != 0 ? byMillis : Integer.compare(nanoOfMillis, other.nanoOfMillis);
    }

    @Override
    public String toString() {
        return toInstant().toString();
    }
}
