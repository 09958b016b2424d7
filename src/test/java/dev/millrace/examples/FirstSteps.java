package dev.millrace.examples;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.lookup.LookupResult;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import java.time.Duration;

/** The first program: connects, creates a table, appends and waits, scans; and looks a row up by its key. */
public final class FirstSteps {
    private FirstSteps() {}

    /** Takes the bootstrap servers and the database to use. */
    public static void main(String[] args) {
        String servers = args[0];
        String database = args[1];
        // sample: program
        Config config = Config.builder().bootstrapServers(servers).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            FlussAdmin admin = connection.getAdmin();
            admin.createDatabase(database, true);
            Schema.Builder columns = Schema.builder();
            columns.column("symbol", DataTypes.STRING()).column("price", DataTypes.DOUBLE());

            admin.createTable(TablePath.of(database, "ticks"), TableDescriptor.of(columns.build()), true);
            FlussTable ticks = connection.getTable(TablePath.of(database, "ticks"));
            try (AppendWriter writer = ticks.newAppend().createWriter();
                    LogScanner scanner = ticks.newScan().createLogScanner()) {
                writer.append(GenericRow.fromData("ACME", 41.5)).await();
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(10))) {
                    for (ScanRecord record : records) {
                        System.out.println(record.row().getString(0) + " at " + record.offset());
                    }
                }
            }

            Schema keyed = columns.primaryKey("symbol").build();
            admin.createTable(TablePath.of(database, "last"), TableDescriptor.of(keyed), true);
            FlussTable last = connection.getTable(TablePath.of(database, "last"));
            try (UpsertWriter writer = last.newUpsert().createWriter()) {
                writer.upsert(GenericRow.fromData("ACME", 41.5)).await();
            }
            LookupResult found = last.newLookup().createLookuper().lookup(GenericRow.fromData("ACME"));
            found.getSingleRow().ifPresent(row -> System.out.println("last price " + row.getDouble(1)));
        }
        // end
    }
}
