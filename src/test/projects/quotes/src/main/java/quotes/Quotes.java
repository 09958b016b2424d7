package quotes;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.table.FlussTable;
import dev.millrace.types.DataTypes;
import dev.millrace.write.UpsertWriter;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;

/** The last price of each symbol, kept in a table of Fluss. */
public final class Quotes implements AutoCloseable {
    private final FlussConnection connection;
    private final FlussTable table;
    private final UpsertWriter writer;
    private final Lookuper lookuper;

    public Quotes(String bootstrapServers, String database) {
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(bootstrapServers).build());
        TablePath path = TablePath.of(database, "quotes");
        Schema schema = Schema.builder()
                .column("symbol", DataTypes.STRING())
                .column("price", DataTypes.DOUBLE())
                .primaryKey("symbol")
                .build();
        TableDescriptor descriptor = TableDescriptor.builder()
                .schema(schema)
                .distributedBy(1, List.of("symbol"))
                .build();
        connection.getAdmin().createDatabase(database, true);
        connection.getAdmin().createTable(path, descriptor, true);
        table = connection.getTable(path);
        writer = table.newUpsert().createWriter();
        lookuper = table.newLookup().createLookuper();
    }

    public void put(String symbol, double price) {
        writer.upsert(GenericRow.fromData(symbol, price)).await();
    }

    public OptionalDouble price(String symbol) {
        return lookuper.lookup(GenericRow.fromData(symbol))
                .getSingleRow()
                .map(row -> OptionalDouble.of(row.getDouble(1)))
                .orElse(OptionalDouble.empty());
    }

    /** How many changes there were in all, counted in Arrow batches. */
    public int changes() {
        int changes = 0;
        try (RecordBatchLogScanner scanner = table.newScan().createRecordBatchLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            List<ScanBatch> batches = scanner.poll(Duration.ofSeconds(5));
            while (!batches.isEmpty()) {
                for (ScanBatch batch : batches) {
                    try (batch) {
                        changes += batch.batch().getRowCount();
                    }
                }
                batches = scanner.poll(Duration.ofMillis(100));
            }
        }
        return changes;
    }

    @Override
    public void close() {
        writer.close();
        connection.close();
    }
}
