package dev.millrace.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.row.GenericRow;
import dev.millrace.row.TypedValues;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.arrow.vector.FieldVector;
import org.junit.jupiter.api.Test;

/** The table of the chapter on data types tells the getters, the setters and the vectors that there are. */
class EveryTypeTest extends Guide {
    private static final Map<String, DataType> TYPES = new LinkedHashMap<>();

    static {
        TYPES.put("BOOLEAN", DataTypes.BOOLEAN());
        TYPES.put("TINYINT", DataTypes.TINYINT());
        TYPES.put("SMALLINT", DataTypes.SMALLINT());
        TYPES.put("INT", DataTypes.INT());
        TYPES.put("BIGINT", DataTypes.BIGINT());
        TYPES.put("FLOAT", DataTypes.FLOAT());
        TYPES.put("DOUBLE", DataTypes.DOUBLE());
        TYPES.put("CHAR(n)", DataTypes.CHAR(3));
        TYPES.put("STRING", DataTypes.STRING());
        TYPES.put("BINARY(n)", DataTypes.BINARY(3));
        TYPES.put("BYTES", DataTypes.BYTES());
        TYPES.put("DECIMAL(p, s)", DataTypes.DECIMAL(10, 2));
        TYPES.put("DATE", DataTypes.DATE());
        TYPES.put("TIME(0)", DataTypes.TIME(0));
        TYPES.put("TIME(1-3)", DataTypes.TIME(3));
        TYPES.put("TIME(4-6)", DataTypes.TIME(6));
        TYPES.put("TIME(7-9)", DataTypes.TIME(9));
        TYPES.put("TIMESTAMP(0)", DataTypes.TIMESTAMP(0));
        TYPES.put("TIMESTAMP(1-3)", DataTypes.TIMESTAMP(3));
        TYPES.put("TIMESTAMP(4-6)", DataTypes.TIMESTAMP(6));
        TYPES.put("TIMESTAMP(7-9)", DataTypes.TIMESTAMP(9));
        TYPES.put("TIMESTAMP_LTZ(0)", DataTypes.TIMESTAMP_LTZ(0));
        TYPES.put("TIMESTAMP_LTZ(1-3)", DataTypes.TIMESTAMP_LTZ(3));
        TYPES.put("TIMESTAMP_LTZ(4-6)", DataTypes.TIMESTAMP_LTZ(6));
        TYPES.put("TIMESTAMP_LTZ(7-9)", DataTypes.TIMESTAMP_LTZ(9));
        TYPES.put("ARRAY<t>", DataTypes.ARRAY(DataTypes.INT()));
        TYPES.put("MAP<k, v>", DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()));
        TYPES.put("ROW<...>", DataTypes.ROW(DataTypes.FIELD("f", DataTypes.INT())));
    }

    EveryTypeTest(FlussCluster cluster, Database database) {
        super(cluster, database);
    }

    private static List<MatchResult> rows() throws IOException {
        return Pattern.compile("(?m)^\\| `([A-Z_]+[^`]*)` \\| ([^|]+) \\| ([^|]+) \\| `(\\w+)` \\|.*$")
                .matcher(Files.readString(Path.of("docs/data-types.md")))
                .results()
                .toList();
    }

    @Test
    void shouldTellTheVectorsThatAScanGives() throws IOException {
        int columns = 0;
        Schema.Builder schema = Schema.builder();
        for (DataType type : TYPES.values()) {
            schema.column("c" + columns++, type);
        }
        FlussTable table = create(
                "every_type",
                TableDescriptor.builder()
                        .schema(schema.build())
                        .distributedBy(1)
                        .build());
        try (AppendWriter writer = table.newAppend().createWriter()) {
            writer.append(writer.newRow()).await();
        }
        List<String> vectors = new ArrayList<>();
        try (RecordBatchLogScanner scanner = table.newScan().createRecordBatchLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            for (ScanBatch batch : scanner.poll(Duration.ofSeconds(20))) {
                try (batch) {
                    for (FieldVector vector : batch.batch().getFieldVectors()) {
                        vectors.add(vector.getClass().getSimpleName());
                    }
                }
            }
        }
        assertThat(rows().stream().map(row -> row.group(1))).containsExactlyElementsOf(TYPES.keySet());
        assertThat(rows().stream().map(row -> row.group(4))).containsExactlyElementsOf(vectors);
    }

    @Test
    void shouldTellGettersAndSettersThatThereAre() throws IOException {
        Set<String> getters = methods(TypedValues.class);
        Set<String> setters = methods(GenericRow.class);
        for (MatchResult row : rows()) {
            assertThat(getters).as(row.group()).containsAll(code(row.group(2)));
            assertThat(setters).as(row.group()).containsAll(code(row.group(3)));
        }
    }

    private static Set<String> methods(Class<?> type) {
        return Arrays.stream(type.getMethods()).map(Method::getName).collect(Collectors.toSet());
    }

    private static List<String> code(String cell) {
        return Pattern.compile("`(\\w+)`")
                .matcher(cell)
                .results()
                .map(match -> match.group(1))
                .toList();
    }
}
