package dev.millrace.scan;

import com.sun.management.ThreadMXBean;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.InternalRow;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A program that scans a log of ticks again and again until a scan allocates less than it may for a row, and prints what the
 * last one allocated on the thread that polls: {@code ScanAllocation bootstrap database table rows limit}.
 */
final class ScanAllocation {
    private static final Duration LONG = Duration.ofSeconds(20);
    /** Until the code is compiled, which takes longer on a busy machine. */
    private static final int MOST_SCANS = 20;

    private final LogScanner scanner;
    private final int rows;
    private final UnsafeBuffer symbol = OffHeap.flyweight();
    private long checksum;

    private ScanAllocation(final LogScanner scanner, final int rows) {
        this.scanner = scanner;
        this.rows = rows;
    }

    public static void main(final String[] args) {
        final double limit = Double.parseDouble(args[4]);
        try (FlussConnection connection = FlussConnection.connect(
                        Config.builder().bootstrapServers(args[0]).build());
                LogScanner scanner = connection
                        .getTable(TablePath.of(args[1], args[2]))
                        .newScan()
                        .createLogScanner()) {
            final ScanAllocation scans = new ScanAllocation(scanner, Integer.parseInt(args[3]));
            double perRow = limit;
            for (int i = 0; i < MOST_SCANS && perRow >= limit; i++) {
                perRow = scans.scan();
            }
            System.out.println(perRow + " " + scans.checksum);
        }
    }

    private double scan() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
        final long before = threads.getCurrentThreadAllocatedBytes();
        checksum = 0;
        for (int read = 0; read < rows; ) {
            try (ScanRecords records = scanner.poll(LONG)) {
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    read(cursor.row());
                    read++;
                }
            }
        }
        return (double) (threads.getCurrentThreadAllocatedBytes() - before) / rows;
    }

    private void read(final InternalRow row) {
        row.wrapString(1, symbol);
        checksum += row.getLong(0)
                + symbol.capacity()
                + Double.doubleToRawLongBits(row.getDouble(2))
                + row.getInt(3)
                + (row.getBoolean(4) ? 1 : 0)
                + row.getEpochMillis(5, 3);
    }
}
