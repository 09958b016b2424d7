package dev.millrace.examples;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
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
import java.time.Duration;
import java.util.List;

/** The program of the README: connects, creates a table, appends and waits, and reads back. */
public final class FirstSteps {
    private FirstSteps() {}

    /** Takes the bootstrap servers and the database to use. */
    public static void main(final String[] args) {
        final Config config = Config.builder().bootstrapServers(args[0]).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            final TablePath path = TablePath.of(args[1], "quotes");
            final Schema schema = Schema.builder()
                    .column("symbol", DataTypes.STRING())
                    .column("price", DataTypes.DOUBLE())
                    .build();
            connection.getAdmin().createDatabase(path.database(), true);
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(schema)
                                    .distributedBy(1, List.of())
                                    .build(),
                            true);

            final FlussTable table = connection.getTable(path);
            try (AppendWriter writer = table.newAppend().createWriter();
                    LogScanner scanner = table.newScan().createLogScanner()) {
                writer.append(GenericRow.fromData("ACME", 41.5)).await();
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(10))) {
                    for (final ScanRecord record : records) {
                        System.out.println(
                                record.row().getString(0) + " " + record.row().getDouble(1));
                    }
                }
            }
        }
    }
}
