package dev.millrace.bench.e2e;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.millrace.bench.results.Metric;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/** What this JVM takes for what it does, all threads, compiler and collector included. Latencies are for one thread. */
final class Meter implements LongConsumer {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String PEAK = "VmHWM:";
    private static final int MOST_SAMPLES = 1 << 20;

    private final OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long[] samples = new long[MOST_SAMPLES];
    private long sampled;
    private long startNs;
    private long startCpuNs;
    private long startAllocated;
    private long startGcMs;

    /** Takes a latency; the last {@value #MOST_SAMPLES} count. */
    @Override
    public void accept(final long latencyNs) {
        samples[(int) (sampled++ % MOST_SAMPLES)] = latencyNs;
    }

    void start() {
        sampled = 0;
        startGcMs = gcMs();
        startAllocated = threads.getTotalThreadAllocatedBytes();
        startCpuNs = os.getProcessCpuTime();
        startNs = System.nanoTime();
    }

    long elapsedNs() {
        return System.nanoTime() - startNs;
    }

    /** What was taken for so many rows or lookups. */
    Map<String, Double> stop(final long count) throws IOException {
        final long tookNs = elapsedNs();
        final Map<String, Double> figures = new TreeMap<>();
        figures.put(Metric.RATE.key(), count * 1e9 / tookNs);
        figures.put(Metric.CPU.key(), (double) (os.getProcessCpuTime() - startCpuNs) / count);
        figures.put(Metric.ALLOCATED.key(), (double) (threads.getTotalThreadAllocatedBytes() - startAllocated) / count);
        figures.put(Metric.GC.key(), (double) (gcMs() - startGcMs));
        figures.put("count", (double) count);
        figures.put("seconds", tookNs / 1e9);
        if (Files.exists(STATUS)) {
            figures.put(Metric.RSS.key(), peakRssMiB());
        }
        if (sampled > 0) {
            addLatencies(figures);
        }
        return figures;
    }

    private static long gcMs() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum();
    }

    private static double peakRssMiB() throws IOException {
        final String peak = Files.readAllLines(STATUS).stream()
                .filter(line -> line.startsWith(PEAK))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(peak.replaceAll("\\D", "")) / 1024.0;
    }

    /** Percentiles for which there are too few samples are left out. */
    private void addLatencies(final Map<String, Double> figures) {
        final long[] sorted = Arrays.copyOf(samples, (int) Math.min(sampled, MOST_SAMPLES));
        Arrays.sort(sorted);
        figures.put("samples", (double) sorted.length);
        figures.put(Metric.P50.key(), sorted[sorted.length / 2] / 1e3);
        if (sorted.length >= 100) {
            figures.put(Metric.P99.key(), sorted[(int) (sorted.length * 0.99)] / 1e3);
        }
        if (sorted.length >= 1_000) {
            figures.put(Metric.P999.key(), sorted[(int) (sorted.length * 0.999)] / 1e3);
        }
    }
}
