package dev.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.millrace.error.CorruptDataException;
import dev.millrace.support.Cases;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MalformedJsonTest {
    private static final int DAMAGES = 20;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {                                    | The schema is not JSON: Unexpected end-of-input
            {"columns":[]} x                     | The schema is not JSON: Unrecognized token 'x'
            {"columns":[],"columns":[]}          | The schema is not JSON: Duplicate
            []                                   | schema: expected an object, found []
            {}                                   | schema: 'columns' is missing
            {"columns":{}}                       | schema.columns: expected a list, found {}
            {"columns":[]}                       | The schema breaks a rule: A schema needs at least one column
            {"columns":[1]}                      | schema.columns[0]: expected an object, found 1
            {"columns":[{"name":1}]}             | schema.columns[0].name: expected a text, found 1
            {"columns":[{"name":"a"}]}           | schema.columns[0]: 'data_type' is missing
            {"columns":[{"name":"a","data_type":{"type":"FISH"}}]} | schema.columns[0].data_type.type: expected a data type this version knows, found "FISH"
            {"columns":[{"name":"a","data_type":{"type":"CHAR","length":"x"}}]} | schema.columns[0].data_type.length: expected a whole number, found "x"
            {"columns":[{"name":"a","data_type":{"type":"CHAR","length":4294967297}}]} | schema.columns[0].data_type.length: expected a whole number, found 4294967297
            {"columns":[{"name":"a","data_type":{"type":"CHAR","length":0}}]} | The schema breaks a rule: CHAR length must be at least 1, not 0
            {"columns":[{"name":"a","data_type":{"type":"INTEGER","nullable":"no"}}]} | schema.columns[0].data_type.nullable: expected true or false, found "no"
            {"columns":[{"name":"a","data_type":{"type":"ARRAY","element_type":{"type":"ROW","fields":[{"name":"x"}]}}}]} | schema.columns[0].data_type.element_type.fields[0]: 'field_type' is missing
            {"columns":[{"name":"a","id":0,"data_type":{"type":"DATE"}},{"name":"b","data_type":{"type":"DATE"}}]} | schema: some columns have an id and some have none
            {"columns":[{"name":"a","id":0,"data_type":{"type":"DATE"}},{"name":"b","id":0,"data_type":{"type":"DATE"}}]} | The schema breaks a rule: Field id 0 is given twice, the second time in column 'b'
            {"columns":[{"name":"a","id":5,"data_type":{"type":"DATE"}}],"highest_field_id":4} | The schema breaks a rule: Field id 5 in column 'a' is above the highest field id 4
            {"columns":[{"name":"a","id":0,"data_type":{"type":"DATE"}}],"primary_key":["b"]} | The schema breaks a rule: Primary key column 'b' is not among the columns [a]
            {"columns":[{"name":"a","id":0,"data_type":{"type":"DATE"}}],"auto_increment_column":["a","b"]} | schema.auto_increment_column: expected one column at most
            """)
    void shouldSayWhatIsWrongWithASchemaAndWhere(final String json, final String message) {
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(() -> Schema.fromJsonBytes(json.getBytes(StandardCharsets.UTF_8)))
                .withMessageStartingWith(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {}                                   | table descriptor: 'schema' is missing
            {"schema":{"columns":[{"name":"a","data_type":{"type":"DATE"}}]}} | table descriptor: 'partition_key' is missing
            {"schema":{"columns":[{"name":"a","data_type":{"type":"DATE"}}]},"partition_key":["b"],"properties":{},"custom_properties":{}} | The table descriptor breaks a rule: Partition key column 'b' is not among the columns [a]
            {"schema":{"columns":[{"name":"a","data_type":{"type":"DATE"}}]},"partition_key":[],"properties":{"x":1},"custom_properties":{}} | table descriptor.properties.x: expected a text, found 1
            {"schema":{"columns":[{"name":"a","data_type":{"type":"DATE"}}]},"partition_key":[],"bucket_count":3,"properties":{},"custom_properties":{}} | table descriptor: 'bucket_key' is missing
            """)
    void shouldSayWhatIsWrongWithATableDescriptorAndWhere(final String json, final String message) {
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(() -> TableDescriptor.fromJsonBytes(json.getBytes(StandardCharsets.UTF_8)))
                .withMessageStartingWith(message);
    }

    @Test
    void shouldSayWhatIsWrongWithADatabaseDescriptor() {
        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(() -> DatabaseDescriptor.fromJsonBytes("{\"comment\":{}}".getBytes(StandardCharsets.UTF_8)))
                .withMessage("database descriptor.comment: expected a text, found {}");
    }

    @Test
    void shouldSurviveNestingWithoutEnd() {
        final String json = "{\"columns\":[{\"name\":\"a\",\"data_type\":"
                + "{\"type\":\"ARRAY\",\"element_type\":".repeat(100_000);

        assertThatExceptionOfType(CorruptDataException.class)
                .isThrownBy(() -> Schema.fromJsonBytes(json.getBytes(StandardCharsets.UTF_8)))
                .withMessageContaining("nesting depth");
    }

    @Test
    void shouldThrowNothingElseForDamagedDescriptors() {
        for (long seed = Cases.SEED; seed < Cases.SEED + Cases.COUNT / DAMAGES; seed++) {
            final Random random = new Random(seed);
            final byte[] json = new RandomMetadata(seed).table().toJsonBytes();
            for (int i = 0; i < DAMAGES; i++) {
                final byte[] damaged =
                        Arrays.copyOf(json, random.nextInt(4) == 0 ? random.nextInt(json.length) : json.length);
                if (damaged.length > 0) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
                }
                try {
                    assertThat(TableDescriptor.fromJsonBytes(damaged)).isNotNull();
                } catch (final CorruptDataException e) {
                    assertThat(e).as("seed %d", seed).message().isNotBlank();
                }
            }
        }
    }
}
