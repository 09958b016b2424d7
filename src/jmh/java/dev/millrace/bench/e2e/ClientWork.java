package dev.millrace.bench.e2e;

import dev.millrace.bench.VirtualThreads;
import dev.millrace.bench.client.BenchTable;
import dev.millrace.bench.client.Client;
import dev.millrace.bench.client.TickShape;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/** What clients do. The numbers of rows go on from piece to piece. */
final class ClientWork {
    private static final LongConsumer NOBODY = latencyNs -> {};

    private ClientWork() {}

    /** One thread writes so many rows and waits for the last. */
    static Work.OfClient write(final BenchTable table, final int rows) {
        return client -> {
            final Client.Writer writer = client.writer(table);
            return new Counted(rows, (begin, end, latency) -> {
                writer.write(begin, end);
                writer.flush();
            });
        };
    }

    /** Virtual threads with one writer each write so many rows, then one waits for the last. */
    static Work.OfClient writeTogether(final BenchTable table, final int threads, final int rowsEach) {
        return client -> {
            final Client.Writer writer = client.writer(table);
            return new Counted(threads * rowsEach, (begin, end, latency) -> {
                VirtualThreads.write(threads, begin, rowsEach, writer::write);
                writer.flush();
            });
        };
    }

    /** One thread writes a row and waits for it, so many times. */
    static Work.OfClient writeAndWait(final BenchTable table, final int rows) {
        return client -> {
            final Client.Writer writer = client.writer(table);
            return new Counted(rows, writer::writeAndWait);
        };
    }

    /** Virtual threads with one writer each write a row and wait for it, so many times. */
    static Work.OfClient writeAndWaitTogether(final BenchTable table, final int threads, final int rowsEach) {
        return client -> {
            final Client.Writer writer = client.writer(table);
            return new Counted(
                    threads * rowsEach,
                    (begin, end, latency) -> VirtualThreads.write(
                            threads, begin, rowsEach, (from, to) -> writer.writeAndWait(from, to, NOBODY)));
        };
    }

    /** Reads the whole table with a new scanner. */
    static Work.OfClient scan(
            final BenchTable table, final long rows, final Client.Form form, final boolean oneColumn) {
        return client -> {
            final long expected = form == Client.Form.BATCHES
                    ? 0
                    : oneColumn
                            ? TickShape.checksumOfPrices(rows)
                            : table.shape().checksum(0, rows);
            return latency -> {
                try (Client.Scan scan = client.scan(table, form, oneColumn)) {
                    check(scan.read(rows), expected);
                }
                return rows;
            };
        };
    }

    private static void check(final long sum, final long expected) {
        if (sum != expected) {
            throw new IllegalStateException("read " + sum + " instead of " + expected);
        }
    }

    /** One caller. */
    static Work.OfClient lookUp(final BenchTable table, final int lookups) {
        return client -> {
            final Client.Caller caller = client.lookups(table).caller();
            return new Counted(lookups, caller::lookUp);
        };
    }

    /** Virtual threads. */
    static Work.OfClient lookUpTogether(final BenchTable table, final int threads, final int lookupsEach) {
        return client -> {
            final Client.Lookups keys = client.lookups(table);
            return new Counted(
                    threads * lookupsEach,
                    (begin, end, latency) -> VirtualThreads.write(
                            threads,
                            begin,
                            lookupsEach,
                            (from, to) -> keys.caller().lookUp(from, to, NOBODY)));
        };
    }

    /** So many keys in one go, which are one latency. */
    static Work.OfClient lookUpAll(final BenchTable table, final int keysEach) {
        return client -> {
            final Client.Caller caller = client.lookups(table).caller();
            return new Counted(keysEach, (begin, end, latency) -> {
                final long startNs = System.nanoTime();
                caller.lookUpAll(begin, keysEach);
                latency.accept(System.nanoTime() - startNs);
            });
        };
    }

    /** One thread writes so many rows while a second reads them and a third looks up others, whose latency it is. */
    static Work.OfClient mixed(final BenchTable table, final BenchTable lookedUp, final int rows) {
        return client -> {
            final Client.Writer writer = client.writer(table);
            final Client.Scan scan = client.scan(table, Client.Form.CURSOR, false);
            final Client.Caller caller = client.lookups(lookedUp).caller();
            final ExecutorService threads = Executors.newFixedThreadPool(2);
            return new Work() {
                private long begin;

                @Override
                public long run(final LongConsumer latency) throws Exception {
                    final long end = begin + rows;
                    final Future<?> writing = threads.submit(() -> {
                        writer.write(begin, end);
                        writer.flush();
                        return null;
                    });
                    final Future<Long> reading = threads.submit(() -> scan.read(rows));
                    for (long number = 0; !writing.isDone() || !reading.isDone(); number++) {
                        caller.lookUp(number, number + 1, latency);
                    }
                    writing.get();
                    check(reading.get(), table.shape().checksum(begin, end));
                    begin = end;
                    return rows;
                }

                @Override
                public void close() {
                    threads.shutdownNow();
                    scan.close();
                }
            };
        };
    }

    private interface Range {
        void run(long begin, long end, LongConsumer latency) throws Exception;
    }

    /** Goes on where the piece before has ended. */
    private static final class Counted implements Work {
        private final int each;
        private final Range range;
        private long begin;

        Counted(final int each, final Range range) {
            this.each = each;
            this.range = range;
        }

        @Override
        public long run(final LongConsumer latency) throws Exception {
            range.run(begin, begin + each, latency);
            begin += each;
            return each;
        }
    }
}
