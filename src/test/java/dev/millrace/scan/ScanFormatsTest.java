package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.internal.codec.ArrowCases;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.internal.memory.OffHeap;
import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.RowType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericArray;
import org.apache.fluss.row.GenericMap;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataTypes;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same through all log formats, of tables that the official client wrote. */
@WithCluster
@SuppressWarnings("try") // the official client's close() throws Exception
@Timeout(120)
class ScanFormatsTest {
    private static final long SEED = 20261124;
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final org.apache.fluss.types.RowType NESTED = org.apache.fluss.types.RowType.of(
            new org.apache.fluss.types.DataType[] {
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

    ScanFormatsTest(final FlussCluster cluster, final Database database) {
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
    @CsvSource({"ARROW, NONE", "ARROW, LZ4_FRAME", "ARROW, ZSTD", "INDEXED, NONE", "COMPACTED, NONE"})
    void shouldReadRandomRowsOfAnyType(final String format, final String codec) throws Exception {
        for (long seed = SEED; seed < SEED + 3; seed++) {
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(12, 3);
            final List<List<@Nullable Object>> written = new ArrayList<>();
            if (format.equals("ARROW")) {
                written.addAll(ArrowCases.rows(cases, type, 700));
            } else {
                IntStream.range(0, 700).forEach(i -> written.add(cases.row(type)));
            }
            try (OfficialTable table = official.createTable(
                            database,
                            "random_" + format + codec + seed,
                            RowCases.official(type),
                            1,
                            properties(format, codec));
                    ScanClient client = client();
                    LogScanner scanner = client.scan(table.path).createLogScanner()) {
                table.append(written.stream()
                        .map(row -> RowCases.toOfficial(type, row))
                        .toList());
                assertThat(readAll(scanner, type, written.size()))
                        .as("seed %d, %s", seed, type)
                        .isEqualTo(written);
            }
        }
    }

    /** By cursor and by iterator, which must agree. */
    private static List<List<@Nullable Object>> readAll(final LogScanner scanner, final RowType type, final int count) {
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        scanner.subscribe(0, 0);
        while (rows.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                final ScanRecords.Cursor cursor = records.cursor();
                for (final ScanRecord record : records) {
                    assertThat(cursor.next()).isTrue();
                    assertThat(record.offset()).isEqualTo(rows.size()).isEqualTo(cursor.offset());
                    assertThat(record.changeType())
                            .isEqualTo(ChangeType.APPEND_ONLY)
                            .isEqualTo(cursor.changeType());
                    assertThat(record.row()).hasToString(cursor.row().toString());
                    rows.add(RowCases.fromOurs(type, cursor.row()));
                    assertThat(RowCases.fromOurs(type, record.row())).isEqualTo(rows.getLast());
                }
                assertThat(cursor.next()).isFalse();
            }
        }
        return rows;
    }

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "INDEXED", "COMPACTED"})
    void shouldProjectInTheOrderAskedForAndStartInTheMiddleOfABatch(final String format) throws Exception {
        try (OfficialTable table =
                        official.createTable(database, "projected_" + format, NESTED, 1, properties(format, "NONE"));
                ScanClient client = client();
                LogScanner scanner = client.scan(table.path).project(3, 0, 2).createLogScanner()) {
            table.append(rows(0, 100));
            scanner.subscribe(0, 41);
            int next = 41;
            while (next < 100) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    for (final ScanRecord record : records) {
                        assertThat(record.offset()).isEqualTo(next);
                        assertThat(record.row().fieldCount()).isEqualTo(3);
                        assertThat(record.row())
                                .hasToString("({k" + next + "=" + next + "}, " + next + ", [a" + next + ", null])");
                        next++;
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INDEXED", "COMPACTED"})
    void shouldRefuseArrowBatchesOfRows(final String format) throws Exception {
        try (OfficialTable table =
                        official.createTable(database, "refused_" + format, NESTED, 1, properties(format, "NONE"));
                ScanClient client = client()) {
            assertThatThrownBy(() -> client.scan(table.path).createRecordBatchLogScanner())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining(format)
                    .hasMessageContaining("use createLogScanner");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "INDEXED", "COMPACTED"})
    void shouldThrowOnUseAfterClose(final String format) throws Exception {
        try (OfficialTable table =
                        official.createTable(database, "closed_" + format, NESTED, 1, properties(format, "NONE"));
                ScanClient client = client();
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(rows(0, 10));
            scanner.subscribe(0, 0);
            final ScanRecords records = scanner.poll(LONG);
            final ScanRecords.Cursor cursor = records.cursor();
            assertThat(cursor.next()).isTrue();
            final InternalRow row = cursor.row();
            final InternalRow kept = records.iterator().next().row();
            final InternalArray list = kept.getArray(2);
            final InternalMap map = kept.getMap(3);
            final InternalRow nested = kept.getRow(4, 2);
            assertThat(nested.getString(1)).isEqualTo("y0");

            records.close();
            final UnsafeBuffer view = OffHeap.flyweight();
            for (final ThrowingCallable late : List.<ThrowingCallable>of(
                    cursor::next,
                    cursor::changeType,
                    () -> row.getInt(0),
                    () -> row.isNullAt(0),
                    () -> row.wrapString(1, view),
                    row::toString,
                    () -> kept.getArray(2),
                    () -> list.getString(0),
                    () -> list.isNullAt(0),
                    list::toString,
                    () -> map.keys().getString(0),
                    map::toString,
                    () -> nested.getString(1))) {
                assertThatThrownBy(late)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("closed");
            }
        }
    }

    /** The server cannot host a primary-key table whose log is INDEXED. */
    @Test
    void shouldReadTheCompactedChangesOfAPrimaryKeyTable() throws Exception {
        final TablePath path = TablePath.of(database, "changes");
        official.connection()
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.newBuilder()
                                        .column("n", DataTypes.BIGINT())
                                        .column("text", DataTypes.STRING())
                                        .primaryKey("n")
                                        .build())
                                .distributedBy(1)
                                .property("table.log.format", "COMPACTED")
                                .build(),
                        false)
                .get(20, TimeUnit.SECONDS);
        try (Table table = official.connection().getTable(path);
                ScanClient client = client();
                LogScanner scanner = client.scan(dev.millrace.metadata.TablePath.of(database, path.getTableName()))
                        .createLogScanner()) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            writer.upsert(GenericRow.of(1L, text("one")));
            writer.flush();
            writer.upsert(GenericRow.of(1L, text("uno")));
            writer.flush();
            writer.delete(GenericRow.of(1L, null));
            writer.flush();

            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            final List<String> changes = new ArrayList<>();
            while (changes.size() < 4) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        changes.add(cursor.changeType().shortString()
                                + cursor.offset()
                                + cursor.row().getString(1));
                    }
                }
            }
            assertThat(changes).containsExactly("+I0one", "-U1one", "+U2uno", "-D3uno");
        }
    }

    @Test
    void shouldReadRowLogsOfManyBucketsWithinFewRowsAPoll() throws Exception {
        final Config config = Config.builder()
                .bootstrapServers(bootstrapServers)
                .scannerLogMaxPollRecords(7)
                .build();
        try (OfficialTable table =
                        official.createTable(database, "buckets", NESTED, 3, properties("COMPACTED", "NONE"));
                ScanClient client = new ScanClient(config);
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(rows(0, 200));
            scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L, 2, 0L));
            final List<Integer> seen = new ArrayList<>();
            while (seen.size() < 200) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isBetween(1, 7);
                    records.forEach(record -> seen.add(record.row().getInt(0)));
                }
            }
            assertThat(seen)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 200).boxed().toList());
        }
    }

    private static List<GenericRow> rows(final int from, final int to) {
        return IntStream.range(from, to).mapToObj(ScanFormatsTest::row).toList();
    }

    private static GenericRow row(final int i) {
        return GenericRow.of(
                i,
                text("text " + i),
                new GenericArray(new Object[] {text("a" + i), null}),
                new GenericMap(Map.of(text("k" + i), i)),
                GenericRow.of(i, text("y" + i)));
    }

    private static BinaryString text(final String text) {
        return BinaryString.fromString(text);
    }

    private static Map<String, String> properties(final String format, final String codec) {
        return format.equals("ARROW")
                ? Map.of("table.log.arrow.compression.type", codec)
                : Map.of("table.log.format", format);
    }

    private ScanClient client() {
        return new ScanClient(
                Config.builder().bootstrapServers(bootstrapServers).build());
    }
}
