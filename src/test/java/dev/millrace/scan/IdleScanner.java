package dev.millrace.scan;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.table.FlussTable;
import dev.millrace.write.AppendWriter;
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
    /** So many fetches with data make the JVM compile what it wants to, as in a program that had work before it idles. */
    private static final int WARM_UP_ROWS = 4_000;

    private static final int SETTLING_SECONDS = 10;
    private static final Duration WAIT = Duration.ofSeconds(30);

    private IdleScanner() {}

    public static void main(final String[] args) {
        final Map<Integer, Long> offsets = IntStream.range(0, Integer.parseInt(args[3]))
                .boxed()
                .collect(Collectors.toMap(bucket -> bucket, bucket -> LogScanner.EARLIEST_OFFSET));
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(args[0]).build())) {
            final FlussTable table = connection.getTable(TablePath.of(args[1], args[2]));
            try (LogScanner scanner = table.newScan().createLogScanner()) {
                scanner.subscribeBuckets(offsets);
                warmUp(table, scanner);
                poll(scanner, SETTLING_SECONDS);
                final OperatingSystemMXBean os = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
                final long cpuNs = os.getProcessCpuTime();
                poll(scanner, Integer.parseInt(args[4]));
                System.out.println("CPU_MS " + TimeUnit.NANOSECONDS.toMillis(os.getProcessCpuTime() - cpuNs));
            }
        }
    }

    /** Appends rows and reads each before the next. */
    private static void warmUp(final FlussTable table, final LogScanner scanner) {
        try (AppendWriter writer = table.newAppend().createWriter()) {
            for (int i = 0; i < WARM_UP_ROWS; i++) {
                writer.append(GenericRow.fromData(i)).await();
                try (ScanRecords records = scanner.poll(WAIT)) {
                    if (records.count() != 1) {
                        throw new IllegalStateException("one row was written, read were " + records);
                    }
                }
            }
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
