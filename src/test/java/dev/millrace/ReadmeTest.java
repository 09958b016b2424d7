package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The program in the README is the one here: it compiles, and it does what it says. */
@WithCluster
class ReadmeTest {
    private static final String DATABASE = "market";

    private static void program(String servers, List<Object> printed) {
        // README begins
        Config config = Config.builder().bootstrapServers(servers).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            TablePath path = TablePath.of("market", "quotes");
            Schema schema = Schema.builder()
                    .column("symbol", DataTypes.STRING())
                    .column("price", DataTypes.DOUBLE())
                    .build();
            TableDescriptor descriptor =
                    TableDescriptor.builder().schema(schema).build();
            connection.getAdmin().createDatabase("market", true);
            connection.getAdmin().createTable(path, descriptor, true);

            FlussTable table = connection.getTable(path);
            try (AppendWriter writer = table.newAppend().createWriter();
                    LogScanner scanner = table.newScan().createLogScanner()) {
                writer.append(GenericRow.fromData("ACME", 41.5)).await();
                scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(5))) {
                    for (ScanRecord record : records) {
                        InternalRow row = record.row();
                        printed.add(row.getString(0) + " " + row.getDouble(1));
                    }
                }
            }
        }
        // README ends
    }

    @Test
    void shouldRunTheProgramOfTheReadme(FlussCluster cluster) {
        List<Object> printed = new ArrayList<>();
        try {
            program(cluster.bootstrapServers(), printed);
        } finally {
            cluster.dropDatabase(DATABASE);
        }
        assertThat(printed).containsExactly("ACME 41.5");
    }

    @Test
    void shouldShowThisProgramInTheReadme() throws IOException {
        String here = between(
                Files.readString(Path.of("src/test/java/dev/millrace/ReadmeTest.java")),
                "// README begins\n",
                "        // README ends\n");
        String shown = between(Files.readString(Path.of("README.md")), "```java\n", "```\n");
        assertThat(shown)
                .isEqualTo(here.replaceAll("(?m)^ {8}", "")
                        .replace("bootstrapServers(servers)", "bootstrapServers(\"localhost:9123\")")
                        .replace("printed.add", "System.out.println"));
    }

    private static String between(String text, String begin, String end) {
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf(end, from));
    }
}
