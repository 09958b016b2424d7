package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The chapter on configuration has every option, with the key and the default that it really has. */
class ConfigurationPageTest {
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `(\\w+)` \\| (?:`([^`]+)`|empty) \\| (?:`([^`]+)`|-) \\|.*$");

    private record Row(String name, String defaultText, String officialKey) {}

    private static List<Row> rows() throws IOException {
        return ROW.matcher(Files.readString(Path.of("docs/configuration.md")))
                .results()
                .map(row -> new Row(row.group(1), Objects.requireNonNullElse(row.group(2), ""), row.group(3)))
                .toList();
    }

    @Test
    void shouldHaveEveryOptionWithItsOfficialKey() throws IOException {
        assertThat(rows())
                .extracting(Row::name, Row::officialKey)
                .containsExactlyInAnyOrderElementsOf(ConfigOption.ALL.stream()
                        .map(option -> tuple(option.name(), option.officialKey()))
                        .toList());
    }

    @Test
    void shouldTellTheDefaults() throws IOException {
        Config defaults = Config.builder().build();
        for (Row row : rows()) {
            Config told = Config.fromProperties(Map.of(row.name(), row.defaultText()));
            assertThat(told).as(row.toString()).isEqualTo(defaults);
        }
    }

    @Test
    void shouldTellWhichOfficialKeysAreRefused() throws IOException {
        String page = Files.readString(Path.of("docs/migrating.md"));
        String table = page.substring(page.indexOf("and are refused with the reason"), page.indexOf("New here:"));
        List<String> keys = Pattern.compile("`(client\\.[^`]+)`")
                .matcher(table)
                .results()
                .map(key -> key.group(1))
                .toList();
        assertThat(keys)
                .isNotEmpty()
                .allSatisfy(key -> assertThatThrownBy(() -> Config.fromProperties(Map.of(key, "1")))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("is to be left out"));
    }
}
