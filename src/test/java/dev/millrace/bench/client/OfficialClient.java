package dev.millrace.bench.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.lookup.LookupResult;
import org.apache.fluss.client.lookup.Lookuper;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.ScanRecord;
import org.apache.fluss.client.table.scanner.log.LogScanner;
import org.apache.fluss.client.table.scanner.log.ScanRecords;
import org.apache.fluss.client.table.writer.AppendWriter;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.InternalRow;

/**
 * The official client. Its append writer may be shared by threads where the table is an ARROW log without a key: for such a
 * table it keeps nothing between two rows.
 */
public final class OfficialClient implements Client {
    private static final Duration WAIT = Duration.ofSeconds(5);

    private final Connection connection;

    /** Connects with these settings beside the defaults. */
    public OfficialClient(final String bootstrapServers, final Map<String, String> settings) {
        final Map<String, String> all = new HashMap<>(settings);
        all.put("bootstrap.servers", bootstrapServers);
        connection = ConnectionFactory.createConnection(Configuration.fromMap(all));
    }

    private Table open(final BenchTable table) {
        return connection.getTable(
                new TablePath(table.path().database(), table.path().table()));
    }

    @Override
    public Client.Writer writer(final BenchTable table) {
        if (table.keys() == 0) {
            final AppendWriter writer = open(table).newAppend().createWriter();
            return new Writer(table, writer::append, writer::flush);
        }
        final UpsertWriter writer = open(table).newUpsert().createWriter();
        return new Writer(table, writer::upsert, writer::flush);
    }

    @Override
    public Client.Scan scan(final BenchTable table, final Form form, final boolean oneColumn) {
        final org.apache.fluss.client.table.scanner.Scan whole = open(table).newScan();
        final LogScanner scanner = (oneColumn ? whole.project(new int[] {TickShape.PRICE}) : whole).createLogScanner();
        for (int bucket = 0; bucket < table.buckets(); bucket++) {
            scanner.subscribeFromBeginning(bucket);
        }
        return new RowScan(table, scanner, oneColumn);
    }

    @Override
    public Client.Lookups lookups(final BenchTable table) {
        return new Lookups(table, open(table));
    }

    @Override
    public void close() {
        close(connection);
    }

    private static void close(final AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            throw new IllegalStateException("could not close " + resource, e);
        }
    }

    private record Writer(BenchTable table, Function<GenericRow, CompletableFuture<?>> write, Runnable flusher)
            implements Client.Writer {
        @Override
        public void write(final long begin, final long end) {
            final GenericRow row = new GenericRow(table.shape().columnCount());
            for (long seq = begin; seq < end; seq++) {
                write(row, seq);
            }
        }

        private CompletableFuture<?> write(final GenericRow row, final long seq) {
            table.shape().set(row, seq);
            if (table.keys() != 0) {
                row.setField(0, seq % table.keys());
            }
            return write.apply(row);
        }

        @Override
        public void writeAndWait(final long begin, final long end, final LongConsumer latency) throws Exception {
            final GenericRow row = new GenericRow(table.shape().columnCount());
            for (long seq = begin; seq < end; seq++) {
                final long startNs = System.nanoTime();
                write(row, seq).get();
                latency.accept(System.nanoTime() - startNs);
            }
        }

        @Override
        public void flush() {
            flusher.run();
        }
    }

    private record RowScan(BenchTable table, LogScanner scanner, boolean oneColumn) implements Client.Scan {
        @Override
        public long read(final long rows) {
            long sum = 0;
            final long deadlineNs = Client.deadlineNs();
            for (long missing = rows; missing > 0; ) {
                final ScanRecords records = scanner.poll(WAIT);
                for (final ScanRecord scanned : records) {
                    sum += checksum(scanned.getRow());
                }
                missing -= records.count();
                Client.checkDeadline(deadlineNs, table, missing);
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
            OfficialClient.close(scanner);
        }
    }

    /** A lookuper is for one thread. */
    private record Lookups(BenchTable table, Table opened) implements Client.Lookups {
        @Override
        public Client.Caller caller() {
            return new Caller(table, opened.newLookup().createLookuper());
        }
    }

    private record Caller(BenchTable table, Lookuper lookuper) implements Client.Caller {
        @Override
        public void lookUp(final long begin, final long end, final LongConsumer latency) throws Exception {
            for (long i = begin; i < end; i++) {
                final long key = Client.keyOf(i, table);
                final long startNs = System.nanoTime();
                Client.check(key, price(lookuper.lookup(GenericRow.of(key))));
                latency.accept(System.nanoTime() - startNs);
            }
        }

        private static double price(final CompletableFuture<LookupResult> found) throws Exception {
            return found.get().getSingletonRow().getDouble(TickShape.PRICE);
        }

        @Override
        public void lookUpAll(final long begin, final int count) throws Exception {
            final List<CompletableFuture<LookupResult>> all = new ArrayList<>(count);
            for (long i = begin; i < begin + count; i++) {
                all.add(lookuper.lookup(GenericRow.of(Client.keyOf(i, table))));
            }
            long number = begin;
            for (final CompletableFuture<LookupResult> found : all) {
                Client.check(Client.keyOf(number++, table), price(found));
            }
        }
    }
}
