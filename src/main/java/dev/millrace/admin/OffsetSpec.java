package dev.millrace.admin;

import java.time.Instant;

/** Which offset of a bucket's log is asked for. Immutable. */
public sealed interface OffsetSpec {
    /**
     * The offset of the first record the log still has.
     *
     * @return the specification.
     */
    static OffsetSpec earliest() {
        return new Earliest();
    }

    /**
     * The offset the next record will get: scanning from there gives new records only.
     *
     * @return the specification.
     */
    static OffsetSpec latest() {
        return new Latest();
    }

    /**
     * The offset of the first record written at a time or after it.
     *
     * @param epochMillis milliseconds since 1970-01-01 00:00 UTC, by the clock of the cluster.
     * @return the specification.
     */
    static OffsetSpec timestamp(final long epochMillis) {
        return new Timestamp(epochMillis);
    }

    /**
     * The offset of the first record written at a time or after it.
     *
     * @param instant by the clock of the cluster; what is finer than milliseconds is cut.
     * @return the specification.
     */
    static OffsetSpec timestamp(final Instant instant) {
        return new Timestamp(instant.toEpochMilli());
    }

    /** The offset of the first record the log still has. */
    record Earliest() implements OffsetSpec {}

    /** The offset the next record will get. */
    record Latest() implements OffsetSpec {}

    /**
     * The offset of the first record written at a time or after it.
     *
     * @param epochMillis milliseconds since 1970-01-01 00:00 UTC.
     */
    record Timestamp(long epochMillis) implements OffsetSpec {}
}
