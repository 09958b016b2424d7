package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericArray;
import dev.millrace.row.GenericMap;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.fluss.row.InternalRow;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrays, maps and rows through the real server to the official client. */
@WithCluster
@Timeout(60)
class NestedAppendTest {
    private static final int ROWS = 5_000;
    private static final RowType PLACE = new RowType(
            true,
            List.of(
                    new DataField("x", DataTypes.DOUBLE()),
                    new DataField("names", DataTypes.ARRAY(DataTypes.STRING()))));

    private final FlussCluster cluster;
    private final Database database;

    NestedAppendTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD", "LZ4_FRAME"})
    void shouldWriteNestedColumnsForTheOfficialClient(final String compression) throws Exception {
        final TablePath path = TablePath.of(database.name(), "nested_" + compression.toLowerCase(Locale.ROOT));
        final List<String> expected = new ArrayList<>();
        final List<String> expectedProjected = new ArrayList<>();
        try (FlussConnection connection = FlussConnection.connect(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .writerBatchSize(64 * 1024)
                .build())) {
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(Schema.builder()
                                            .column("id", DataTypes.BIGINT())
                                            .column("tags", DataTypes.ARRAY(DataTypes.STRING()))
                                            .column("counts", DataTypes.MAP(DataTypes.STRING(), DataTypes.INT()))
                                            .column("places", DataTypes.ARRAY(PLACE))
                                            .build())
                                    .distributedBy(1, List.of())
                                    .property("table.log.arrow.compression.type", compression)
                                    .build(),
                            false);
            try (AppendWriter writer = connection.getTable(path).newAppend().createWriter()) {
                for (int i = 0; i < ROWS; i++) {
                    final GenericRow row = row(i);
                    writer.append(row);
                    expected.add(row.toString());
                    expectedProjected.add("(" + row.getField(2) + ", " + row.getField(3) + ")");
                }
            }
        }
        assertThat(OfficialReader.read(
                        cluster.bootstrapServers(),
                        path,
                        ROWS,
                        row -> "(" + row.getLong(0) + ", " + tags(row, 1) + ", " + counts(row, 2) + ", "
                                + places(row, 3) + ")"))
                .containsExactly(expected);
        assertThat(OfficialReader.readProjected(
                        cluster.bootstrapServers(),
                        path,
                        new int[] {2, 3},
                        ROWS,
                        row -> "(" + counts(row, 0) + ", " + places(row, 1) + ")"))
                .containsExactly(expectedProjected);
    }

    /** From none to many elements, and every now and then one long row. */
    private static GenericRow row(final int i) {
        final List<@Nullable Object> tags = new ArrayList<>();
        for (int k = 0; k < (i % 1_000 == 999 ? 2_000 : i % 7); k++) {
            tags.add(k % 3 == 2 ? null : "tag" + (i + k));
        }
        final List<@Nullable Object> places = new ArrayList<>();
        for (int k = 0; k < i % 4; k++) {
            places.add(k == 1 ? null : GenericRow.fromData(i / 8.0, k == 0 ? null : GenericArray.of(tags)));
        }
        return GenericRow.fromData(
                (long) i,
                i % 5 == 4 ? null : GenericArray.of(tags),
                GenericMap.of(GenericArray.of("a" + i, "b"), GenericArray.of(i, null)),
                i % 9 == 8 ? null : GenericArray.of(places));
    }

    private static String tags(final InternalRow row, final int pos) {
        return row.isNullAt(pos) ? "null" : texts(row.getArray(pos));
    }

    private static String texts(final org.apache.fluss.row.InternalArray array) {
        final List<String> texts = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            texts.add(array.isNullAt(i) ? "null" : array.getString(i).toString());
        }
        return texts.toString();
    }

    private static String counts(final InternalRow row, final int pos) {
        final var map = row.getMap(pos);
        final List<String> entries = new ArrayList<>();
        for (int i = 0; i < map.size(); i++) {
            entries.add(map.keyArray().getString(i) + "="
                    + (map.valueArray().isNullAt(i) ? "null" : map.valueArray().getInt(i)));
        }
        // The official client puts the entries into a hash map of its own.
        entries.sort(null);
        return "{" + String.join(", ", entries) + "}";
    }

    private static String places(final InternalRow row, final int pos) {
        if (row.isNullAt(pos)) {
            return "null";
        }
        final var array = row.getArray(pos);
        final List<String> places = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            if (array.isNullAt(i)) {
                places.add("null");
            } else {
                final InternalRow place = array.getRow(i, 2);
                places.add("(" + place.getDouble(0) + ", " + tags(place, 1) + ")");
            }
        }
        return places.toString();
    }
}
