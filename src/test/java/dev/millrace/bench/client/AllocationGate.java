package dev.millrace.bench.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What the calling thread takes for a row or lookup, counted by the JVM: figures that a busy machine does not move. */
final class AllocationGate {
    private static final int MOST_TRIES = 10;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private AllocationGate() {}

    /** Does the next rows or lookups. */
    interface Piece {
        void run(long begin, long end) throws Exception;
    }

    /** Of one row or lookup; the CPU time is the least that a try took. */
    record Taken(double bytes, double cpuNs) {}

    /** Repeats until it takes no more than this, since the code is compiled at some time only; the last is what counts. */
    static Taken measure(final double bytes, final int count, final Piece piece) throws Exception {
        Taken taken = new Taken(Double.MAX_VALUE, Double.MAX_VALUE);
        for (int i = 0; i < MOST_TRIES && taken.bytes > bytes; i++) {
            final long allocated = THREADS.getCurrentThreadAllocatedBytes();
            final long cpuNs = THREADS.getCurrentThreadCpuTime();
            piece.run((long) i * count, (i + 1L) * count);
            taken = new Taken(
                    (double) (THREADS.getCurrentThreadAllocatedBytes() - allocated) / count,
                    Math.min(taken.cpuNs, (double) (THREADS.getCurrentThreadCpuTime() - cpuNs) / count));
        }
        return taken;
    }

    /** Fails with the name and the figure if it takes more. */
    static Taken check(final String name, final double bytes, final int count, final Piece piece) throws Exception {
        final Taken taken = measure(bytes, count, piece);
        assertThat(taken.bytes).as("bytes allocated for each %s", name).isLessThan(bytes);
        return taken;
    }
}
