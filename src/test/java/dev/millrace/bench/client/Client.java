package dev.millrace.bench.client;

import java.util.function.LongConsumer;

/**
 * A client as benchmarks use it. Each call is long enough that going through this interface costs nothing, and in one JVM
 * there is one class of each. Safe for several threads, unless it says otherwise below.
 */
public interface Client extends AutoCloseable {
    /** How rows are read. */
    enum Form {
        /** Row by row, without an object for each; the official client has records only. */
        CURSOR,
        /** Row by row, an object for each. */
        ITERATOR,
        /** Arrow batches, whose values are not read; not with the official client. */
        BATCHES
    }

    /** Appends to a log, or upserts. */
    Writer writer(BenchTable table);

    /** Reads a log from its beginning, all columns or that of the price. */
    Scan scan(BenchTable table, Form form, boolean oneColumn);

    /** Looks up ticks by their numbers. */
    Lookups lookups(BenchTable table);

    @Override
    void close();

    /** Writes rows by their numbers. A log may be written to by several threads. */
    interface Writer {
        /** Without waiting for them. */
        void write(long begin, long end) throws Exception;

        /** Waits for each before the next, and gives the time it took in nanoseconds. */
        void writeAndWait(long begin, long end, LongConsumer latency) throws Exception;

        void flush() throws Exception;
    }

    /** For one thread. */
    interface Scan extends AutoCloseable {
        /** Reads until so many more rows have come; what they come to, 0 for batches. */
        long read(long rows) throws Exception;

        @Override
        void close();
    }

    /** Safe for several threads. */
    interface Lookups {
        Caller caller();
    }

    /** Looks up, for one thread. Each row is checked. */
    interface Caller {
        /** One after the other, and gives the time each took in nanoseconds. */
        void lookUp(long begin, long end, LongConsumer latency) throws Exception;

        /** So many in one go. */
        void lookUpAll(long begin, int count) throws Exception;
    }

    /** Spreads consecutive numbers over the keys. */
    static long keyOf(final long number, final BenchTable table) {
        return number * 7_919 % table.keys();
    }

    /** The price of a key that was looked up. */
    static void check(final long key, final double price) {
        if (price != TickShape.price(key)) {
            throw new IllegalStateException("key " + key + " has price " + price);
        }
    }

    /** When rows that are there must have come at last. */
    static long deadlineNs() {
        return System.nanoTime() + 60_000_000_000L;
    }

    static void checkDeadline(final long deadlineNs, final BenchTable table, final long missing) {
        if (System.nanoTime() - deadlineNs > 0) {
            throw new IllegalStateException(missing + " rows of " + table.path() + " did not come");
        }
    }
}
