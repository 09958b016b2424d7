package dev.millrace.quickstart;

import dev.millrace.metadata.Schema;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads the table live while it is written, on a virtual thread of its own, until it has as many rows as were written;
 * then a little longer, to see whether more come than should. Made and joined by one thread.
 */
final class Tail {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long UNKNOWN = Long.MAX_VALUE;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

    private final LogScanner scanner;
    private final Counters counters;
    private final ColumnSums read;
    private final Thread thread;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile long expectedRows = UNKNOWN;

    /** @param offsets where to begin in each bucket: the end of the log before the first row is written. */
    Tail(LogScanner scanner, Schema schema, Map<Integer, Long> offsets, Counters counters) {
        this.scanner = scanner;
        this.counters = counters;
        this.read = new ColumnSums(schema);
        scanner.subscribeBuckets(offsets);
        thread = Thread.ofVirtual().name("reader").start(this::run);
    }

    private void run() {
        try {
            long lastGrowthNs = System.nanoTime();
            long rows = 0;
            while (rows < expectedRows && !isStuck(lastGrowthNs)) {
                poll();
                if (read.rows() > rows) {
                    rows = read.rows();
                    lastGrowthNs = System.nanoTime();
                }
            }
            poll();
        } catch (RuntimeException | Error e) {
            failure.set(e);
        }
    }

    /** Whether nothing came for long though all is written. */
    private boolean isStuck(long lastGrowthNs) {
        return expectedRows != UNKNOWN && System.nanoTime() - lastGrowthNs > PATIENCE_NS;
    }

    private void poll() {
        long rowsBefore = read.rows();
        long bytesBefore = read.valueBytes();
        try (ScanRecords records = scanner.poll(POLL)) {
            var cursor = records.cursor();
            while (cursor.next()) {
                read.add(cursor.row());
            }
        }
        counters.out(read.rows() - rowsBefore, read.valueBytes() - bytesBefore);
    }

    /** Whether the reading has ended with an exception, which {@link #await} throws. */
    boolean hasFailed() {
        return failure.get() != null;
    }

    /** Tells how many rows there are to read; the reading ends with them. */
    void expect(long rows) {
        expectedRows = rows;
        scanner.wakeup();
    }

    /** Gives up reading, after the writing failed. */
    void stop() {
        expect(0);
    }

    /** Waits for the reading to end and returns what was read. */
    ColumnSums await() throws InterruptedException {
        thread.join();
        Failures.rethrow(failure.get());
        return read;
    }
}
