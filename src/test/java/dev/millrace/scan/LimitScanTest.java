package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.internal.codec.ArrowCases;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.internal.codec.VectorRows;
import dev.millrace.interop.PlainRows;
import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.TableBucket;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.ArrayType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.scanner.batch.BatchScanner;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.metadata.PartitionInfo;
import org.apache.fluss.metadata.PartitionSpec;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableChange;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.metadata.TablePath;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.utils.CloseableIterator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A few rows of a bucket, which are those that the official client gets. */
@WithCluster
@SuppressWarnings("try") // the official client's close() throws Exception
@Timeout(120)
class LimitScanTest {
    private static final long SEED = 20261126;
    private static final org.apache.fluss.types.RowType PAIR = org.apache.fluss.types.RowType.of(
            new org.apache.fluss.types.DataType[] {DataTypes.BIGINT(), DataTypes.STRING()}, new String[] {"n", "text"});

    private static OfficialClient official;
    private final String bootstrapServers;
    private final String database;

    LimitScanTest(final FlussCluster cluster, final Database database) {
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

    // ---- logs ----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"ARROW, NONE", "ARROW, LZ4_FRAME", "ARROW, ZSTD", "INDEXED, NONE", "COMPACTED, NONE"})
    void shouldReadTheLastRowsOfALog(final String format, final String codec) throws Exception {
        for (long seed = SEED; seed < SEED + 2; seed++) {
            final RowCases cases = new RowCases(seed);
            final RowType type = seed == SEED ? allTypes(cases) : cases.schema(12, 3);
            final List<List<@Nullable Object>> written = rows(cases, type, 700);
            try (OfficialTable table = official.createTable(
                            database,
                            "last_" + format + codec + seed,
                            RowCases.official(type),
                            1,
                            properties(format, codec));
                    ScanClient client = client()) {
                for (int from = 0; from < 700; from += 100) {
                    table.append(written.subList(from, from + 100).stream()
                            .map(row -> RowCases.toOfficial(type, row))
                            .toList());
                }
                for (final int limit : new int[] {1, 150, 600, 700, 10_000}) {
                    final List<List<@Nullable Object>> rows = logRows(client.scan(table.path), limit, type, 700);
                    assertThat(rows)
                            .as("seed %d, limit %d, %s", seed, limit, type)
                            .isEqualTo(written.subList(Math.max(0, 700 - limit), 700));
                    final int[] kept = readableByOfficial(type, format);
                    assertThat(columns(rows, kept))
                            .as("seed %d, limit %d, %s", seed, limit, type)
                            .isEqualTo(officialRows(table.path, type.project(kept), limit, kept));
                }
            }
        }
    }

    /** The official client gives nested values of Arrow batches that it has closed already. */
    private static int[] readableByOfficial(final RowType type, final String format) {
        return IntStream.range(0, type.fieldCount())
                .filter(column -> !format.equals("ARROW")
                        || !(type.typeAt(column) instanceof ArrayType
                                || type.typeAt(column) instanceof MapType
                                || type.typeAt(column) instanceof RowType))
                .toArray();
    }

    private static List<List<@Nullable Object>> columns(final List<List<@Nullable Object>> rows, final int[] kept) {
        final List<List<@Nullable Object>> projected = new ArrayList<>();
        for (final List<@Nullable Object> row : rows) {
            final List<@Nullable Object> values = new ArrayList<>();
            for (final int column : kept) {
                values.add(row.get(column));
            }
            projected.add(values);
        }
        return projected;
    }

    /** All batches one by one; their offsets follow each other up to the end of the log. */
    private static List<List<@Nullable Object>> logRows(
            final TableScan scan, final int limit, final RowType type, final long end) {
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        final TableBucket bucket = bucket(scan);
        try (LimitBatchScanner scanner = scan.limit(limit).createBucketBatchScanner(bucket)) {
            assertThat(scanner.bucket()).isEqualTo(bucket);
            long next = Math.max(0, end - limit);
            for (Optional<ScanBatch> batch = scanner.nextBatch(); batch.isPresent(); batch = scanner.nextBatch()) {
                try (ScanBatch read = batch.get()) {
                    assertThat(read.bucket()).isEqualTo(bucket);
                    assertThat(read.baseOffset()).isEqualTo(next);
                    assertThat(read.lastOffset()).isEqualTo(next + read.numRecords() - 1);
                    assertThat(read.timestamp()).isPositive();
                    next += read.numRecords();
                    rows.addAll(values(read, type));
                }
            }
            assertThat(next).isEqualTo(end);
            assertThat(scanner.nextBatch()).isEmpty();
        }
        return rows;
    }

    // ---- tables with a primary key -------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"COMPACTED", "INDEXED"})
    void shouldReadTheFirstRowsOfAPrimaryKeyTable(final String format) throws Exception {
        for (long seed = SEED; seed < SEED + 2; seed++) {
            final RowCases cases = new RowCases(seed);
            final List<DataField> fields = new ArrayList<>();
            fields.add(new DataField("key", dev.millrace.types.DataTypes.INT().copy(false)));
            (seed == SEED ? allTypes(cases) : cases.schema(12, 2))
                    .fields()
                    .forEach(field -> fields.add(
                            new DataField("v_" + field.name(), field.dataType().copy(true))));
            final RowType type = new RowType(false, fields);
            final Map<Object, List<@Nullable Object>> written = new LinkedHashMap<>();
            rows(cases, type, 400).forEach(row -> written.put(row.get(0), row));
            final TablePath path = createKeyed("first_" + format + seed, RowCases.official(type), "key", format);
            try (Table table = official.connection().getTable(path);
                    ScanClient client = client()) {
                final UpsertWriter writer = table.newUpsert().createWriter();
                written.values().forEach(row -> writer.upsert(RowCases.toOfficial(type, row)));
                writer.flush();
                for (final int limit : new int[] {1, 20, 10_000}) {
                    assertThat(keyedRows(client.scan(ours(path)), limit, type))
                            .as("seed %d, limit %d, %s", seed, limit, type)
                            .hasSize(Math.min(limit, written.size()))
                            .isEqualTo(officialRows(ours(path), type, limit, null))
                            .allSatisfy(row -> assertThat(row).isEqualTo(written.get(row.get(0))));
                }
            }
        }
    }

    private static List<List<@Nullable Object>> keyedRows(final TableScan scan, final int limit, final RowType type) {
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        final TableBucket bucket = bucket(scan);
        try (LimitBatchScanner scanner = scan.limit(limit).createBucketBatchScanner(bucket)) {
            for (final ScanBatch batch : scanner.collectAllBatches()) {
                try (batch) {
                    assertThat(batch.bucket()).isEqualTo(bucket);
                    assertThat(batch.baseOffset()).isEqualTo(-1);
                    assertThat(batch.lastOffset()).isEqualTo(-1);
                    assertThat(batch.timestamp()).isEqualTo(-1);
                    rows.addAll(values(batch, type));
                }
            }
            assertThat(scanner.collectAllBatches()).isEmpty();
        }
        return rows;
    }

    // ---- columns and schemas -------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "INDEXED", "COMPACTED", "KEYED"})
    void shouldProjectInTheOrderAskedFor(final String kind) throws Exception {
        final TablePath path = create("projected_" + kind, kind);
        append(path, kind, 0, 10, false);
        try (ScanClient client = client()) {
            assertThat(texts(client.scan(ours(path)).project(1, 0), 3))
                    .containsExactlyElementsOf(
                            kind.equals("KEYED")
                                    ? List.of("(text 0, 0)", "(text 1, 1)", "(text 2, 2)")
                                    : List.of("(text 7, 7)", "(text 8, 8)", "(text 9, 9)"));
            assertThat(texts(client.scan(ours(path)).limit(3).projectByName(List.of("text")), 1))
                    .containsExactly(kind.equals("KEYED") ? "(text 0)" : "(text 9)");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "INDEXED", "COMPACTED", "KEYED"})
    void shouldReadRowsOfEarlierAndLaterSchemas(final String kind) throws Exception {
        final TablePath path = create("evolving_" + kind, kind);
        append(path, kind, 0, 3, false);
        try (ScanClient client = client()) {
            final TableScan before = client.scan(ours(path));
            official.connection()
                    .getAdmin()
                    .alterTable(
                            path,
                            List.of(TableChange.addColumn(
                                    "later", DataTypes.BIGINT(), null, TableChange.ColumnPosition.last())),
                            false)
                    .get(20, TimeUnit.SECONDS);
            append(path, kind, 3, 6, true);

            final TableScan after = client.scan(ours(path));
            assertThat(texts(after, 100))
                    .containsExactly(
                            "(0, text 0, null)",
                            "(1, text 1, null)",
                            "(2, text 2, null)",
                            "(3, text 3, 1003)",
                            "(4, text 4, 1004)",
                            "(5, text 5, 1005)");
            assertThat(texts(after.project(2), 100))
                    .containsExactly("(null)", "(null)", "(null)", "(1003)", "(1004)", "(1005)");
            assertThat(texts(before, 100))
                    .containsExactly(
                            "(0, text 0)", "(1, text 1)", "(2, text 2)", "(3, text 3)", "(4, text 4)", "(5, text 5)");
        }
    }

    // ---- partitions ----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "COMPACTED", "KEYED"})
    void shouldReadABucketOfAPartition(final String kind) throws Exception {
        final TablePath path = TablePath.of(database, "partitioned_" + kind);
        final Map<String, Long> partitions = createPartitions(path, kind, "d1", "d2", "d3");
        try (Table table = official.connection().getTable(path);
                ScanClient client = client()) {
            final List<GenericRow> rows = new ArrayList<>();
            for (long n = 0; n < 50; n++) {
                rows.add(GenericRow.of(n, BinaryString.fromString(n % 2 == 0 ? "d1" : "d2")));
            }
            write(table, kind, rows);
            final TableScan scan = client.scan(ours(path)).limit(3);
            assertThat(texts(scan, bucket(scan, partitions.get("d1"))))
                    .containsExactlyElementsOf(
                            kind.equals("KEYED")
                                    ? List.of("(0, d1)", "(2, d1)", "(4, d1)")
                                    : List.of("(44, d1)", "(46, d1)", "(48, d1)"));
            assertThat(texts(scan, bucket(scan, partitions.get("d2"))))
                    .containsExactlyElementsOf(
                            kind.equals("KEYED")
                                    ? List.of("(1, d2)", "(3, d2)", "(5, d2)")
                                    : List.of("(45, d2)", "(47, d2)", "(49, d2)"));
            assertThat(texts(scan, bucket(scan, partitions.get("d3")))).isEmpty();

            official.connection()
                    .getAdmin()
                    .dropPartition(path, new PartitionSpec(Map.of("day", "d2")), false)
                    .get(20, TimeUnit.SECONDS);
            assertThat(refusal(scan, bucket(scan, partitions.get("d2"))))
                    .hasMessageContaining("partition with id " + partitions.get("d2") + " of " + path)
                    .extracting(FlussApiException::error)
                    .isEqualTo(FlussError.PARTITION_NOT_EXISTS);
            assertThatThrownBy(() -> scan.createBucketBatchScanner(bucket(scan)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is partitioned: a bucket of it has a partition");
        }
    }

    private static Map<String, Long> createPartitions(final TablePath path, final String kind, final String... days)
            throws Exception {
        final var schema = Schema.newBuilder().column("n", DataTypes.BIGINT()).column("day", DataTypes.STRING());
        if (kind.equals("KEYED")) {
            schema.primaryKey("n", "day");
        }
        final var admin = official.connection().getAdmin();
        admin.createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(schema.build())
                                .partitionedBy("day")
                                .distributedBy(1)
                                .property("table.log.format", kind.equals("ARROW") ? "ARROW" : "COMPACTED")
                                .build(),
                        false)
                .get(20, TimeUnit.SECONDS);
        for (final String day : days) {
            admin.createPartition(path, new PartitionSpec(Map.of("day", day)), false)
                    .get(20, TimeUnit.SECONDS);
        }
        return admin.listPartitionInfos(path).get(20, TimeUnit.SECONDS).stream()
                .collect(Collectors.toMap(PartitionInfo::getPartitionName, PartitionInfo::getPartitionId));
    }

    // ---- the edges -----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "INDEXED", "COMPACTED", "KEYED"})
    void shouldReadNothingOfAnEmptyBucket(final String kind) throws Exception {
        final TablePath path = create("empty_" + kind, kind);
        try (ScanClient client = client()) {
            final TableScan scan = client.scan(ours(path)).limit(5);
            try (LimitBatchScanner scanner = scan.createBucketBatchScanner(bucket(scan))) {
                assertThat(scanner.nextBatch()).isEmpty();
                assertThat(scanner.collectAllBatches()).isEmpty();
            }
        }
    }

    @Test
    void shouldSayWhichCallIsRight() throws Exception {
        final TablePath path = create("calls", "ARROW");
        try (ScanClient client = client()) {
            final TableScan scan = client.scan(ours(path));
            final TableBucket bucket = bucket(scan);
            assertThatThrownBy(() -> scan.createBucketBatchScanner(bucket))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("set one with limit, or use createLogScanner");
            final TableScan limited = scan.limit(7);
            assertThatThrownBy(limited::createLogScanner)
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("limit(7)")
                    .hasMessageContaining("use createBucketBatchScanner");
            assertThatThrownBy(limited::createRecordBatchLogScanner)
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("use createBucketBatchScanner");
            for (final int none : new int[] {0, -1}) {
                assertThatThrownBy(() -> scan.limit(none))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining(path.toString())
                        .hasMessageContaining("not to " + none);
            }
            scan.createLogScanner().close(); // as it was
        }
    }

    @Test
    void shouldRefuseBucketsThatTheTableDoesNotHave() throws Exception {
        final TablePath path = create("buckets", "ARROW");
        try (ScanClient client = client()) {
            final TableScan scan = client.scan(ours(path)).limit(1);
            final long id = bucket(scan).tableId();
            for (final int number : new int[] {-1, 1}) {
                assertThatThrownBy(() -> scan.createBucketBatchScanner(TableBucket.of(id, number)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("table " + path + " has buckets 0 to 0, not " + number);
            }
            assertThatThrownBy(() -> scan.createBucketBatchScanner(TableBucket.of(id + 1, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("whose id is " + id);
            assertThatThrownBy(() -> scan.createBucketBatchScanner(TableBucket.of(id, 5L, 0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("is not partitioned, unlike table " + id + " partition 5 bucket 0");
        }
    }

    @Test
    void shouldTellThatTheTableIsGone() throws Exception {
        final TablePath path = create("gone", "ARROW");
        try (ScanClient client = client()) {
            final TableScan scan = client.scan(ours(path)).limit(1);
            final TableBucket bucket = bucket(scan);
            official.connection().getAdmin().dropTable(path, false).get(20, TimeUnit.SECONDS);
            assertThat(refusal(scan, bucket))
                    .hasMessageContaining(path.toString())
                    .extracting(FlussApiException::error)
                    .isEqualTo(FlussError.TABLE_NOT_EXIST);
            create("gone", "ARROW");
            assertThat(refusal(scan, bucket))
                    .hasMessageContaining("the table was dropped; one with id")
                    .extracting(FlussApiException::error)
                    .isEqualTo(FlussError.TABLE_NOT_EXIST);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ARROW", "COMPACTED", "KEYED"})
    void shouldKeepBatchesInTheAllocatorOfTheApplicationUntilTheyAreClosed(final String kind) throws Exception {
        final TablePath path = create("memory_" + kind, kind);
        append(path, kind, 0, 10, false);
        try (ScanClient client = client();
                RootAllocator allocator = new RootAllocator()) {
            final TableScan scan = client.scan(ours(path)).limit(5);
            final LimitBatchScanner scanner = scan.createBucketBatchScanner(bucket(scan), allocator);
            final ScanBatch batch = scanner.nextBatch().orElseThrow();
            assertThat(allocator.getAllocatedMemory()).isPositive();
            assertThatThrownBy(scanner::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("bytes of its batches were open");
            assertThatThrownBy(scanner::nextBatch)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is closed");
            assertThat(values(batch, ourPair())).hasSize(5);
            batch.close();
            scanner.close();
            scanner.close();
            assertThat(client.memory.freeBytes()).isEqualTo(client.memory.budgetBytes());
        }
    }

    @Test
    void shouldSayThatTheRowsNeedMoreThanAllReadMemory() throws Exception {
        final TablePath path = create("large", "COMPACTED");
        try (Table table = official.connection().getTable(path)) {
            final var writer = table.newAppend().createWriter();
            for (long n = 0; n < 80; n++) {
                writer.append(GenericRow.of(n, BinaryString.fromString("x".repeat(20_000))));
                if (n % 8 == 7) {
                    // The server gives whole batches, so these must be small.
                    writer.flush();
                }
            }
        }
        try (ScanClient client = new ScanClient(Config.builder()
                .bootstrapServers(bootstrapServers)
                .scannerBufferMemorySize(1 << 20)
                .scannerLogFetchMaxBytes(256 << 10)
                .scannerLogFetchMaxBytesForBucket(256 << 10)
                .build())) {
            final TableScan scan = client.scan(ours(path));
            try (LimitBatchScanner scanner = scan.limit(80).createBucketBatchScanner(bucket(scan))) {
                assertThatThrownBy(scanner::nextBatch)
                        .isInstanceOf(BufferExhaustedException.class)
                        .hasMessageContaining(path.toString())
                        .hasMessageContaining("80 rows take 16")
                        .hasMessageContaining("scannerBufferMemorySize")
                        .hasMessageContaining("take a smaller limit");
            }
            assertThat(texts(scan.project(0), 3)).containsExactly("(77)", "(78)", "(79)");
        }
    }

    /** What the cluster says in the end: it is not gone everywhere when the drop has succeeded. */
    private static FlussApiException refusal(final TableScan scan, final TableBucket bucket) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < deadlineNs) {
            try {
                texts(scan, bucket);
            } catch (FlussApiException e) {
                return e;
            }
        }
        throw new AssertionError(bucket + " can still be read");
    }

    // ---- helpers -------------------------------------------------------------------------------------------------

    private ScanClient client() {
        return new ScanClient(
                Config.builder().bootstrapServers(bootstrapServers).build());
    }

    private static RowType allTypes(final RowCases cases) {
        final List<DataField> fields = new ArrayList<>(ScalarRows.type().fields());
        for (int i = 0; i < 6; i++) {
            fields.add(new DataField("n" + i, cases.type(3)));
        }
        return new RowType(false, fields);
    }

    /** Rows that both clients and all formats keep as they are, Arrow included. */
    private static List<List<@Nullable Object>> rows(final RowCases cases, final RowType type, final int count) {
        return ArrowCases.rows(cases, type, count).stream()
                .map(row -> PlainRows.ordered(type, row, LimitScanTest::plain))
                .toList();
    }

    /** Indexed rows drop zeros at the end, and the official client fails on Arrow timestamps before 1970. */
    private static Object plain(final DataType type, final Object value) {
        return switch (type) {
            case BinaryType t -> ((String) value).substring(0, 2 * t.length() - 2) + "01";
            case TimestampType t -> after1970((RowCases.Millis) value);
            case TimestampLtzType t -> after1970((RowCases.Millis) value);
            default -> value;
        };
    }

    private static RowCases.Millis after1970(final RowCases.Millis value) {
        return new RowCases.Millis(Math.abs(value.millis()), value.nanos());
    }

    private static Map<String, String> properties(final String format, final String codec) {
        return format.equals("ARROW")
                ? Map.of("table.log.format", format, "table.log.arrow.compression.type", codec)
                : Map.of("table.log.format", format);
    }

    /** A table of a number and a text: a log in a format, or KEYED by the number. */
    private TablePath create(final String name, final String kind) throws Exception {
        if (kind.equals("KEYED")) {
            return createKeyed(name, PAIR, "n", "COMPACTED");
        }
        try (OfficialTable table = official.createTable(database, name, PAIR, 1, Map.of("table.log.format", kind))) {
            return TablePath.of(table.path.database(), table.path.table());
        }
    }

    private TablePath createKeyed(
            final String name, final org.apache.fluss.types.RowType type, final String key, final String format)
            throws Exception {
        final TablePath path = TablePath.of(database, name.toLowerCase(Locale.ROOT));
        official.connection()
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.newBuilder()
                                        .fromRowType(type)
                                        .primaryKey(key)
                                        .build())
                                .distributedBy(1)
                                .property("table.kv.format", format)
                                // A 0.9.1 server cannot make an indexed changelog of indexed values.
                                .property("table.log.format", format.equals("COMPACTED") ? "COMPACTED" : "ARROW")
                                .build(),
                        false)
                .get(20, TimeUnit.SECONDS);
        return path;
    }

    /** Rows of the numbers from one to before the other, with a third column or without. */
    private static void append(
            final TablePath path, final String kind, final long from, final long to, final boolean withLater)
            throws Exception {
        try (Table table = official.connection().getTable(path)) {
            final List<GenericRow> rows = new ArrayList<>();
            for (long n = from; n < to; n++) {
                final BinaryString text = BinaryString.fromString("text " + n);
                rows.add(withLater ? GenericRow.of(n, text, 1_000 + n) : GenericRow.of(n, text));
            }
            write(table, kind, rows);
        }
    }

    private static void write(final Table table, final String kind, final List<GenericRow> rows) {
        if (kind.equals("KEYED")) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            rows.forEach(writer::upsert);
            writer.flush();
        } else {
            final var writer = table.newAppend().createWriter();
            rows.forEach(writer::append);
            writer.flush();
        }
    }

    private static dev.millrace.metadata.TablePath ours(final TablePath path) {
        return dev.millrace.metadata.TablePath.of(path.getDatabaseName(), path.getTableName());
    }

    private static RowType ourPair() {
        return new RowType(
                false,
                List.of(
                        new DataField("n", dev.millrace.types.DataTypes.BIGINT()),
                        new DataField("text", dev.millrace.types.DataTypes.STRING())));
    }

    private static TableBucket bucket(final TableScan scan) {
        return bucket(scan, null);
    }

    private static TableBucket bucket(final TableScan scan, final @Nullable Long partition) {
        return TableBucket.of(scan.table().tableId(), partition, 0);
    }

    private static List<List<@Nullable Object>> values(final ScanBatch batch, final RowType type) {
        final VectorRows rows = new VectorRows(type, batch.batch());
        return IntStream.range(0, batch.numRecords())
                .mapToObj(row -> RowCases.fromOurs(type, rows.row(row)))
                .toList();
    }

    private static List<String> texts(final TableScan scan, final int limit) {
        return texts(scan.limit(limit), bucket(scan));
    }

    /** The rows as text, by the getters of the vectors. */
    private static List<String> texts(final TableScan scan, final TableBucket bucket) {
        final List<String> texts = new ArrayList<>();
        try (LimitBatchScanner scanner = scan.createBucketBatchScanner(bucket)) {
            for (final ScanBatch batch : scanner.collectAllBatches()) {
                try (batch) {
                    for (int row = 0; row < batch.numRecords(); row++) {
                        final int at = row;
                        texts.add(batch.batch().getFieldVectors().stream()
                                .map(vector -> String.valueOf(vector.getObject(at)))
                                .collect(Collectors.joining(", ", "(", ")")));
                    }
                }
            }
        }
        return texts;
    }

    private static List<List<@Nullable Object>> officialRows(
            final dev.millrace.metadata.TablePath path,
            final RowType type,
            final int limit,
            final int @Nullable [] columns)
            throws Exception {
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        try (Table table = official.connection().getTable(TablePath.of(path.database(), path.table()));
                BatchScanner scanner = table.newScan()
                        .project(columns)
                        .limit(limit)
                        .createBatchScanner(new org.apache.fluss.metadata.TableBucket(
                                table.getTableInfo().getTableId(), 0))) {
            CloseableIterator<org.apache.fluss.row.InternalRow> batch;
            while ((batch = scanner.pollBatch(Duration.ofSeconds(20))) != null) {
                batch.forEachRemaining(row -> rows.add(PlainRows.ordered(type, RowCases.fromOfficial(type, row))));
                batch.close();
            }
        }
        return rows;
    }
}
