package dev.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
    @ParameterizedTest
    @ValueSource(strings = {"a", "-", "_", "__internal", "A-Z_09", "0"})
    void shouldTakeNamesWithinTheRules(final String name) {
        assertThat(TablePath.of(name, name)).hasToString(name + "." + name);
        assertThat(org.apache.fluss.metadata.TablePath.of(name, name).isValid()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a b", "h\u00e9", "a.b", "a$changelog", "a/b"})
    void shouldRefuseNamesBeyondTheRules(final String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TablePath.of("db", name))
                .withMessageStartingWith("Table name");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TablePath.of(name, "t"))
                .withMessageStartingWith("Database name");
        assertThat(org.apache.fluss.metadata.TablePath.of("db", name).isValid()).isFalse();
    }

    @Test
    void shouldSayWhatIsWrongWithAName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TablePath.checkDatabaseName("my db"))
                .withMessage(
                        "Database name 'my db' has the character ' ' at position 2; allowed are A-Z, a-z, 0-9, _ and -");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TablePath.of("db", "x".repeat(201)))
                .withMessageStartingWith("Table name must have 1 to 200 characters, and this one has 201");
        assertThat(TablePath.checkDatabaseName("x".repeat(200))).hasSize(200);
    }

    @Test
    void shouldNamePartitionsByTheirValuesInOrder() {
        final Map<String, String> values = new LinkedHashMap<>();
        values.put("day", "20240607");
        values.put("country", "de");

        final PartitionInfo info = new PartitionInfo(5, PartitionSpec.of(values));

        assertThat(info.getPartitionId()).isEqualTo(5);
        assertThat(info.getPartitionName()).isEqualTo("20240607$de");
        assertThat(info.getPartitionSpec().getSpecMap()).isEqualTo(values);
        assertThatIllegalArgumentException().isThrownBy(() -> PartitionSpec.of(Map.of()));
    }

    @Test
    void shouldTellBucketsWithAndWithoutPartitionApart() {
        assertThat(TableBucket.of(1, 2)).isEqualTo(TableBucket.of(1, null, 2)).hasToString("table 1 bucket 2");
        assertThat(TableBucket.of(1, 3L, 2))
                .isNotEqualTo(TableBucket.of(1, 2))
                .hasToString("table 1 partition 3 bucket 2");
    }

    @Test
    void shouldNameServersByTypeAndId() {
        assertThat(new ServerNode(0, "localhost", 9123, ServerType.COORDINATOR_SERVER).uid())
                .isEqualTo("cs-0");
        assertThat(new ServerNode(1, "localhost", 9124, ServerType.TABLET_SERVER))
                .hasToString("ts-1 (localhost:9124)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServerNode(1, "h", 70_000, ServerType.TABLET_SERVER))
                .withMessage("Port of h must be between 0 and 65535, not 70000");
    }
}
