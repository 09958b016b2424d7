package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LimitBatchScanner;
import dev.millrace.scan.LogReader;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The samples of the chapter on log tables. */
class LogTablesTest extends Guide {
    private record Quote(long time, String symbol, double price) {}

    // sample: ownRow
    record Tick(long time, String symbol, double price) implements InternalRow {
        @Override
        public int fieldCount() {
            return 3;
        }

        @Override
        public long getEpochMillis(int pos, int precision) {
            return time;
        }

        @Override
        public String getString(int pos) {
            return symbol;
        }

        @Override
        public double getDouble(int pos) {
            return price;
        }
    }
    // end

    LogTablesTest(FlussCluster cluster, Database database) {
        super(cluster, database);
    }

    private FlussTable ticks(String name) {
        TablePath path = TablePath.of(database, name);
        // sample: create
        Schema schema = Schema.builder()
                .column("time", DataTypes.TIMESTAMP_LTZ(3))
                .column("symbol", DataTypes.STRING())
                .column("price", DataTypes.DOUBLE())
                .build();
        TableDescriptor descriptor = TableDescriptor.builder()
                .schema(schema)
                .distributedBy(2)
                .logFormat(LogFormat.ARROW)
                .property("table.log.arrow.compression.type", "ZSTD")
                .build();
        connection.getAdmin().createTable(path, descriptor, true);
        FlussTable table = connection.getTable(path);
        // end
        return table;
    }

    @Test
    void shouldAppendAndWait() {
        FlussTable table = ticks("waited");
        List<Quote> quotes = List.of(new Quote(1, "ACME", 41.5), new Quote(2, "EMCA", 42.5));
        // sample: append
        try (AppendWriter writer = table.newAppend().createWriter()) {
            WriteResultFuture written = writer.append(GenericRow.fromData(Instant.now(), "ACME", 41.5));
            written.await();

            for (Quote quote : quotes) {
                writer.append(GenericRow.fromData(Instant.ofEpochMilli(quote.time()), quote.symbol(), quote.price()));
            }
            writer.flush();
        }
        // end
        assertThat(rowsIn("waited")).isEqualTo(3);
    }

    @Test
    void shouldAppendWithoutAnObjectARow() {
        FlussTable table = ticks("reused");
        List<Quote> quotes = List.of(new Quote(1, "ACME", 41.5), new Quote(2, "EMCA", 42.5));
        // sample: newRow
        try (AppendWriter writer = table.newAppend().createWriter()) {
            GenericRow row = writer.newRow();
            int price = writer.column("price");
            for (Quote quote : quotes) {
                row.setEpochMillis(0, quote.time());
                row.setString(1, quote.symbol());
                row.setDouble(price, quote.price());
                writer.append(row);
            }
        }
        // end
        try (AppendWriter writer = table.newAppend().createWriter()) {
            writer.append(new Tick(3, "ACME", 43.5)).await();
        }
        assertThat(rowsIn("reused")).isEqualTo(3);
    }

    @Test
    void shouldScanAndGoOnWhereItEnded() {
        FlussTable table = ticks("scanned");
        fill(table, 10);
        List<String> seen = new ArrayList<>();
        // sample: scan
        Map<Integer, Long> offsets = new HashMap<>();
        for (int bucket = 0; bucket < table.getTableInfo().numBuckets(); bucket++) {
            offsets.put(bucket, LogScanner.EARLIEST_OFFSET);
        }
        try (LogScanner scanner =
                table.newScan().projectByName(List.of("symbol", "price")).createLogScanner()) {
            scanner.subscribeBuckets(offsets);
            while (seen.size() < 10) {
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                    for (ScanRecord record : records) {
                        seen.add(record.row().getString(0));
                    }
                    records.nextOffsets().forEach((bucket, offset) -> offsets.put(bucket.bucketId(), offset));
                }
            }
        }
        // end
        fill(table, 1);
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribeBuckets(offsets);
            try (ScanRecords records = scanner.poll(Duration.ofSeconds(10))) {
                assertThat(records.count()).isEqualTo(1);
            }
        }
    }

    @Test
    void shouldReadByCursor() {
        FlussTable table = ticks("cursor");
        fill(table, 10);
        double sum = 0;
        long rows = 0;
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribeBuckets(Map.of(0, LogScanner.EARLIEST_OFFSET, 1, LogScanner.EARLIEST_OFFSET));
            while (rows < 10) {
                // sample: cursor
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                    ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        sum += cursor.row().getDouble(2);
                        rows++;
                    }
                }
                // end
            }
        }
        assertThat(sum).isEqualTo(45);
    }

    @Test
    void shouldReadUpToNow() {
        FlussTable table = ticks("bounded");
        fill(table, 10);
        long rows = 0;
        // sample: bounded
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribeBuckets(Map.of(0, LogScanner.EARLIEST_OFFSET, 1, LogScanner.EARLIEST_OFFSET));
            try (LogReader reader = LogReader.untilLatest(scanner)) {
                while (!reader.isDone()) {
                    try (ScanRecords records = reader.poll(Duration.ofSeconds(1))) {
                        rows += records.count();
                    }
                }
            }
        }
        // end
        assertThat(rows).isEqualTo(10);
    }

    @Test
    void shouldReadFromAPointInTime() {
        FlussTable table = ticks("timed");
        fill(table, 10);
        Instant from = Instant.now().minusSeconds(3600);
        long rows = 0;
        // sample: timestamp
        Map<Integer, Long> offsets = connection
                .getAdmin()
                .listOffsets(table.tablePath(), List.of(0, 1), OffsetSpec.timestamp(from.toEpochMilli()));
        // end
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribeBuckets(offsets);
            while (rows < 10) {
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                    rows += records.count();
                }
            }
        }
        assertThat(rows).isEqualTo(10);
    }

    @Test
    void shouldReadTheLastRows() {
        FlussTable table = ticks("limited");
        fill(table, 10);
        List<Integer> rows = new ArrayList<>();
        for (int bucketId = 0; bucketId < 2; bucketId++) {
            // sample: limit
            TableBucket bucket = TableBucket.of(table.getTableInfo().tableId(), bucketId);
            try (LimitBatchScanner scanner = table.newScan().limit(5).createBucketBatchScanner(bucket)) {
                for (ScanBatch batch : scanner.collectAllBatches()) {
                    try (batch) {
                        rows.add(batch.numRecords());
                    }
                }
            }
            // end
        }
        assertThat(rows.stream().mapToInt(Integer::intValue).sum()).isBetween(5, 10);
    }

    private static void fill(FlussTable table, int rows) {
        try (AppendWriter writer = table.newAppend().createWriter()) {
            for (int row = 0; row < rows; row++) {
                writer.append(GenericRow.fromData(Instant.ofEpochMilli(row), "ACME", (double) row));
            }
        }
    }

    private long rowsIn(String table) {
        return connection
                .getAdmin()
                .listOffsets(TablePath.of(database, table), List.of(0, 1), OffsetSpec.latest())
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .sum();
    }
}
