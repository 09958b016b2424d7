package dev.millrace.scan;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.TablePath;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A program that scans buckets in which nothing happens, and prints what CPU time its process took for that: {@code
 * IdleScanner bootstrap database table buckets seconds}.
 */
final class IdleScanner {
    /** Until then the JVM has compiled what it wants to, and fetches wait as long as they ever do. */
    private static final int WARM_UP_SECONDS = 120;

    private IdleScanner() {}

    public static void main(final String[] args) {
        final Map<Integer, Long> offsets = IntStream.range(0, Integer.parseInt(args[3]))
                .boxed()
                .collect(Collectors.toMap(bucket -> bucket, bucket -> LogScanner.EARLIEST_OFFSET));
        try (FlussConnection connection = FlussConnection.connect(
                        Config.builder().bootstrapServers(args[0]).build());
                LogScanner scanner = connection
                        .getTable(TablePath.of(args[1], args[2]))
                        .newScan()
                        .createLogScanner()) {
            scanner.subscribeBuckets(offsets);
            poll(scanner, WARM_UP_SECONDS);
            final OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
            final long cpuNs = os.getProcessCpuTime();
            poll(scanner, Integer.parseInt(args[4]));
            System.out.println("CPU_MS " + TimeUnit.NANOSECONDS.toMillis(os.getProcessCpuTime() - cpuNs));
        }
    }

    private static void poll(final LogScanner scanner, final int seconds) {
        final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        for (long leftNs = endNs - System.nanoTime(); leftNs > 0; leftNs = endNs - System.nanoTime()) {
            try (ScanRecords records = scanner.poll(Duration.ofNanos(leftNs))) {
                if (!records.isEmpty()) {
                    throw new IllegalStateException("the buckets are not silent: " + records);
                }
            }
        }
    }
}
