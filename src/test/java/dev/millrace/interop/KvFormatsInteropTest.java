package dev.millrace.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.internal.codec.KeyFormat;
import dev.millrace.internal.codec.KvValue;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.internal.codec.RowEncoder;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.codec.RowView;
import dev.millrace.internal.codec.ValueBatchReader;
import dev.millrace.metadata.KvFormat;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.BinaryType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import dev.millrace.write.TableUpsert;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.client.lookup.LookupResult;
import org.apache.fluss.client.lookup.Lookuper;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.batch.BatchScanner;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.metadata.TableBucket;
import org.apache.fluss.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Primary-key tables through a real server: what our writer has put, found by the official client, and its rows,
 * read from the bytes that our requests bring back. Keys of every type, in every key format.
 */
@WithCluster
@Timeout(60)
@SuppressWarnings("try") // the official client's close() throws Exception
class KvFormatsInteropTest {
    private static final long SEED = 20261124;
    private static final int BUCKETS = 3;
    private static final int ROWS = 60;
    private static final int NO_LIMIT = 10_000;

    private static OfficialConnection official;
    private static KvServer server;
    private static FlussConnection connection;

    private final Database database;

    KvFormatsInteropTest(final Database database) {
        this.database = database;
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialConnection(cluster.bootstrapServers());
        server = new KvServer(cluster.bootstrapServers());
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build());
    }

    @AfterAll
    static void close() {
        connection.close();
        server.close();
        official.close();
    }

    /** The formats of rows, and of keys with what can be a key in them. */
    static Stream<Arguments> kinds() {
        final List<DataType> all = ScalarRows.type().fields().stream()
                .map(field -> field.dataType().copy(false))
                .toList();
        final List<Arguments> kinds = new ArrayList<>();
        for (final KvFormat format : KvFormat.values()) {
            kinds.add(Arguments.of(format, "none", all));
            kinds.add(Arguments.of(format, "none", all.subList(7, 9)));
            kinds.add(Arguments.of(format, "paimon", all));
            for (final int column : new int[] {3, 4, 8, 10, 11, 13, 14, 17, 21}) {
                kinds.add(Arguments.of(format, "iceberg", List.of(all.get(column))));
            }
        }
        return kinds.stream();
    }

    private record Rows(
            TableInfo table, RowType type, List<List<@Nullable Object>> rows, List<String> keys, RowCases cases) {
        List<@Nullable Object> anyRow() {
            return anyRow(cases, type);
        }

        /** The server's Arrow changelog takes BINARY of its full length only, and indexed rows drop zeros at the end. */
        static List<@Nullable Object> anyRow(final RowCases cases, final RowType type) {
            return PlainRows.ordered(
                    type,
                    cases.row(type),
                    (scalar, value) -> scalar instanceof BinaryType binary
                            ? (value + "01".repeat(binary.length())).substring(0, 2 * binary.length())
                            : value);
        }

        List<@Nullable Object> keyOf(final List<@Nullable Object> row) {
            return row.subList(0, keys.size());
        }

        RowType keyType() {
            return new RowType(false, type.fields().subList(0, keys.size()));
        }

        RowFormat rowFormat() {
            return table.kvFormat() == KvFormat.COMPACTED ? RowFormat.COMPACTED : RowFormat.INDEXED;
        }

        byte[] key(final RowEncoder encoder, final List<@Nullable Object> row) {
            final UnsafeBuffer target = RowCases.memoryOf(new byte[8_000]);
            final byte[] key =
                    new byte[encoder.encode(RowCases.toOurs(keyType(), keyOf(row)), target, 0, target.capacity())];
            target.getBytes(0, key);
            return key;
        }

        int bucket(final List<@Nullable Object> row) {
            final byte[] key = key(KeyFormat.bucketKeyEncoder(table, keyType()), row);
            return KeyFormat.ofBucketKey(table).bucket(RowCases.memoryOf(key), 0, key.length, BUCKETS);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldPutWhatTheOfficialClientFinds(final KvFormat format, final String lake, final List<DataType> keys)
            throws Exception {
        final Rows made = make("ours", format, lake, keys, keys.size());
        final Map<List<@Nullable Object>, List<@Nullable Object>> expected = new LinkedHashMap<>();
        put(made, made.rows(), false);
        made.rows().forEach(row -> expected.put(made.keyOf(row), row));

        final List<List<@Nullable Object>> deleted = made.rows().subList(0, ROWS / 4);
        put(made, deleted, true);
        deleted.forEach(row -> expected.remove(made.keyOf(row)));

        // The first two columns that are no key, of rows that are there and of rows that are not.
        final int[] targets = IntStream.range(0, keys.size() + 2).toArray();
        final List<List<@Nullable Object>> updates = new ArrayList<>();
        for (final List<@Nullable Object> row : made.rows().subList(ROWS / 8, ROWS / 2)) {
            final List<@Nullable Object> update = made.anyRow();
            for (int column = 0; column < keys.size(); column++) {
                update.set(column, row.get(column));
            }
            updates.add(update);
            final List<@Nullable Object> old = expected.get(made.keyOf(row));
            final List<@Nullable Object> merged = new ArrayList<>();
            for (int column = 0; column < update.size(); column++) {
                merged.add(column < targets.length ? update.get(column) : old == null ? null : old.get(column));
            }
            expected.put(made.keyOf(row), merged);
        }
        put(made, updates, false, targets);

        assertOfficialFinds(made, expected);
    }

    private static void put(
            final Rows made, final List<List<@Nullable Object>> rows, final boolean deletes, final int... targets) {
        final TableUpsert upsert = connection.getTable(made.table().tablePath()).newUpsert();
        try (dev.millrace.write.UpsertWriter writer =
                (targets.length == 0 ? upsert : upsert.partialUpdate(targets)).createWriter()) {
            for (final List<@Nullable Object> values : rows) {
                final GenericRow row = RowCases.toOurs(made.type(), values);
                if (deletes) {
                    writer.delete(row);
                } else {
                    writer.upsert(row);
                }
            }
        }
    }

    private static void assertOfficialFinds(
            final Rows made, final Map<List<@Nullable Object>, List<@Nullable Object>> expected) throws Exception {
        try (Table table = official.table(made.table().tablePath())) {
            final Lookuper lookuper = table.newLookup().createLookuper();
            // All at once: the official client lets each wait for others to go with.
            final List<CompletableFuture<LookupResult>> lookups = made.rows().stream()
                    .map(row -> lookuper.lookup(RowCases.toOfficial(made.keyType(), made.keyOf(row))))
                    .toList();
            for (int i = 0; i < lookups.size(); i++) {
                final List<@Nullable Object> key = made.keyOf(made.rows().get(i));
                final org.apache.fluss.row.InternalRow found =
                        lookups.get(i).get().getSingletonRow();
                assertThat(found == null ? null : RowCases.fromOfficial(made.type(), found))
                        .as("seed %d, %s", SEED, key)
                        .isEqualTo(expected.get(key));
            }
            final List<List<@Nullable Object>> scanned = new ArrayList<>();
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                try (BatchScanner scanner = table.newScan()
                        .limit(NO_LIMIT)
                        .createBatchScanner(new TableBucket(made.table().tableId(), bucket))) {
                    CloseableIterator<org.apache.fluss.row.InternalRow> batch;
                    while ((batch = scanner.pollBatch(Duration.ofSeconds(5))) != null) {
                        batch.forEachRemaining(row -> scanned.add(RowCases.fromOfficial(made.type(), row)));
                        batch.close();
                    }
                }
            }
            assertThat(scanned).as("seed %d", SEED).containsExactlyInAnyOrderElementsOf(expected.values());
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldFindWhatTheOfficialClientHasPut(final KvFormat format, final String lake, final List<DataType> keys)
            throws Exception {
        final Rows made = make("official", format, lake, keys, keys.size());
        final Map<List<@Nullable Object>, List<@Nullable Object>> expected = new LinkedHashMap<>();
        try (Table table = official.table(made.table().tablePath())) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            for (final List<@Nullable Object> row : made.rows()) {
                writer.upsert(RowCases.toOfficial(made.type(), row));
                expected.put(made.keyOf(row), row);
            }
            for (final List<@Nullable Object> row : made.rows().subList(0, ROWS / 4)) {
                writer.delete(RowCases.toOfficial(made.type(), row));
                expected.remove(made.keyOf(row));
            }
            writer.flush();
        }
        final RowEncoder keyEncoder = KeyFormat.primaryKeyEncoder(made.table(), made.keyType());
        for (final List<@Nullable Object> row : made.rows()) {
            final byte[] value = server.lookup(made.table(), made.bucket(row), made.key(keyEncoder, row));
            assertThat(value == null ? null : read(made, value))
                    .as("seed %d, %s", SEED, made.keyOf(row))
                    .isEqualTo(expected.get(made.keyOf(row)));
        }
        assertThat(scan(made, NO_LIMIT)).as("seed %d", SEED).containsExactlyInAnyOrderElementsOf(expected.values());
        assertThat(scan(made, 2)).hasSizeLessThanOrEqualTo(2 * BUCKETS).isSubsetOf(expected.values());
    }

    private static List<List<@Nullable Object>> scan(final Rows made, final int limit) {
        final List<List<@Nullable Object>> scanned = new ArrayList<>();
        final RowView view = made.rowFormat().newView(made.type());
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            final byte[] batch = server.limitScan(made.table(), bucket, limit);
            final UnsafeBuffer memory = RowCases.memoryOf(batch);
            final ValueBatchReader values = new ValueBatchReader();
            values.wrap(memory, 0, batch.length);
            while (values.next()) {
                assertThat(values.schemaId()).isEqualTo(made.table().schemaId());
                view.wrap(memory, values.rowOffset(), values.rowLength());
                scanned.add(RowCases.fromOurs(made.type(), view));
            }
        }
        return scanned;
    }

    private static List<@Nullable Object> read(final Rows made, final byte[] value) {
        final UnsafeBuffer memory = RowCases.memoryOf(value);
        assertThat(KvValue.schemaId(memory, 0, value.length))
                .isEqualTo(made.table().schemaId());
        final RowView view = made.rowFormat().newView(made.type());
        view.wrap(memory, KvValue.ROW_OFFSET, value.length - KvValue.ROW_OFFSET);
        return RowCases.fromOurs(made.type(), view);
    }

    @ParameterizedTest
    @EnumSource
    void shouldFindByAPrefixOfEveryType(final KvFormat format) throws Exception {
        final List<DataType> keys = new ArrayList<>(ScalarRows.type().fields().stream()
                .map(field -> field.dataType().copy(false))
                .toList());
        final int prefix = keys.size();
        keys.add(DataTypes.INT().copy(false));
        final Rows made = make("prefix", format, "none", keys, prefix);
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (final List<@Nullable Object> row : made.rows()) {
            for (int n = 0; n < 3; n++) {
                final List<@Nullable Object> one = made.anyRow();
                for (int column = 0; column < prefix; column++) {
                    one.set(column, row.get(column));
                }
                one.set(prefix, n);
                rows.add(one);
            }
        }
        try (Table table = official.table(made.table().tablePath())) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.forEach(row -> writer.upsert(RowCases.toOfficial(made.type(), row)));
            writer.flush();
        }
        final RowEncoder encoder = KeyFormat.ofPrimaryKey(made.table())
                .newEncoder(made.keyType(), IntStream.range(0, prefix).toArray());
        for (int i = 0; i < rows.size(); i += 3) {
            final List<List<@Nullable Object>> found =
                    server.prefixLookup(made.table(), made.bucket(rows.get(i)), made.key(encoder, rows.get(i))).stream()
                            .map(value -> read(made, value))
                            .toList();
            assertThat(found).as("seed %d", SEED).containsExactlyInAnyOrderElementsOf(rows.subList(i, i + 3));
        }
    }

    /** A table with the keys in front, some values of all kinds behind them, and rows for it with distinct keys. */
    private Rows make(
            final String name, final KvFormat format, final String lake, final List<DataType> keys, final int prefix) {
        final RowCases cases = new RowCases(SEED + keys.size());
        final List<DataField> fields = new ArrayList<>();
        for (final DataType key : keys) {
            fields.add(new DataField("k" + fields.size(), key));
        }
        final List<String> keyNames = fields.stream().map(DataField::name).toList();
        for (int i = 0; i < 6; i++) {
            fields.add(new DataField("v" + i, cases.type(2).copy(true)));
        }
        final RowType type = new RowType(false, fields);
        final TablePath path = TablePath.of(
                database.name(),
                (name + "_" + format + "_" + lake + "_" + keys.size() + "_"
                                + keys.get(0).toString().replaceAll("[^A-Za-z0-9]", "_"))
                        .toLowerCase(Locale.ROOT));
        final Schema.Builder schema = Schema.builder();
        fields.forEach(field -> schema.column(field.name(), field.dataType()));
        final TableDescriptor.Builder descriptor = TableDescriptor.builder()
                .schema(schema.primaryKey(keyNames.toArray(String[]::new)).build())
                .kvFormat(format)
                // A 0.9.1 server cannot make an indexed changelog of indexed values.
                .logFormat(format == KvFormat.COMPACTED ? LogFormat.COMPACTED : LogFormat.ARROW)
                .distributedBy(BUCKETS, keyNames.subList(0, prefix));
        if (!lake.equals("none")) {
            descriptor.property("table.datalake.format", lake);
        }
        connection.getAdmin().createTable(path, descriptor.build(), false);
        final TableInfo table = connection.getAdmin().getTableInfo(path);
        server.awaitLeaders(table);
        return new Rows(table, type, distinctRows(cases, type, keys), keyNames, cases);
    }

    private static List<List<@Nullable Object>> distinctRows(
            final RowCases cases, final RowType type, final List<DataType> keys) {
        final Map<Object, List<@Nullable Object>> byKey = new LinkedHashMap<>();
        while (byKey.size() < ROWS) {
            final List<@Nullable Object> row = Rows.anyRow(cases, type);
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
