package dev.millrace.row;

/** The arithmetic between seconds with nanoseconds, as the JDK counts, and milliseconds with nanoseconds, as rows do. */
final class EpochTime {
    static final int NANOS_PER_MILLI = 1_000_000;
    private static final long MILLIS_PER_SECOND = 1_000;

    private EpochTime() {}

    static long millis(final long epochSecond, final int nanoOfSecond) {
        final int milliOfSecond = nanoOfSecond / NANOS_PER_MILLI;
        if (epochSecond < 0) {
            // From the next second backwards: the earliest second alone, in milliseconds, may lie below what a long
            // holds.
            return Math.addExact(
                    Math.multiplyExact(epochSecond + 1, MILLIS_PER_SECOND), milliOfSecond - MILLIS_PER_SECOND);
        }
        return Math.addExact(Math.multiplyExact(epochSecond, MILLIS_PER_SECOND), milliOfSecond);
    }

    static long epochSecond(final long epochMillis) {
        return Math.floorDiv(epochMillis, MILLIS_PER_SECOND);
    }

    static int nanoOfSecond(final long epochMillis, final int nanoOfMillis) {
        return (int) Math.floorMod(epochMillis, MILLIS_PER_SECOND) * NANOS_PER_MILLI + nanoOfMillis;
    }

    static void checkNanoOfMillis(final int nanoOfMillis) {
        if (nanoOfMillis < 0 || nanoOfMillis >= NANOS_PER_MILLI) {
            throw new IllegalArgumentException(
                    "Nanoseconds of the millisecond must be between 0 and 999999, not " + nanoOfMillis);
        }
    }
}
