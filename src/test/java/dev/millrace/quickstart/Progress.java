package dev.millrace.quickstart;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Prints a line of progress every second, oftener in the first two, and a last one over the whole time when it is
 * closed.
 */
final class Progress implements AutoCloseable {
    private static final long FIRST_INTERVAL_MILLIS = 250;
    private static final int FIRST_LINES = 8;
    private static final long INTERVAL_MILLIS = 1_000;
    private static final double MEGABYTE = 1e6;

    private final PrintStream out;
    private final Counters counters;
    private final long startNs = System.nanoTime();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    Progress(PrintStream out, Counters counters) {
        this.out = out;
        this.counters = counters;
        this.thread = Thread.ofVirtual().name("progress").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** What had been counted at one moment. */
    private record Sample(long atNs, long rowsIn, long bytesIn, long rowsOut, long bytesOut) {
        static Sample of(Counters counters) {
            return new Sample(
                    System.nanoTime(), counters.rowsIn(), counters.bytesIn(), counters.rowsOut(), counters.bytesOut());
        }
    }

    private void run() {
        Sample last = new Sample(startNs, 0, 0, 0, 0);
        try {
            for (int line = 1; !closing.await(intervalMillis(line), TimeUnit.MILLISECONDS); line++) {
                Sample now = Sample.of(counters);
                print(last, now);
                last = now;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long intervalMillis(int line) {
        return line <= FIRST_LINES ? FIRST_INTERVAL_MILLIS : INTERVAL_MILLIS;
    }

    private void print(Sample from, Sample to) {
        double seconds = (to.atNs - from.atNs) / 1e9;
        LatencyHistogram acknowledgements = counters.acknowledgements();
        out.printf(
                Locale.ROOT,
                "%5.1f s | in %,10d rows %,9.0f/s %5.1f MB/s | out %,10d rows %,9.0f/s %5.1f MB/s | "
                        + "ack p50 %s p99 %s%n",
                (to.atNs - startNs) / 1e9,
                to.rowsIn,
                (to.rowsIn - from.rowsIn) / seconds,
                (to.bytesIn - from.bytesIn) / MEGABYTE / seconds,
                to.rowsOut,
                (to.rowsOut - from.rowsOut) / seconds,
                (to.bytesOut - from.bytesOut) / MEGABYTE / seconds,
                millis(acknowledgements.percentile(50)),
                millis(acknowledgements.percentile(99)));
    }

    private static String millis(Duration duration) {
        return duration.isZero() ? "-" : String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
    }

    /** Prints the rates over the whole time. */
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        print(new Sample(startNs, 0, 0, 0, 0), Sample.of(counters));
    }
}
