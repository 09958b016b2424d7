package dev.millrace.bench.client;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.lookup.LookupResult;
import dev.millrace.lookup.Lookuper;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.scan.TableScan;
import dev.millrace.table.FlussTable;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Millrace. */
public final class MillraceClient implements Client {
    private static final Duration WAIT = Duration.ofSeconds(5);

    private final FlussConnection connection;

    /** Connects with these settings beside the defaults; keys are those of the official client or Millrace's own. */
    public MillraceClient(final String bootstrapServers, final Map<String, String> settings) {
        final Map<String, String> all = new HashMap<>(settings);
        all.put("bootstrap.servers", bootstrapServers);
        connection = FlussConnection.connect(Config.fromProperties(all));
    }

    @Override
    public Client.Writer writer(final BenchTable table) {
        final FlussTable opened = connection.getTable(table.path());
        if (table.keys() == 0) {
            final AppendWriter writer = opened.newAppend().createWriter();
            return new Writer(table, writer::append, writer::flush);
        }
        final UpsertWriter writer = opened.newUpsert().createWriter();
        return new Writer(table, writer::upsert, writer::flush);
    }

    @Override
    public Client.Scan scan(final BenchTable table, final Form form, final boolean oneColumn) {
        final TableScan whole = connection.getTable(table.path()).newScan();
        final TableScan scan = oneColumn ? whole.project(TickShape.PRICE) : whole;
        final Map<Integer, Long> beginnings = IntStream.range(0, table.buckets())
                .boxed()
                .collect(Collectors.toMap(Function.identity(), bucket -> LogScanner.EARLIEST_OFFSET));
        if (form == Form.BATCHES) {
            final RecordBatchLogScanner scanner = scan.createRecordBatchLogScanner();
            scanner.subscribeBuckets(beginnings);
            return new BatchScan(table, scanner);
        }
        final LogScanner scanner = scan.createLogScanner();
        scanner.subscribeBuckets(beginnings);
        return new RowScan(table, scanner, form == Form.CURSOR, oneColumn);
    }

    @Override
    public Client.Lookups lookups(final BenchTable table) {
        return new Lookups(table, connection.getTable(table.path()).newLookup().createLookuper());
    }

    @Override
    public void close() {
        connection.close();
    }

    private record Writer(BenchTable table, Function<GenericRow, WriteResultFuture> write, Runnable flusher)
            implements Client.Writer {
        @Override
        public void write(final long begin, final long end) {
            final GenericRow row = new GenericRow(table.shape().columnCount());
            for (long seq = begin; seq < end; seq++) {
                write(row, seq);
            }
        }

        private WriteResultFuture write(final GenericRow row, final long seq) {
            table.shape().set(row, seq);
            if (table.keys() != 0) {
                row.setLong(0, seq % table.keys());
            }
            return write.apply(row);
        }

        @Override
        public void writeAndWait(final long begin, final long end, final LongConsumer latency) {
            final GenericRow row = new GenericRow(table.shape().columnCount());
            for (long seq = begin; seq < end; seq++) {
                final long startNs = System.nanoTime();
                write(row, seq).await();
                latency.accept(System.nanoTime() - startNs);
            }
        }

        @Override
        public void flush() {
            flusher.run();
        }
    }

    private record RowScan(BenchTable table, LogScanner scanner, boolean byCursor, boolean oneColumn)
            implements Client.Scan {
        @Override
        public long read(final long rows) {
            long sum = 0;
            final long deadlineNs = Client.deadlineNs();
            for (long missing = rows; missing > 0; ) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    sum += byCursor ? readCursor(records.cursor()) : readRecords(records);
                    missing -= records.count();
                }
                Client.checkDeadline(deadlineNs, table, missing);
            }
            return sum;
        }

        private long readCursor(final ScanRecords.Cursor cursor) {
            long sum = 0;
            while (cursor.next()) {
                sum += checksum(cursor.row());
            }
            return sum;
        }

        private long readRecords(final ScanRecords records) {
            long sum = 0;
            for (final ScanRecord scanned : records) {
                sum += checksum(scanned.row());
            }
            return sum;
        }

        private long checksum(final InternalRow row) {
            return oneColumn
                    ? Double.doubleToRawLongBits(row.getDouble(0))
                    : table.shape().checksum(row);
        }

        @Override
        public void close() {
            scanner.close();
        }
    }

    private record BatchScan(BenchTable table, RecordBatchLogScanner scanner) implements Client.Scan {
        @Override
        public long read(final long rows) {
            final long deadlineNs = Client.deadlineNs();
            for (long missing = rows; missing > 0; ) {
                for (final ScanBatch batch : scanner.poll(WAIT)) {
                    try (batch) {
                        missing -= batch.batch().getRowCount();
                    }
                }
                Client.checkDeadline(deadlineNs, table, missing);
            }
            return 0;
        }

        @Override
        public void close() {
            scanner.close();
        }
    }

    private record Lookups(BenchTable table, Lookuper lookuper) implements Client.Lookups {
        @Override
        public Client.Caller caller() {
            return new Caller(table, lookuper, new GenericRow(1), lookuper.newResult());
        }
    }

    private record Caller(BenchTable table, Lookuper lookuper, GenericRow row, LookupResult result)
            implements Client.Caller {
        @Override
        public void lookUp(final long begin, final long end, final LongConsumer latency) {
            for (long i = begin; i < end; i++) {
                final long key = Client.keyOf(i, table);
                final long startNs = System.nanoTime();
                row.setLong(0, key);
                Client.check(
                        key,
                        lookuper.lookup(row, result)
                                .getSingleRow()
                                .orElseThrow()
                                .getDouble(TickShape.PRICE));
                latency.accept(System.nanoTime() - startNs);
            }
        }

        @Override
        public void lookUpAll(final long begin, final int count) {
            final List<InternalRow> keys = new ArrayList<>(count);
            for (long i = begin; i < begin + count; i++) {
                final GenericRow key = new GenericRow(1);
                key.setLong(0, Client.keyOf(i, table));
                keys.add(key);
            }
            long number = begin;
            for (final LookupResult found : lookuper.lookupAll(keys)) {
                Client.check(
                        Client.keyOf(number++, table),
                        found.getSingleRow().orElseThrow().getDouble(TickShape.PRICE));
            }
        }
    }
}
