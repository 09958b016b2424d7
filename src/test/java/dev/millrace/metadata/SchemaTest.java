package dev.millrace.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.millrace.types.DataTypes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchemaTest {
    private static final String EXAMPLE = """
            {"version":1,"columns":[{"name":"id","data_type":{"type":"BIGINT","nullable":false},"comment":"c","id":0},\
            {"name":"name","data_type":{"type":"STRING"},"id":1},\
            {"name":"n","data_type":{"type":"ROW","fields":[{"name":"x","field_type":{"type":"INTEGER"},"field_id":3},\
            {"name":"y","field_type":{"type":"ARRAY","element_type":{"type":"DECIMAL","precision":10,"scale":2}},"field_id":4}]},"id":2},\
            {"name":"ts","data_type":{"type":"TIMESTAMP_WITH_LOCAL_TIME_ZONE","precision":3},"id":5}],\
            "primary_key":["id"],"highest_field_id":5}""";

    private static Schema example() {
        return Schema.builder()
                .column("id", DataTypes.BIGINT(), "c")
                .column("name", DataTypes.STRING())
                .column(
                        "n",
                        DataTypes.ROW(
                                DataTypes.FIELD("x", DataTypes.INT()),
                                DataTypes.FIELD("y", DataTypes.ARRAY(DataTypes.DECIMAL(10, 2)))))
                .column("ts", DataTypes.TIMESTAMP_LTZ(3))
                .primaryKey("id")
                .build();
    }

    @Test
    void shouldNumberColumnsAndNestedFieldsInPreOrder() {
        assertThat(new String(example().toJsonBytes(), StandardCharsets.UTF_8)).isEqualTo(EXAMPLE);
        assertThat(Schema.fromJsonBytes(EXAMPLE.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(example())
                .hasSameHashCodeAs(example());
        assertThat(example().columns().get(2).nestedFieldIds()).containsExactly(3, 4);
        assertThat(example().highestFieldId()).isEqualTo(5);
    }

    @Test
    void shouldKeepIdsThatAServerGave() {
        final String json = """
                {"version":1,"columns":[{"name":"b","data_type":{"type":"ROW","fields":[{"name":"x",\
                "field_type":{"type":"DATE"},"field_id":9}]},"id":4},{"name":"a","data_type":{"type":"DATE"},"id":1}],\
                "highest_field_id":12}""";

        final Schema schema = Schema.fromJsonBytes(json.getBytes(StandardCharsets.UTF_8));

        assertThat(schema.columns().getFirst().id()).isEqualTo(4);
        assertThat(schema.highestFieldId()).isEqualTo(12);
        assertThat(new String(schema.toJsonBytes(), StandardCharsets.UTF_8)).isEqualTo(json);
    }

    @Test
    void shouldReadSchemasWithoutIds() {
        final String json = """
                {"columns":[{"name":"a","data_type":{"type":"DATE"}},{"name":"b","data_type":{"type":"ROW","fields":[\
                {"name":"x","field_type":{"type":"DATE"}}]}}]}""";

        final Schema schema = Schema.fromJsonBytes(json.getBytes(StandardCharsets.UTF_8));

        assertThat(schema.columns()).extracting(Schema.Column::id).containsExactly(0, 1);
        assertThat(schema.columns().get(1).nestedFieldIds()).containsExactly(-1);
        assertThat(schema.highestFieldId()).isEqualTo(1);
    }

    @Test
    void shouldKeepAggregationFunctionsItDoesNotKnow() {
        final String json = """
                {"version":1,"columns":[{"name":"k","data_type":{"type":"DATE","nullable":false},"id":0},\
                {"name":"v","data_type":{"type":"BIGINT"},"agg_function":{"type":"median","parameters":{"p":"9"}},"id":1}],\
                "primary_key":["k"],"highest_field_id":1}""";

        final Schema schema = Schema.fromJsonBytes(json.getBytes(StandardCharsets.UTF_8));

        assertThat(schema.columns().get(1).aggFunction()).hasToString("median{p=9}");
        assertThat(new String(schema.toJsonBytes(), StandardCharsets.UTF_8)).isEqualTo(json);
    }

    @Test
    void shouldMakeKeyColumnsNotNull() {
        final Schema schema = example();

        assertThat(schema.columns().getFirst().dataType())
                .isEqualTo(DataTypes.BIGINT().copy(false));
        assertThat(schema.rowType().typeAt(0).isNullable()).isFalse();
        assertThat(schema.rowType().isNullable()).isFalse();
        assertThat(schema.primaryKey()).contains(new Schema.PrimaryKey(List.of("id")));
        assertThat(schema.columnNames()).containsExactly("id", "name", "n", "ts");
    }

    @Test
    void shouldGiveKeyPositionsInTheOrderOfTheKey() {
        final Schema schema = Schema.builder()
                .column("a", DataTypes.INT())
                .column("b", DataTypes.INT())
                .column("c", DataTypes.INT())
                .primaryKey("c", "a")
                .build();

        assertThat(schema.primaryKeyIndexes()).containsExactly(2, 0);
        assertThat(Schema.builder().column("a", DataTypes.INT()).build().primaryKeyIndexes())
                .isEmpty();
    }

    @Test
    void shouldRefuseColumnsThatCannotBe() {
        assertRefused(Schema.builder(), "A schema needs at least one column");
        assertRefused(
                Schema.builder().column("a", DataTypes.INT()).column("a", DataTypes.DATE()),
                "Column 'a' is there twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Schema.builder().column(" ", DataTypes.INT()))
                .withMessage("A column needs a name that is not blank");
    }

    @Test
    void shouldRefuseKeysThatCannotBe() {
        final Schema.Builder builder =
                Schema.builder().column("a", DataTypes.INT()).column("m", DataTypes.ARRAY(DataTypes.INT()));

        assertRefused(builder.primaryKey("b"), "Primary key column 'b' is not among the columns [a, m]");
        assertRefused(builder.primaryKey("a", "a"), "Primary key has the column 'a' twice");
        assertRefused(
                builder.primaryKey("m"),
                "Primary key column 'm' cannot be of type ARRAY<INT> NOT NULL: ARRAY, MAP and ROW are no keys");
        assertThatIllegalArgumentException()
                .isThrownBy(builder::primaryKey)
                .withMessage("A primary key needs at least one column");
    }

    @Test
    void shouldRefuseAggregationOfKeys() {
        assertRefused(
                Schema.builder()
                        .column("a", DataTypes.INT(), null, AggFunction.sum())
                        .primaryKey("a"),
                "Column 'a' is part of the primary key and cannot have the aggregation function sum");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AggFunction.listagg(""))
                .withMessage("The delimiter between aggregated texts must not be empty");
    }

    @Test
    void shouldRefuseAutoIncrementThatCannotBe() {
        final Schema.Builder builder =
                Schema.builder().column("k", DataTypes.INT()).column("s", DataTypes.STRING());

        assertRefused(builder.autoIncrement("k"), "Auto-increment column 'k' needs a table with a primary key");
        assertRefused(builder.primaryKey("k"), "Auto-increment column 'k' cannot be part of the primary key [k]");
        assertRefused(builder.autoIncrement("x"), "Auto-increment column 'x' is not among the columns [k, s]");
        assertRefused(builder.autoIncrement("s"), "Auto-increment column 's' must be INT or BIGINT, not STRING");
    }

    @Test
    void shouldPrintAsSqlDoes() {
        final Schema schema = Schema.builder()
                .column("id", DataTypes.BIGINT())
                .column("total", DataTypes.INT(), null, AggFunction.sum())
                .column("n", DataTypes.BIGINT())
                .primaryKey("id")
                .autoIncrement("n")
                .build();

        assertThat(schema)
                .hasToString("(id BIGINT NOT NULL, total INT AGGREGATED BY sum, n BIGINT, PRIMARY KEY (id),"
                        + " AUTO INCREMENT (n))");
    }

    private static void assertRefused(final Schema.Builder builder, final String message) {
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
    }
}
