package dev.millrace;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Secured;
import dev.millrace.types.DataTypes;
import dev.millrace.write.UpsertWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * A program that logs in, works, and fails to log in, and prints all there is to print: {@code LoudClient BOOTSTRAP_SERVERS
 * DATABASE}. It reads the right password from standard input, where nothing keeps a copy, and then a wrong one.
 */
final class LoudClient {
    private LoudClient() {}

    public static void main(final String[] args) throws IOException {
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        final Config config =
                Secured.config(args[0], Secured.ROOT, in.readLine()).build();
        System.out.println(config);
        try (FlussConnection connection = FlussConnection.connect(config)) {
            System.out.println(connection + " " + connection.config());
            work(connection, TablePath.of(args[1], "loud"));
        }
        final String wrong = in.readLine();
        final Config refused = Secured.config(args[0], Secured.ROOT, wrong).build();
        fail(() -> FlussConnection.connect(refused).close());
        fail(() -> Config.fromProperties(Map.of(
                "client.security.protocol",
                "SASL",
                "client.security.sasl.mechanism",
                "SCRAM",
                "client.security.sasl.username",
                Secured.ROOT,
                "client.security.sasl.password",
                wrong)));
        fail(() -> Config.fromProperties(Map.of("client.security.sasl.pasword", wrong)));
    }

    private static void work(final FlussConnection connection, final TablePath path) {
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.builder()
                                        .column("n", DataTypes.BIGINT())
                                        .primaryKey("n")
                                        .build())
                                .distributedBy(1)
                                .build());
        final FlussTable table = connection.getTable(path);
        try (UpsertWriter writer = table.newUpsert().createWriter()) {
            writer.upsert(GenericRow.fromData(1L)).await();
        }
        System.out.println(table.newLookup().createLookuper().lookup(GenericRow.fromData(1L)));
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            scanner.poll(Duration.ofSeconds(5)).close();
        }
    }

    private static void fail(final Runnable call) {
        try {
            call.run();
            throw new AssertionError("it did not fail");
        } catch (final RuntimeException e) {
            e.printStackTrace();
        }
    }
}
