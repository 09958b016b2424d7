package dev.millrace.examples.telemetry;

import dev.millrace.FlussConnection;
import dev.millrace.metadata.PartitionBucket;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.TablePath;
import dev.millrace.scan.LogReader;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What came on a day: reads the partition of that day and no other, and of its columns only those that are needed.
 *
 * @param day the partition, as in 20260301.
 * @param readings for each device how many there are.
 * @param hottest the highest temperature; NaN without readings.
 */
record DayReport(String day, Map<Long, Long> readings, double hottest) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    static DayReport read(FlussConnection connection, TablePath path, String day) {
        FlussTable table = connection.getTable(path);
        Map<PartitionBucket, Long> buckets = new HashMap<>();
        for (PartitionInfo partition :
                connection.getAdmin().listPartitionInfosWithSpec(path, PartitionSpec.of(Map.of("day", day)))) {
            for (int bucket = 0; bucket < table.getTableInfo().numBuckets(); bucket++) {
                buckets.put(PartitionBucket.of(partition.getPartitionId(), bucket), LogScanner.EARLIEST_OFFSET);
            }
        }
        Map<Long, Long> readings = new HashMap<>();
        double hottest = buckets.isEmpty() ? Double.NaN : read(table, buckets, readings);
        return new DayReport(day, readings, hottest);
    }

    /** Reads until where the partition ends now; what comes meanwhile is for another report. */
    private static double read(FlussTable table, Map<PartitionBucket, Long> buckets, Map<Long, Long> readings) {
        try (LogScanner scanner =
                table.newScan().projectByName(List.of("device", "celsius")).createLogScanner()) {
            scanner.subscribePartitionBuckets(buckets);
            double hottest = Double.NaN;
            try (LogReader reader = LogReader.untilLatest(scanner)) {
                while (!reader.isDone()) {
                    hottest = readSome(reader, hottest, readings);
                }
            }
            return hottest;
        }
    }

    private static double readSome(LogReader reader, double hottestBefore, Map<Long, Long> readings) {
        double hottest = hottestBefore;
        try (ScanRecords records = reader.poll(PATIENCE)) {
            if (records.nextOffsets().isEmpty() && !reader.isDone()) {
                throw new IllegalStateException("the report got no reading for " + PATIENCE);
            }
            ScanRecords.Cursor cursor = records.cursor();
            while (cursor.next()) {
                readings.merge(cursor.row().getLong(0), 1L, Long::sum);
                double celsius = cursor.row().getDouble(1);
                hottest = hottest >= celsius ? hottest : celsius;
            }
        }
        return hottest;
    }

    long total() {
        return readings.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public String toString() {
        return total() + " readings of " + readings.size() + " devices on " + day + ", at most " + hottest + " C";
    }
}
