package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.AppendWriter;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableChange;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericArray;
import org.apache.fluss.row.GenericMap;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Columns that are added to a table while it is written and read. A scanner keeps the columns it began with. */
@WithCluster
@SuppressWarnings("try") // the official client's close() throws Exception
@Timeout(120)
class SchemaEvolutionTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int GROUP = 10;
    /** The columns that the rows of a group were written with: a writer opened before a change goes on after it. */
    private static final int[] COLUMNS_OF_GROUP = {5, 7, 5, 8, 7, 5};

    private static final int COUNT = GROUP * COLUMNS_OF_GROUP.length;
    private static final int[] ALL = {};
    private static final RowType FIRST = RowType.of(
            new DataType[] {
                DataTypes.INT(),
                DataTypes.STRING(),
                DataTypes.ARRAY(DataTypes.STRING()),
                DataTypes.MAP(DataTypes.STRING().copy(false), DataTypes.INT()),
                DataTypes.ROW(DataTypes.FIELD("x", DataTypes.INT()), DataTypes.FIELD("y", DataTypes.STRING()))
            },
            new String[] {"n", "text", "list", "map", "row"});

    private static OfficialClient official;
    private final String bootstrapServers;
    private final String database;

    SchemaEvolutionTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialClient(cluster.bootstrapServers());
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    @ParameterizedTest
    @CsvSource({"ARROW, NONE", "ARROW, ZSTD", "INDEXED, NONE", "COMPACTED, NONE"})
    void shouldKeepTheColumnsThatAScannerBeganWith(final String format, final String codec) throws Exception {
        final String name = "rows_" + format + codec;
        final TablePath path = TablePath.of(database, name);
        try (OfficialTable created = official.createTable(database, name, FIRST, 1, properties(format, codec));
                ScanClient client = client();
                Scanners first =
                        new Scanners(client.scan(created.path), 5, ALL, new int[] {0, 4}, new int[] {3, 1, 0});
                Table old = official.connection().getTable(path)) {
            append(old, 0);
            alter(path, addColumn("later", DataTypes.BIGINT()), addColumn("list2", DataTypes.ARRAY(DataTypes.INT())));
            try (Scanners second = new Scanners(
                            client.scan(created.path), 7, ALL, new int[] {5}, new int[] {6, 0}, new int[] {4, 0});
                    Table middle = official.connection().getTable(path)) {
                append(middle, 1);
                append(old, 2);
                alter(path, addColumn("last", DataTypes.STRING()));
                try (Scanners third = new Scanners(
                                client.scan(created.path), 8, ALL, new int[] {7, 1}, new int[] {5, 6}, new int[] {0});
                        Table altered = official.connection().getTable(path)) {
                    append(altered, 3);
                    append(middle, 4);
                    append(old, 5);
                    first.shouldReadAll();
                    second.shouldReadAll();
                    third.shouldReadAll();
                }
            }
        }
    }

    /** The server refuses to project those buckets that stand at rows without the column, and projects the others. */
    @Test
    void shouldReadAColumnOfSomeBucketsBeforeItWasAdded() throws Exception {
        final TablePath path = TablePath.of(database, "buckets");
        try (OfficialTable created = official.createTable(database, "buckets", FIRST, 3, Map.of());
                ScanClient client = client();
                Table old = official.connection().getTable(path)) {
            append(old, 0);
            final Map<Integer, Long> firstNew = created.latest();
            alter(path, addColumn("later", DataTypes.BIGINT()), addColumn("list2", DataTypes.ARRAY(DataTypes.INT())));
            try (Table altered = official.connection().getTable(path);
                    LogScanner scanner = client.scan(created.path).project(5).createLogScanner()) {
                append(altered, 1);
                append(old, 2);
                append(altered, 4);
                scanner.subscribeBuckets(Map.of(0, 0L, 1, firstNew.get(1), 2, firstNew.get(2)));
                final long skipped = firstNew.get(1) + firstNew.get(2);
                final List<String> seen = new ArrayList<>();
                while (seen.size() < 4 * GROUP - skipped) {
                    try (ScanRecords records = scanner.poll(LONG)) {
                        assertThat(records.isEmpty()).isFalse();
                        records.forEach(record -> seen.add(record.row().toString()));
                    }
                }
                assertThat(seen)
                        .filteredOn(text -> !text.equals("(null)"))
                        .containsExactlyInAnyOrderElementsOf(IntStream.concat(
                                        IntStream.range(GROUP, 2 * GROUP), IntStream.range(4 * GROUP, 5 * GROUP))
                                .mapToObj(row -> "(" + value(row, 5) + ")")
                                .toList());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ARROW, NONE", "ARROW, LZ4_FRAME", "ARROW, ZSTD"})
    void shouldMakeArrowRootsOfOneSchema(final String format, final String codec) throws Exception {
        final String name = "roots_" + codec;
        final TablePath path = TablePath.of(database, name);
        try (OfficialTable created = official.createTable(database, name, FIRST, 1, properties(format, codec));
                ScanClient client = client();
                Table old = official.connection().getTable(path)) {
            append(old, 0);
            try (RecordBatchLogScanner first = client.scan(created.path).createRecordBatchLogScanner();
                    RecordBatchLogScanner firstOfTwo =
                            client.scan(created.path).project(4, 0).createRecordBatchLogScanner()) {
                alter(
                        path,
                        addColumn("later", DataTypes.BIGINT()),
                        addColumn("list2", DataTypes.ARRAY(DataTypes.INT())));
                try (Table altered = official.connection().getTable(path);
                        RecordBatchLogScanner second = client.scan(created.path).createRecordBatchLogScanner();
                        RecordBatchLogScanner secondOfOne =
                                client.scan(created.path).project(6).createRecordBatchLogScanner()) {
                    append(altered, 1);
                    append(old, 2);
                    final int rows = 3 * GROUP;
                    assertThat(roots(first, rows)).isEqualTo(expectedRoots(rows, 0, 1, 2, 3, 4));
                    assertThat(roots(firstOfTwo, rows)).isEqualTo(expectedRoots(rows, 4, 0));
                    assertThat(roots(second, rows)).isEqualTo(expectedRoots(rows, 0, 1, 2, 3, 4, 5, 6));
                    assertThat(roots(secondOfOne, rows)).isEqualTo(expectedRoots(rows, 6));
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ARROW", "COMPACTED"})
    void shouldReadChangesOfEarlierAndLaterSchemas(final String format) throws Exception {
        final TablePath path = TablePath.of(database, "changes_" + format);
        final TableDescriptor descriptor = TableDescriptor.builder()
                .schema(Schema.newBuilder()
                        .column("n", DataTypes.BIGINT())
                        .column("text", DataTypes.STRING())
                        .primaryKey("n")
                        .build())
                .distributedBy(1)
                .properties(properties(format, "NONE"))
                .build();
        official.connection().getAdmin().createTable(path, descriptor, false).get(20, TimeUnit.SECONDS);
        final dev.millrace.metadata.TablePath ours = dev.millrace.metadata.TablePath.of(database, path.getTableName());
        try (ScanClient client = client();
                LogScanner first = client.scan(ours).createLogScanner();
                LogScanner firstOfOne = client.scan(ours).project(1).createLogScanner();
                Table old = official.connection().getTable(path)) {
            upsert(old, GenericRow.of(1L, text("one")), GenericRow.of(2L, text("two")));
            alter(path, addColumn("later", DataTypes.INT()));
            try (Table altered = official.connection().getTable(path);
                    LogScanner second = client.scan(ours).createLogScanner();
                    LogScanner secondOfOne = client.scan(ours).project(2).createLogScanner()) {
                upsert(altered, GenericRow.of(1L, text("uno"), 11), GenericRow.of(3L, text("tre"), 33));
                upsert(old, GenericRow.of(2L, text("due")));
                assertThat(changes(first, 7))
                        .containsExactly(
                                "+I(1, one)",
                                "+I(2, two)",
                                "-U(1, one)",
                                "+U(1, uno)",
                                "+I(3, tre)",
                                "-U(2, two)",
                                "+U(2, due)");
                assertThat(changes(firstOfOne, 7))
                        .containsExactly("+I(one)", "+I(two)", "-U(one)", "+U(uno)", "+I(tre)", "-U(two)", "+U(due)");
                assertThat(changes(second, 7))
                        .containsExactly(
                                "+I(1, one, null)",
                                "+I(2, two, null)",
                                "-U(1, one, null)",
                                "+U(1, uno, 11)",
                                "+I(3, tre, 33)",
                                "-U(2, two, null)",
                                "+U(2, due, null)");
                assertThat(changes(secondOfOne, 7))
                        .containsExactly(
                                "+I(null)", "+I(null)", "-U(null)", "+U(11)", "+I(33)", "-U(null)", "+U(null)");
            }
        }
    }

    /** Scanners of some projections, made at one time and read at another. */
    private static final class Scanners implements AutoCloseable {
        private final List<int[]> projections = new ArrayList<>();
        private final List<LogScanner> scanners = new ArrayList<>();

        Scanners(final TableScan scan, final int columns, final int[]... wanted) {
            for (final int[] projection : wanted) {
                final boolean isWhole = projection.length == 0;
                projections.add(isWhole ? IntStream.range(0, columns).toArray() : projection);
                scanners.add((isWhole ? scan : scan.project(projection)).createLogScanner());
            }
        }

        void shouldReadAll() {
            for (int i = 0; i < scanners.size(); i++) {
                final int[] columns = projections.get(i);
                assertThat(texts(scanners.get(i), COUNT))
                        .as("columns %s", Arrays.toString(columns))
                        .containsExactlyElementsOf(IntStream.range(0, COUNT)
                                .mapToObj(row -> Arrays.stream(columns)
                                        .mapToObj(column -> value(row, column))
                                        .collect(Collectors.joining(", ", "(", ")")))
                                .toList());
            }
        }

        @Override
        public void close() {
            scanners.forEach(LogScanner::close);
        }
    }

    private static String value(final int i, final int column) {
        if (column >= COLUMNS_OF_GROUP[i / GROUP]) {
            return "null";
        }
        return switch (column) {
            case 0 -> Integer.toString(i);
            case 1 -> "text " + i;
            case 2 -> "[a" + i + ", null]";
            case 3 -> "{k" + i + "=" + i + "}";
            case 4 -> "(" + i + ", y" + i + ")";
            case 5 -> Long.toString(1_000L + i);
            case 6 -> "[" + i + ", " + (i + 1) + "]";
            default -> "last " + i;
        };
    }

    private static void append(final Table table, final int group) {
        final int columns = COLUMNS_OF_GROUP[group];
        final AppendWriter writer = table.newAppend().createWriter();
        for (int i = group * GROUP; i < (group + 1) * GROUP; i++) {
            final GenericRow row = new GenericRow(columns);
            row.setField(0, i);
            row.setField(1, text("text " + i));
            row.setField(2, new GenericArray(new Object[] {text("a" + i), null}));
            row.setField(3, new GenericMap(Map.of(text("k" + i), i)));
            row.setField(4, GenericRow.of(i, text("y" + i)));
            if (columns > 5) {
                row.setField(5, 1_000L + i);
                row.setField(6, new GenericArray(new Object[] {i, i + 1}));
            }
            if (columns > 7) {
                row.setField(7, text("last " + i));
            }
            writer.append(row);
        }
        writer.flush();
    }

    /** One after the other, so that they are in the log in this order. */
    private static void upsert(final Table table, final GenericRow... rows) {
        final UpsertWriter writer = table.newUpsert().createWriter();
        for (final GenericRow row : rows) {
            writer.upsert(row);
            writer.flush();
        }
    }

    private static TableChange addColumn(final String name, final DataType type) {
        return TableChange.addColumn(name, type, null, TableChange.ColumnPosition.last());
    }

    private static void alter(final TablePath path, final TableChange... changes) throws Exception {
        official.connection()
                .getAdmin()
                .alterTable(path, List.of(changes), false)
                .get(20, TimeUnit.SECONDS);
    }

    private static List<String> texts(final LogScanner scanner, final int count) {
        final List<String> texts = new ArrayList<>();
        scanner.subscribe(0, 0);
        while (texts.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty()).isFalse();
                records.forEach(record -> texts.add(record.row().toString()));
            }
        }
        return texts;
    }

    private static List<String> changes(final LogScanner scanner, final int count) {
        final List<String> changes = new ArrayList<>();
        scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
        while (changes.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty()).isFalse();
                records.forEach(record -> changes.add(record.changeType().shortString() + record.row()));
            }
        }
        return changes;
    }

    /** Column by column, as text. */
    private static List<List<String>> roots(final RecordBatchLogScanner scanner, final int count) {
        final List<List<String>> columns = new ArrayList<>();
        scanner.subscribe(0, 0);
        int rows = 0;
        while (rows < count) {
            for (final ScanBatch batch : scanner.poll(LONG)) {
                try (batch) {
                    add(batch.batch(), columns);
                    rows += batch.numRecords();
                }
            }
        }
        return columns;
    }

    private static void add(final VectorSchemaRoot root, final List<List<String>> columns) {
        for (int column = 0; column < root.getFieldVectors().size(); column++) {
            if (column == columns.size()) {
                columns.add(new ArrayList<>());
            }
            for (int row = 0; row < root.getRowCount(); row++) {
                columns.get(column).add(String.valueOf(root.getVector(column).getObject(row)));
            }
        }
    }

    private static List<List<String>> expectedRoots(final int rows, final int... columns) {
        return Arrays.stream(columns)
                .mapToObj(column -> IntStream.range(0, rows)
                        .mapToObj(row -> arrowText(row, column))
                        .toList())
                .toList();
    }

    /** As Arrow puts nested values. */
    private static String arrowText(final int i, final int column) {
        return switch (column) {
            case 2 -> "[\"a" + i + "\",null]";
            case 3 -> "[{\"key\":\"k" + i + "\",\"value\":" + i + "}]";
            case 4 -> "{\"x\":" + i + ",\"y\":\"y" + i + "\"}";
            default -> value(i, column).replace(", ", ",");
        };
    }

    private static Map<String, String> properties(final String format, final String codec) {
        return format.equals("ARROW")
                ? Map.of("table.log.arrow.compression.type", codec)
                : Map.of("table.log.format", format);
    }

    private static BinaryString text(final String text) {
        return BinaryString.fromString(text);
    }

    private ScanClient client() {
        return new ScanClient(
                Config.builder().bootstrapServers(bootstrapServers).build());
    }
}
