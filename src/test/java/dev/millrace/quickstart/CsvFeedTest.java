package dev.millrace.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CsvFeedTest {
    @TempDir
    Path directory;

    private Path write(String text) throws IOException {
        return Files.writeString(directory.resolve("my trades.v2.csv"), text);
    }

    private static List<String> types(CsvFeed feed) {
        return feed.schema().columns().stream()
                .map(column -> column.name() + " " + column.dataType().asSummaryString())
                .toList();
    }

    private static List<GenericRow> readAll(CsvFeed feed) {
        List<GenericRow> rows = new ArrayList<>();
        GenericRow row = new GenericRow(feed.schema().columns().size());
        while (feed.sources().get(0).next(row)) {
            rows.add(row);
            row = new GenericRow(feed.schema().columns().size());
        }
        return rows;
    }

    @Test
    void shouldInferATypeForEachColumn() throws IOException {
        Path file = write("""
                id,price,name,open,day,at,note
                1,10.5,ACME,true,2026-01-02,2026-01-02T03:04:05.678Z,
                2,11,"Foo, Inc.",FALSE,2026-01-03,2026-01-02 03:04:05,
                """);
        try (CsvFeed feed = CsvFeed.open(file)) {
            assertThat(types(feed))
                    .containsExactly(
                            "id BIGINT",
                            "price DOUBLE",
                            "name STRING",
                            "open BOOLEAN",
                            "day DATE",
                            "at TIMESTAMP_LTZ(3)",
                            "note STRING");
            assertThat(feed.defaultTable()).isEqualTo(TablePath.of("market", "my_trades_v2"));
            List<GenericRow> rows = readAll(feed);
            assertThat(rows).hasSize(2);
            assertThat(rows.get(0).getLong(0)).isEqualTo(1);
            assertThat(rows.get(1).getDouble(1)).isEqualTo(11);
            assertThat(rows.get(1).getString(2)).isEqualTo("Foo, Inc.");
            assertThat(rows.get(1).getBoolean(3)).isFalse();
            assertThat(rows.get(0).getDate(4)).isEqualTo("2026-01-02");
            assertThat(rows.get(0).getTimestampLtz(5, 3).toInstant()).isEqualTo("2026-01-02T03:04:05.678Z");
            assertThat(rows.get(1).getTimestampLtz(5, 3).toInstant()).isEqualTo(Instant.parse("2026-01-02T03:04:05Z"));
            assertThat(rows.get(0).isNullAt(6)).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    007                                  | STRING
                    0                                    | BIGINT
                    -9223372036854775808                 | BIGINT
                    9223372036854775808                  | STRING
                    1e3                                  | DOUBLE
                    .5                                   | DOUBLE
                    1.                                   | STRING
                    NaN                                  | STRING
                    2026-02-30                           | STRING
                    2026-01-02T03:04:05.678901+02:00     | TIMESTAMP_LTZ(6)
                    2026-01-02 03:04:05.678901234        | TIMESTAMP_LTZ(9)
                    yes                                  | STRING
                    """)
    void shouldTakeTheMostSpecialTypeThatLosesNothing(String text, String type) throws IOException {
        try (CsvFeed feed = CsvFeed.open(write("c\n" + text + "\n"))) {
            assertThat(types(feed)).containsExactly("c " + type);
        }
    }

    @Test
    void shouldReadQuotesAndLineBreaksWithinFields() throws IOException {
        try (CsvFeed feed = CsvFeed.open(write("\uFEFFa,b\r\n\"x\"\"y\",\"1\n2\"\r\n"))) {
            assertThat(types(feed)).containsExactly("a STRING", "b STRING");
            List<GenericRow> rows = readAll(feed);
            assertThat(rows).hasSize(1);
            assertThat(rows.get(0).getString(0)).isEqualTo("x\"y");
            assertThat(rows.get(0).getString(1)).isEqualTo("1\n2");
        }
    }

    @Test
    void shouldNameTheLineThatDoesNotFitTheInferredType() throws IOException {
        String text = "n\n" + "1\n".repeat(CsvFeed.SAMPLE_ROWS) + "2\nthree\n";
        try (CsvFeed feed = CsvFeed.open(write(text))) {
            assertThat(types(feed)).containsExactly("n BIGINT");
            assertThatThrownBy(() -> readAll(feed))
                    .isInstanceOf(QuickstartException.class)
                    .hasMessageContaining("line 1003: column 'n': 'three' is not a BIGINT");
        }
    }

    @Test
    void shouldNameTheLineWithTheWrongNumberOfFields() throws IOException {
        Path file = write("a,b\n1,2\n1,2,3\n");
        assertThatThrownBy(() -> CsvFeed.open(file))
                .isInstanceOf(QuickstartException.class)
                .hasMessageContaining("line 3: 3 fields where the header has 2");
    }

    @Test
    void shouldRefuseHeadersItCannotUse() throws IOException {
        Path twice = write("a,a\n");
        assertThatThrownBy(() -> CsvFeed.open(twice)).hasMessageContaining("line 1: two columns are named 'a'");
        Path unnamed = write("a,,b\n");
        assertThatThrownBy(() -> CsvFeed.open(unnamed)).hasMessageContaining("line 1: a column has no name");
        Path empty = write("");
        assertThatThrownBy(() -> CsvFeed.open(empty)).hasMessageContaining("is empty");
    }

    @Test
    void shouldRefuseFilesItCannotRead() throws IOException {
        assertThatThrownBy(() -> CsvFeed.open(directory.resolve("none.csv")))
                .isInstanceOf(QuickstartException.class)
                .hasMessageContaining("there is no file");
        assertThatThrownBy(() -> CsvFeed.open(directory)).hasMessageContaining("is a directory");
        Path binary = Files.write(directory.resolve("binary.csv"), new byte[] {'a', '\n', (byte) 0xFF, (byte) 0xFE});
        assertThatThrownBy(() -> CsvFeed.open(binary))
                .isInstanceOf(QuickstartException.class)
                .hasMessageContaining("MalformedInput");
    }
}
