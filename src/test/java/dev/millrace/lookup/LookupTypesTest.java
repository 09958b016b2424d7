package dev.millrace.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.internal.codec.ArrowCases;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.internal.codec.VectorRows;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.interop.PlainRows;
import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.KvFormat;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.InternalRow;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.BinaryType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Random rows with keys and values of every type, written by the official client and found by both. */
@WithCluster
@Timeout(60)
@SuppressWarnings("try") // the official client's close() throws Exception
class LookupTypesTest {
    private static final long SEED = 20261126;
    private static final int BUCKETS = 3;
    private static final int ROWS = 60;

    private static OfficialConnection official;
    private static FlussConnection connection;

    private final String database;

    LookupTypesTest(final Database database) {
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialConnection(cluster.bootstrapServers());
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build());
    }

    @AfterAll
    static void disconnect() {
        connection.close();
        official.close();
    }

    private static List<DataType> allKeys() {
        return ScalarRows.type().fields().stream()
                .map(field -> field.dataType().copy(false))
                .toList();
    }

    /** The format of rows, the lake that lays out the keys, the key columns, and how many of them choose the bucket. */
    static Stream<Arguments> kinds() {
        final List<DataType> all = allKeys();
        final List<Arguments> kinds = new ArrayList<>();
        for (final KvFormat format : KvFormat.values()) {
            kinds.add(Arguments.of(format, "none", all, all.size()));
            kinds.add(Arguments.of(format, "none", all, 3));
            kinds.add(Arguments.of(format, "paimon", all, all.size()));
            kinds.add(Arguments.of(format, "paimon", all, 4));
        }
        for (final int column : new int[] {3, 8, 13, 17}) {
            kinds.add(Arguments.of(KvFormat.COMPACTED, "iceberg", List.of(all.get(column)), 1));
        }
        return kinds.stream();
    }

    private record Made(FlussTable table, RowType type, RowType keyType, List<List<@Nullable Object>> rows) {
        List<@Nullable Object> keyOf(final List<@Nullable Object> row) {
            return row.subList(0, keyType.fieldCount());
        }

        InternalRow key(final List<@Nullable Object> row) {
            return RowCases.toOurs(keyType, keyOf(row));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldFindWhatTheOfficialClientFinds(
            final KvFormat format, final String lake, final List<DataType> keys, final int bucketKeys)
            throws Exception {
        final Made made = make("types", format, lake, keys, bucketKeys);
        final List<List<@Nullable Object>> rows = made.rows();
        final List<List<@Nullable Object>> expected = new ArrayList<>();
        try (Table table = official.table(made.table().tablePath())) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.subList(0, ROWS * 3 / 4).forEach(row -> writer.upsert(RowCases.toOfficial(made.type(), row)));
            rows.subList(0, ROWS / 4).forEach(row -> writer.delete(RowCases.toOfficial(made.type(), row)));
            writer.flush();
            final var lookuper = table.newLookup().createLookuper();
            final List<CompletableFuture<org.apache.fluss.client.lookup.LookupResult>> theirs = rows.stream()
                    .map(row -> lookuper.lookup(RowCases.toOfficial(made.keyType(), made.keyOf(row))))
                    .toList();
            for (int i = 0; i < ROWS; i++) {
                final var found = theirs.get(i).get().getSingletonRow();
                expected.add(found == null ? null : RowCases.fromOfficial(made.type(), found));
                assertThat(expected.get(i)).isEqualTo(i >= ROWS / 4 && i < ROWS * 3 / 4 ? rows.get(i) : null);
            }
        }
        final Lookuper lookuper = made.table().newLookup().createLookuper();
        final List<LookupResult> found =
                lookuper.lookupAll(rows.stream().map(made::key).toList());
        for (int i = 0; i < ROWS; i++) {
            assertThat(read(made, found.get(i)))
                    .as("seed %d, %s", SEED, made.keyOf(rows.get(i)))
                    .isEqualTo(expected.get(i));
        }
        assertThat(read(made, lookuper.lookup(made.key(rows.get(ROWS / 2))))).isEqualTo(rows.get(ROWS / 2));
    }

    private static @Nullable List<@Nullable Object> read(final Made made, final LookupResult result) {
        return result.getSingleRow()
                .map(row -> RowCases.fromOurs(made.type(), row))
                .orElse(null);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindRowsByAPrefixOfEveryType(final KvFormat format) throws Exception {
        final List<DataType> keys = new ArrayList<>(allKeys());
        final int prefix = keys.size();
        keys.add(DataTypes.INT().copy(false));
        final Made made = make("prefixes", format, "none", keys, prefix);
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (final List<@Nullable Object> row : made.rows()) {
            for (int n = 0; n < 3; n++) {
                final List<@Nullable Object> one = new ArrayList<>(row);
                one.set(prefix, n);
                rows.add(one);
            }
        }
        try (Table table = official.table(made.table().tablePath())) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.forEach(row -> writer.upsert(RowCases.toOfficial(made.type(), row)));
            writer.flush();
        }
        final RowType prefixType = new RowType(false, made.type().fields().subList(0, prefix));
        final Lookuper lookuper = made.table()
                .newLookup()
                .lookupBy(prefixType.fields().stream().map(DataField::name).toList())
                .createLookuper();
        for (int i = 0; i < rows.size(); i += 3) {
            final LookupResult found =
                    lookuper.lookup(RowCases.toOurs(prefixType, rows.get(i).subList(0, prefix)));
            assertThat(found.getRows().stream()
                            .map(row -> RowCases.fromOurs(made.type(), row))
                            .toList())
                    .as("seed %d", SEED)
                    .containsExactlyInAnyOrderElementsOf(rows.subList(i, i + 3));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeArrowBatchesOfAllTypes(final KvFormat format) throws Exception {
        final List<DataType> keys =
                List.of(DataTypes.INT().copy(false), DataTypes.INT().copy(false));
        final RowCases cases = new RowCases(SEED);
        final List<DataField> fields = new ArrayList<>();
        fields.add(new DataField("k0", keys.get(0)));
        fields.add(new DataField("k1", keys.get(1)));
        ScalarRows.type()
                .fields()
                .forEach(field -> fields.add(
                        new DataField("v_" + field.name(), field.dataType().copy(true))));
        for (int i = 0; i < 3; i++) {
            fields.add(new DataField("nested" + i, cases.type(3).copy(true)));
        }
        final RowType type = new RowType(false, fields);
        final FlussTable table = create("arrow_" + format, format, "none", fields, List.of("k0", "k1"), 1);
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (final List<@Nullable Object> row : ArrowCases.rows(cases, type, 20)) {
            final List<@Nullable Object> plain = plain(type, row);
            plain.set(0, 7);
            plain.set(1, rows.size());
            rows.add(plain);
        }
        try (Table written = official.table(table.tablePath())) {
            final UpsertWriter writer = written.newUpsert().createWriter();
            rows.forEach(row -> writer.upsert(RowCases.toOfficial(type, row)));
            writer.flush();
        }
        final LookupResult found =
                table.newLookup().lookupBy("k0").createLookuper().lookup(LookupTable.key(7));
        try (RootAllocator allocator = new RootAllocator();
                VectorSchemaRoot given = found.toRecordBatch(allocator);
                VectorSchemaRoot own = found.toRecordBatch();
                VectorSchemaRoot none = table.newLookup()
                        .lookupBy("k0")
                        .createLookuper()
                        .lookup(LookupTable.key(8))
                        .toRecordBatch(allocator)) {
            assertThat(values(type, given)).as("seed %d", SEED).isEqualTo(rows);
            assertThat(values(type, own)).isEqualTo(rows);
            assertThat(none.getRowCount()).isZero();
            assertThat(none.getSchema()).isEqualTo(given.getSchema());
        }
    }

    private static List<List<@Nullable Object>> values(final RowType type, final VectorSchemaRoot root) {
        final VectorRows read = new VectorRows(type, root);
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (int i = 0; i < read.rowCount(); i++) {
            rows.add(PlainRows.ordered(type, RowCases.fromOurs(type, read.row(i))));
        }
        return rows;
    }

    /** The server's Arrow changelog takes BINARY of its full length only, and indexed rows drop zeros at the end. */
    private static List<@Nullable Object> plain(final RowType type, final List<@Nullable Object> row) {
        return PlainRows.ordered(
                type,
                row,
                (scalar, value) -> scalar instanceof BinaryType binary
                        ? (value + "01".repeat(binary.length()))
                                .substring(0, 2 * binary.length())
                                .replaceAll("00$", "01")
                        : value);
    }

    private Made make(
            final String name,
            final KvFormat format,
            final String lake,
            final List<DataType> keys,
            final int bucketKeys) {
        final RowCases cases = new RowCases(SEED + keys.size());
        final List<DataField> fields = new ArrayList<>();
        for (final DataType key : keys) {
            fields.add(new DataField("k" + fields.size(), key));
        }
        final List<String> keyNames = fields.stream().map(DataField::name).toList();
        for (int i = 0; i < 4; i++) {
            fields.add(new DataField("v" + i, cases.type(2).copy(true)));
        }
        final FlussTable table = create(
                name + "_" + format + "_" + lake + "_" + keys.size() + "_" + bucketKeys + "_"
                        + keys.get(0).toString().replaceAll("[^A-Za-z0-9]", "_"),
                format,
                lake,
                fields,
                keyNames,
                bucketKeys);
        final RowType type = new RowType(false, fields);
        return new Made(table, type, new RowType(false, fields.subList(0, keys.size())), distinct(cases, type, keys));
    }

    private FlussTable create(
            final String name,
            final KvFormat format,
            final String lake,
            final List<DataField> fields,
            final List<String> keyNames,
            final int bucketKeys) {
        final Schema.Builder schema = Schema.builder();
        fields.forEach(field -> schema.column(field.name(), field.dataType()));
        final TableDescriptor.Builder descriptor = TableDescriptor.builder()
                .schema(schema.primaryKey(keyNames.toArray(String[]::new)).build())
                .kvFormat(format)
                // A 0.9.1 server cannot make an indexed changelog of indexed values.
                .logFormat(format == KvFormat.COMPACTED ? LogFormat.COMPACTED : LogFormat.ARROW)
                .distributedBy(BUCKETS, keyNames.subList(0, bucketKeys));
        if (!lake.equals("none")) {
            descriptor.property("table.datalake.format", lake);
        }
        final TablePath path = TablePath.of(database, name.toLowerCase(Locale.ROOT));
        connection.getAdmin().createTable(path, descriptor.build(), false);
        return connection.getTable(path);
    }

    private static List<List<@Nullable Object>> distinct(
            final RowCases cases, final RowType type, final List<DataType> keys) {
        final Map<Object, List<@Nullable Object>> byKey = new LinkedHashMap<>();
        while (byKey.size() < ROWS) {
            final List<@Nullable Object> row = plain(type, cases.row(type));
            for (int column = 0; column < keys.size(); column++) {
                // Iceberg has no empty keys.
                while ("".equals(row.get(column))) {
                    row.set(column, cases.value(keys.get(column)));
                }
            }
            byKey.put(List.copyOf((Collection<?>) row.subList(0, keys.size())), row);
        }
        return List.copyOf(byKey.values());
    }
}
