package dev.millrace.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@WithCluster
class QuickstartTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path directory;

    private int run(String... args) {
        out.reset();
        err.reset();
        return Quickstart.run(print(out), print(err), args);
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private void assertFailsWith(int code, String... parts) {
        assertThat(code).as(out()).isEqualTo(Quickstart.BAD_INPUT);
        assertThat(err()).startsWith("quickstart: ").contains(parts).endsWith(System.lineSeparator());
        assertThat(err().lines()).hasSize(1);
    }

    @Test
    void shouldAccountForEveryTick(FlussCluster cluster, Database database) {
        String table = database.name() + ".ticks";
        for (int round = 1; round <= 2; round++) { // the second finds the first one's rows in the table
            int code = run("--bootstrap", cluster.bootstrapServers(), "--table", table, "--rows", "20000");
            assertThat(err()).isEmpty();
            assertThat(code).as(out()).isEqualTo(Quickstart.WELL);
            assertThat(out()).contains("20,000 ticks of 500 symbols", "Every row was read as it was written");
            assertThat(out()).containsPattern("rows +20,000 +20,000");
            assertThat(out()).containsPattern("ack p50 [0-9.]+ ms p99 [0-9.]+ ms");
        }
    }

    @Test
    void shouldStreamAFileOfTheUser(FlussCluster cluster, Database database) throws IOException {
        StringBuilder text = new StringBuilder("id,price,name,day,at\n");
        for (int i = 0; i < 3_000; i++) {
            text.append(i)
                    .append(',')
                    .append(i % 7 == 0 ? "" : i / 4.0)
                    .append(",\"N, ")
                    .append(i);
            text.append("\",2026-01-02,2026-01-02T03:04:05.")
                    .append(100 + i % 900)
                    .append("Z\n");
        }
        Path file = Files.writeString(directory.resolve("trades.csv"), text);
        String table = database.name() + ".trades";
        int code = run("--bootstrap", cluster.bootstrapServers(), "--csv", file.toString(), "--table", table);
        assertThat(err()).isEmpty();
        assertThat(code).as(out()).isEqualTo(Quickstart.WELL);
        assertThat(out()).containsPattern("rows +3,000 +3,000");
        assertThat(out())
                .contains("(id BIGINT, price DOUBLE, name STRING, day DATE, at TIMESTAMP_LTZ(3))")
                .contains("Every row was read as it was written");
    }

    @Test
    void shouldSayHowManyRowsWereAcceptedBeforeAMalformedLine(FlussCluster cluster, Database database)
            throws IOException {
        String text = "n\n" + "1\n".repeat(1_500) + "x\n" + "1\n".repeat(10);
        Path file = Files.writeString(directory.resolve("numbers.csv"), text);
        String table = database.name() + ".numbers";
        int code = run("--bootstrap", cluster.bootstrapServers(), "--csv", file.toString(), "--table", table);
        assertFailsWith(code, "line 1502", "'x' is not a BIGINT", "; 1,500 rows were accepted");
    }

    @Test
    void shouldRefuseATableWithAnotherSchema(FlussCluster cluster, Database database) throws IOException {
        Path file = Files.writeString(directory.resolve("a.csv"), "n\n1\n");
        String table = database.name() + ".other";
        assertThat(run("--bootstrap", cluster.bootstrapServers(), "--csv", file.toString(), "--table", table))
                .as(err())
                .isEqualTo(Quickstart.WELL);
        int code = run("--bootstrap", cluster.bootstrapServers(), "--table", table);
        assertFailsWith(code, table + " exists with another schema", "(n BIGINT)", "; 0 rows were accepted");
    }

    @Test
    void shouldSayThatNobodyAnswers() throws IOException {
        int freePort;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            freePort = socket.getLocalPort();
        }
        int code = run("--bootstrap", "127.0.0.1:" + freePort, "--rows", "1");
        assertFailsWith(code, "no Fluss cluster answers at 127.0.0.1:" + freePort, "; 0 rows were accepted");
    }

    @Test
    void shouldSayWhatIsWrongWithItsInput() {
        assertFailsWith(run("--rwos", "1"), "unknown option '--rwos'");
        assertFailsWith(run("--csv", directory.resolve("none.csv").toString()), "there is no file");
        assertThat(run("--help")).isEqualTo(Quickstart.WELL);
        assertThat(out()).isEqualTo(Arguments.USAGE);
    }
}
