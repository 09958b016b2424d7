package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussException;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.AggFunction;
import dev.millrace.metadata.KvFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecord;
import dev.millrace.support.Cases;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.PinningRecorder;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Upserts and deletes of whole rows and of some columns, looked up by the official client and followed in the changelog. */
@WithCluster
@ExtendWith(PinningRecorder.class)
@Timeout(60)
class UpsertWriterTest {
    private static final Schema ACCOUNTS = Schema.builder()
            .column("id", DataTypes.BIGINT())
            .column("owner", DataTypes.STRING())
            .column("amount", DataTypes.INT())
            .column("note", DataTypes.STRING())
            .primaryKey("id")
            .build();

    private final FlussCluster cluster;
    private final Database database;
    private static OfficialConnection official;

    UpsertWriterTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @BeforeAll
    static void connectOfficially(final FlussCluster cluster) {
        official = new OfficialConnection(cluster.bootstrapServers());
    }

    @AfterAll
    static void closeOfficially() {
        official.close();
    }

    // ---- whole rows ----

    @ParameterizedTest
    @EnumSource
    void shouldUpsertOverwriteAndDelete(final KvFormat format) throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path =
                    create(connection, "rows_" + format, accounts().kvFormat(format));
            try (UpsertWriter writer = connection.getTable(path).newUpsert().createWriter()) {
                final WriteResultFuture first = writer.upsert(row(1L, "ann", 10, null));
                assertThat(writer.upsert(row(2L, "bob", 20, "x"))).isSameAs(first);
                writer.upsert(row(3L, null, null, null));
                first.await();
                writer.upsert(row(1L, "ann", 11, "more"));
                writer.delete(row(2L, null, null, null));
                writer.delete(row(9L, null, null, null));
                writer.upsert(row(3L, "cat", 30, null));
                writer.delete(row(3L, null, null, null));
                writer.upsert(row(3L, "cid", 31, null));
                writer.flush();
            }
            assertThat(lookup(path, 1, 2, 3, 9))
                    .containsExactly("[1, ann, 11, more]", null, "[3, cid, 31, null]", null);
            assertThat(changelog(connection, path, 10))
                    .containsExactly(
                            "+I[1, ann, 10, null]",
                            "+I[2, bob, 20, x]",
                            "+I[3, null, null, null]",
                            "-U[1, ann, 10, null]",
                            "+U[1, ann, 11, more]",
                            "-D[2, bob, 20, x]",
                            "-U[3, null, null, null]",
                            "+U[3, cat, 30, null]",
                            "-D[3, cat, 30, null]",
                            "+I[3, cid, 31, null]");
        }
    }

    @Test
    void shouldOverwriteWhatTheOfficialClientHasWrittenAndTheReverse() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(connection, "both", accounts().distributedBy(3, List.of()));
            final RowType type = ACCOUNTS.rowType();
            official.upsert(
                    path,
                    LongStream.range(0, 30)
                            .mapToObj(id -> RowCases.toOfficial(type, Arrays.asList(id, "theirs", 1, "x")))
                            .toList());
            try (UpsertWriter writer = connection.getTable(path).newUpsert().createWriter()) {
                for (long id = 10; id < 30; id++) {
                    writer.upsert(row(id, "ours", 2, null));
                }
                writer.delete(row(0L, null, null, null));
            }
            official.upsert(
                    path,
                    LongStream.range(20, 40)
                            .mapToObj(id -> RowCases.toOfficial(type, Arrays.asList(id, "again", 3, null)))
                            .toList());
            official.delete(path, List.of(RowCases.toOfficial(type, Arrays.asList(10L, null, null, null))));

            final List<@Nullable String> found =
                    lookup(path, LongStream.range(0, 40).toArray());
            for (int id = 0; id < 40; id++) {
                final String expected;
                if (id == 0 || id == 10) {
                    expected = null;
                } else if (id < 10) {
                    expected = "[" + id + ", theirs, 1, x]";
                } else {
                    expected = "[" + id + (id < 20 ? ", ours, 2, null]" : ", again, 3, null]");
                }
                assertThat(found.get(id)).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "1", "0"})
    void shouldUpsertWhateverTheAcknowledgement(final String acks) throws Exception {
        final Config.Builder config = Config.builder().writerAcks(acks);
        if (!acks.equals("all")) {
            config.writerEnableIdempotence(false);
        }
        try (FlussConnection connection = connect(config)) {
            final TablePath path = create(connection, "acks_" + acks, accounts());
            try (UpsertWriter writer = connection.getTable(path).newUpsert().createWriter()) {
                final GenericRow row = writer.newRow();
                row.setLong(writer.column("id"), 7);
                row.setInt(writer.column("amount"), 70);
                writer.upsert(row).await();
                assertThatThrownBy(() -> writer.column("nothing")).hasMessageContainingAll("nothing", path.toString());
            }
            assertThat(lookup(path, 7)).containsExactly("[7, null, 70, null]");
        }
    }

    /** Random upserts and deletes by three writers, over several buckets and many batches. */
    @ParameterizedTest
    @CsvSource({"COMPACTED, 16384, false", "INDEXED, 16384, false", "COMPACTED, 2097152, true"})
    void shouldKeepTheOrderOfEachKey(final KvFormat format, final int batchSize, final boolean partitioned)
            throws Exception {
        final Schema schema = Schema.builder()
                .column("region", DataTypes.STRING())
                .column("a", DataTypes.INT())
                .column("b", DataTypes.STRING())
                .column("n", DataTypes.BIGINT())
                .primaryKey("b", "region", "a")
                .build();
        final TableDescriptor.Builder descriptor = TableDescriptor.builder()
                .schema(schema)
                .kvFormat(format)
                // A part of the key, whatever its place.
                .distributedBy(3, List.of("b"));
        if (partitioned) {
            descriptor.partitionedBy("region");
        }
        final Random random = new Random(Cases.SEED);
        final Map<List<Object>, @Nullable Long> last = new java.util.HashMap<>();
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(batchSize))) {
            final TablePath path = create(connection, "order_" + format + partitioned, descriptor);
            final List<UpsertWriter> writers = IntStream.range(0, 3)
                    .mapToObj(i -> connection.getTable(path).newUpsert().createWriter())
                    .toList();
            for (long n = 0; n < 20_000; n++) {
                final List<Object> key = List.of("r" + random.nextInt(2), random.nextInt(20), "b" + random.nextInt(5));
                final UpsertWriter writer = writers.get(random.nextInt(3));
                final GenericRow row = GenericRow.fromData(key.get(0), key.get(1), key.get(2), n);
                if (random.nextInt(4) == 0) {
                    row.setField(3, null);
                    writer.delete(row);
                    last.put(key, null);
                } else {
                    writer.upsert(row);
                    last.put(key, n);
                }
            }
            writers.forEach(UpsertWriter::close);
            final List<List<Object>> keys = List.copyOf(last.keySet());
            final RowType keyType = new RowType(
                    false,
                    List.of(
                            schema.rowType().fields().get(2),
                            schema.rowType().fields().get(0),
                            schema.rowType().fields().get(1)));
            final List<@Nullable Long> found = official.lookup(
                    path,
                    keys.stream()
                            .map(key -> RowCases.toOfficial(keyType, List.of(key.get(2), key.get(0), key.get(1))))
                            .toList(),
                    row -> row.getLong(3));
            assertThat(keys).hasSize(200);
            for (int i = 0; i < keys.size(); i++) {
                assertThat(found.get(i))
                        .as("%s, seed %d", keys.get(i), Cases.SEED)
                        .isEqualTo(last.get(keys.get(i)));
            }
        }
    }

    @Test
    void shouldServeManyVirtualThreadsWithLittleMemory() throws Exception {
        final Config.Builder config =
                Config.builder().writerBatchSize(16 * 1024).writerBufferMemorySize(64 * 1024);
        try (FlussConnection connection = connect(config)) {
            final TablePath path = create(connection, "threads", accounts().distributedBy(2, List.of()));
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            // More than it takes until the classes are there that rows are written by: their making pins.
            for (int n = 0; n < 5_000; n++) {
                writer.upsert(row(n % 100L, "first", n, null));
            }
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                final List<Future<?>> done = new ArrayList<>();
                for (int i = 0; i < 100; i++) {
                    final long id = i;
                    done.add(threads.submit(() -> {
                        for (int n = 0; n < 100; n++) {
                            writer.upsert(row(id, "x".repeat(100), n, null));
                        }
                        writer.upsert(row(id, "last", 1_000, null)).await();
                    }));
                }
                for (final Future<?> one : done) {
                    one.get(50, TimeUnit.SECONDS);
                }
            }
            assertThat(lookup(path, LongStream.range(0, 100).toArray())).allMatch(row -> row.contains("last, 1000"));
        }
    }

    @Test
    void shouldSendALongRowAloneAndADeleteOfItInAnyBatch() throws Exception {
        final Config.Builder config =
                Config.builder().writerBatchSize(64 * 1024).writerRequestMaxSize(1 << 20);
        try (FlussConnection connection = connect(config)) {
            final TablePath path = create(connection, "long", accounts());
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            final WriteResultFuture first = writer.upsert(row(1L, "short", 1, null));
            final WriteResultFuture alone = writer.upsert(row(2L, "x".repeat(500_000), 1, null));
            assertThat(alone).isNotSameAs(first);
            final GenericRow tooLong = row(3L, "x".repeat(2_000_000), 1, null);
            assertThatThrownBy(() -> writer.upsert(tooLong))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll(path.toString(), "client.writer.request-max-size");
            final WriteResultFuture deletes = writer.delete(tooLong);
            assertThat(writer.upsert(row(4L, "with it", 1, null))).isSameAs(deletes);
            writer.flush();
            assertThat(lookup(path, 1, 3, 4)).containsExactly("[1, short, 1, null]", null, "[4, with it, 1, null]");
        }
    }

    @Test
    void shouldReadOnlyTheKeyOfWhatItDeletes() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(connection, "key_only", accounts());
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            writer.upsert(row(1L, "ann", 1, null)).await();
            // Fields of other types, which to read would fail.
            writer.delete(GenericRow.fromData(1L, 2L, true, 4.5)).await();
            assertThat(lookup(path, 1)).containsExactly((String) null);
        }
    }

    @Test
    void shouldNameTheColumnOfAMisfitAndWriteNothing() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(connection, "misfit", accounts());
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            assertRefused(() -> writer.upsert(row(null, "a", 1, null)), "column id of type BIGINT", "null");
            assertRefused(() -> writer.delete(row(null, "a", 1, null)), "column id of type BIGINT", "null");
            assertRefused(() -> writer.upsert(row(1L, 5, 1, null)), "column owner of type STRING", "Integer");
            assertRefused(() -> writer.upsert(GenericRow.fromData(1L)), "1 fields", "4 columns");
            assertRefused(() -> writer.delete(GenericRow.fromData(1L)), "1 fields", "4 columns");
            writer.upsert(row(2L, "b", 2, null)).await();
            assertRefused(() -> writer.upsert(row(2L, "b", "c", null)), "column amount of type INT", "String");
            writer.flush();
            assertThat(changelog(connection, path, 1)).containsExactly("+I[2, b, 2, null]");
            writer.close();
            assertThatThrownBy(() -> writer.upsert(row(1L, "a", 1, null)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closed");
        }
    }

    private static void assertRefused(final Runnable call, final String... why) {
        assertThatThrownBy(call::run).isInstanceOf(RowConversionException.class).hasMessageContainingAll(why);
    }

    @Test
    void shouldSayWhichWriterATableTakes() {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath log = create(
                    connection,
                    "log",
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("n", DataTypes.INT())
                                    .build())
                            .distributedBy(1, List.of()));
            assertThatThrownBy(() -> connection.getTable(log).newUpsert())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContainingAll(log.toString(), "newAppend()");
            final TablePath path = create(connection, "no_log", accounts());
            assertThatThrownBy(() -> connection.getTable(path).newAppend())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContainingAll(path.toString(), "newUpsert()");
        }
    }

    // ---- some columns ----

    @ParameterizedTest
    @EnumSource
    void shouldUpdateSomeColumnsAndKeepTheOthers(final KvFormat format) throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path =
                    create(connection, "part_" + format, accounts().kvFormat(format));
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            final UpsertWriter amounts = upsert.partialUpdate(2, 0).createWriter();
            final UpsertWriter texts = upsert.partialUpdateWithColumnNames(List.of("id", "owner", "note"))
                    .createWriter();
            upsert.createWriter().upsert(row(1L, "ann", 10, "x")).await();
            // What is no target is not read, whatever lies there.
            amounts.upsert(GenericRow.fromData(1L, true, 11, 4.5)).await();
            amounts.upsert(row(2L, null, 20, null)).await();
            texts.upsert(row(2L, "bob", null, "y")).await();
            texts.upsert(row(3L, "cat", null, null)).await();
            texts.delete(row(1L, null, null, null)).await();
            texts.delete(row(3L, null, null, null)).await();
            assertThat(lookup(path, 1, 2, 3)).containsExactly("[1, null, 11, null]", "[2, bob, 20, y]", null);
            assertThat(changelog(connection, path, 10))
                    .containsExactly(
                            "+I[1, ann, 10, x]",
                            "-U[1, ann, 10, x]",
                            "+U[1, ann, 11, x]",
                            "+I[2, null, 20, null]",
                            "-U[2, null, 20, null]",
                            "+U[2, bob, 20, y]",
                            "+I[3, cat, null, null]",
                            "-U[1, ann, 11, x]",
                            "+U[1, null, 11, null]",
                            "-D[3, cat, null, null]");
        }
    }

    @Test
    void shouldShareBatchesAmongWritersOfTheSameColumnsOnly() throws Exception {
        try (FlussConnection connection = connect(Config.builder().writerBatchTimeout(Duration.ofSeconds(20)))) {
            final TablePath path = create(connection, "shared", accounts());
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            final UpsertWriter one = upsert.partialUpdate(0, 2).createWriter();
            final UpsertWriter same = connection
                    .getTable(path)
                    .newUpsert()
                    .partialUpdateWithColumnNames(List.of("amount", "id"))
                    .createWriter();
            final WriteResultFuture first = one.upsert(row(1L, null, 1, null));
            assertThat(same.upsert(row(1L, null, 2, null))).isSameAs(first);
            final UpsertWriter whole = upsert.createWriter();
            final WriteResultFuture second = whole.upsert(row(1L, "ann", 3, null));
            assertThat(second).isNotSameAs(first);
            final WriteResultFuture third = one.upsert(row(1L, null, 4, null));
            assertThat(third).isNotSameAs(second).isNotSameAs(first);
            // The flush of a writer takes its rows along, and those of others that go before them.
            one.flush();
            assertThat(second.isDone()).isTrue();
            assertThat(lookup(path, 1)).containsExactly("[1, ann, 4, null]");
        }
    }

    /** Writers of different columns take turns on the same keys: what each column was set to last is what it has. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldKeepTheOrderOfAKeyAcrossWritersOfDifferentColumns(final boolean idempotent) throws Exception {
        final int[][] targets = {{}, {0, 1}, {0, 2}, {0, 2, 3}, {0, 1, 2, 3}, {0}};
        final Random random = new Random(Cases.SEED);
        final Config.Builder config =
                Config.builder().writerBatchSize(16 * 1024).writerEnableIdempotence(idempotent);
        if (!idempotent) {
            config.writerMaxInflightRequestsPerBucket(1);
        }
        try (FlussConnection connection = connect(config)) {
            final TablePath path =
                    create(connection, "mixed_" + idempotent, accounts().distributedBy(2, List.of()));
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            final List<UpsertWriter> writers = Arrays.stream(targets)
                    .map(columns -> (columns.length == 0 ? upsert : upsert.partialUpdate(columns)).createWriter())
                    .toList();
            final Map<Long, @Nullable Object[]> model = new TreeMap<>();
            for (int n = 0; n < 3_000; n++) {
                // Runs of one writer, and changes after every row.
                final int chosen = n % 500 < 250 ? n / 20 % targets.length : random.nextInt(targets.length);
                final long id = random.nextInt(10);
                final GenericRow row = row(id, "o" + n, n, random.nextBoolean() ? "n" + n : null);
                if (random.nextInt(6) == 0) {
                    writers.get(chosen).delete(row);
                    delete(model, id, targets[chosen]);
                } else {
                    writers.get(chosen).upsert(row);
                    upsert(model, id, targets[chosen], row);
                }
            }
            writers.forEach(UpsertWriter::close);
            final List<@Nullable String> found =
                    lookup(path, LongStream.range(0, 10).toArray());
            for (long id = 0; id < 10; id++) {
                final Object[] expected = model.get(id);
                assertThat(found.get((int) id))
                        .as("key %d, seed %d", id, Cases.SEED)
                        .isEqualTo(expected == null ? null : Arrays.toString(expected));
            }
        }
    }

    private static void upsert(
            final Map<Long, @Nullable Object[]> model, final long id, final int[] targets, final GenericRow row) {
        final @Nullable Object[] values =
                model.computeIfAbsent(id, key -> new @Nullable Object[] {id, null, null, null});
        for (final int column : targets.length == 0 ? new int[] {0, 1, 2, 3} : targets) {
            values[column] = row.getField(column);
        }
    }

    private static void delete(final Map<Long, @Nullable Object[]> model, final long id, final int[] targets) {
        final @Nullable Object[] values = model.get(id);
        if (values == null) {
            return;
        }
        final List<Integer> deleted = targets.length == 0
                ? List.of(0, 1, 2, 3)
                : Arrays.stream(targets).boxed().toList();
        boolean isEmpty = true;
        for (int column = 0; column < 4; column++) {
            isEmpty &= deleted.contains(column) || values[column] == null;
        }
        if (isEmpty) {
            model.remove(id);
        } else {
            deleted.stream().filter(column -> column > 0).forEach(column -> values[column] = null);
        }
    }

    @Test
    void shouldSayWhatIsWrongWithASetOfColumns() {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(
                    connection,
                    "refused",
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("a", DataTypes.INT())
                                    .column("v", DataTypes.INT())
                                    .column("b", DataTypes.INT())
                                    .primaryKey("a", "b")
                                    .build())
                            .distributedBy(1, List.of()));
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            final String table = path.toString();
            assertRefused(upsert, List.of("a", "v"), table, "key column b", "[a, b]");
            assertRefused(upsert, List.of(), table, "key column a, b");
            assertRefused(upsert, List.of("a", "b", "w"), table, "no column w", "[a, v, b]");
            assertRefused(upsert, List.of("a", "b", "v", "v"), table, "column v twice");
            assertThatThrownBy(() -> upsert.partialUpdate(0, 2, 3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(table, "no column 3", "0 to 2");
            assertThatThrownBy(() -> upsert.partialUpdate(0, -1, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(table, "no column -1");
            assertThatThrownBy(() -> upsert.mergeMode(MergeMode.OVERWRITE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(table, "no merge engine");

            final TablePath strict = create(
                    connection,
                    "strict",
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("a", DataTypes.INT())
                                    .column("v", DataTypes.INT().copy(false))
                                    .column("w", DataTypes.INT())
                                    .primaryKey("a")
                                    .build())
                            .distributedBy(1, List.of()));
            assertRefused(
                    connection.getTable(strict).newUpsert(),
                    List.of("a", "v"),
                    strict.toString(),
                    "column v cannot be null");
        }
    }

    private static void assertRefused(final TableUpsert upsert, final List<String> columns, final String... why) {
        assertThatThrownBy(() -> upsert.partialUpdateWithColumnNames(columns))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(why);
    }

    @ParameterizedTest
    @EnumSource
    void shouldWriteTheColumnsThatATableGetsMeanwhile(final KvFormat format) throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path =
                    create(connection, "altered_" + format, accounts().kvFormat(format));
            final UpsertWriter old = connection.getTable(path).newUpsert().createWriter();
            for (long id = 1; id <= 3; id++) {
                old.upsert(row(id, "old", 1, null));
            }
            old.flush();
            official.addColumn(path, "later", org.apache.fluss.types.DataTypes.STRING());
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            final UpsertWriter altered = upsert.createWriter();
            final UpsertWriter later =
                    upsert.partialUpdateWithColumnNames(List.of("later", "id")).createWriter();
            altered.upsert(row(1L, "new", 2, null, "a"));
            later.upsert(row(2L, null, null, null, "b"));
            old.upsert(row(1L, "old again", 3, null));
            later.upsert(row(1L, null, null, null, "c"));
            altered.delete(row(3L, null, null, null, null));
            assertRefused(() -> old.upsert(row(1L, "new", 2, null, "a")), "5 fields", "4 columns");
            assertRefused(() -> later.upsert(row(1L, "new", 2, null)), "4 fields", "5 columns");
            List.of(old, altered, later).forEach(UpsertWriter::close);
            assertThat(lookup(connection, path, 1, 2, 3))
                    .containsExactly("[1, old again, 3, null, c]", "[2, old, 1, null, b]", null);
        }
    }

    // ---- table kinds ----

    @Test
    void shouldKeepTheFirstRowWhereTheTableSaysSo() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(connection, "first", accounts().property("table.merge-engine", "first_row"));
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            try (UpsertWriter writer = upsert.createWriter()) {
                writer.upsert(row(1L, "first", 1, null));
                writer.upsert(row(1L, "second", 2, null));
                writer.delete(row(1L, null, null, null));
            }
            assertThat(lookup(path, 1)).containsExactly("[1, first, 1, null]");
            assertRefusedByTheServer(
                    upsert.partialUpdate(0, 2).createWriter(), path, FlussError.UNKNOWN_SERVER_ERROR, "first_row");
            final UpsertWriter over = upsert.mergeMode(MergeMode.OVERWRITE).createWriter();
            over.upsert(row(1L, "over", 3, null)).await();
            assertThat(lookup(path, 1)).containsExactly("[1, over, 3, null]");
        }
    }

    @Test
    void shouldKeepTheNewestVersionWhereTheTableSaysSo() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(
                    connection,
                    "versioned",
                    accounts()
                            .property("table.merge-engine", "versioned")
                            .property("table.merge-engine.versioned.ver-column", "amount"));
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            try (UpsertWriter writer = upsert.createWriter()) {
                writer.upsert(row(1L, "five", 5, null));
                writer.upsert(row(1L, "four", 4, null));
                writer.upsert(row(1L, "five again", 5, null));
            }
            assertThat(lookup(path, 1)).containsExactly("[1, five again, 5, null]");
            assertRefusedByTheServer(
                    upsert.partialUpdate(0, 2).createWriter(), path, FlussError.UNKNOWN_SERVER_ERROR, "versioned");
        }
    }

    @Test
    void shouldAggregateWhereTheTableSaysSo() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(
                    connection,
                    "sums",
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("id", DataTypes.BIGINT())
                                    .column("total", DataTypes.BIGINT(), null, AggFunction.sum())
                                    .column("most", DataTypes.INT(), null, AggFunction.max())
                                    .primaryKey("id")
                                    .build())
                            .property("table.merge-engine", "aggregation")
                            .distributedBy(1, List.of()));
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            final UpsertWriter writer = upsert.createWriter();
            writer.upsert(GenericRow.fromData(1L, 10L, 5));
            writer.upsert(GenericRow.fromData(1L, 20L, 3));
            final UpsertWriter totals = upsert.partialUpdate(0, 1).createWriter();
            totals.upsert(GenericRow.fromData(1L, 100L, null));
            writer.upsert(GenericRow.fromData(2L, 1L, 1));
            final UpsertWriter over = upsert.mergeMode(MergeMode.OVERWRITE).createWriter();
            over.upsert(GenericRow.fromData(2L, 7L, 0));
            writer.upsert(GenericRow.fromData(2L, 1L, 1));
            List.of(writer, totals, over).forEach(UpsertWriter::flush);
            assertThat(lookup(connection, path, 1, 2)).containsExactly("[1, 130, 5]", "[2, 8, 1]");
        }
    }

    @Test
    void shouldLeaveTheAutoIncrementColumnToTheServer() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(
                    connection,
                    "numbered",
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("name", DataTypes.STRING())
                                    .column("number", DataTypes.BIGINT())
                                    .column("v", DataTypes.INT())
                                    .primaryKey("name")
                                    .autoIncrement("number")
                                    .build())
                            .distributedBy(1, List.of()));
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            assertThatThrownBy(upsert::createWriter)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll(path.toString(), "column number", "partialUpdate");
            assertRefused(upsert, List.of("name", "number"), path.toString(), "column number", "auto-increment");
            final UpsertWriter writer =
                    upsert.partialUpdateWithColumnNames(List.of("name", "v")).createWriter();
            writer.upsert(GenericRow.fromData("a", 99L, 1));
            writer.upsert(GenericRow.fromData("b", null, 2));
            writer.upsert(GenericRow.fromData("a", null, 3));
            writer.flush();
            final RowType keys = new RowType(
                    false,
                    List.of(connection
                            .getTable(path)
                            .getTableInfo()
                            .rowType()
                            .fields()
                            .get(0)));
            assertThat(official.lookup(
                            path,
                            List.of(RowCases.toOfficial(keys, List.of("a")), RowCases.toOfficial(keys, List.of("b"))),
                            row -> row.getLong(1) + ":" + row.getInt(2)))
                    .containsExactly("1:3", "2:2");
        }
    }

    @Test
    void shouldDeleteAsTheTableSays() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath ignoring =
                    create(connection, "ignoring", accounts().property("table.delete.behavior", "ignore"));
            try (UpsertWriter writer = connection.getTable(ignoring).newUpsert().createWriter()) {
                writer.upsert(row(1L, "stays", 1, null));
                writer.delete(row(1L, null, null, null));
            }
            assertThat(lookup(ignoring, 1)).containsExactly("[1, stays, 1, null]");

            final TablePath disabled =
                    create(connection, "disabled", accounts().property("table.delete.behavior", "disable"));
            final UpsertWriter writer =
                    connection.getTable(disabled).newUpsert().createWriter();
            writer.upsert(row(1L, "stays", 1, null)).await();
            final WriteResultFuture refused = writer.delete(row(1L, null, null, null));
            assertThatThrownBy(refused::await).isInstanceOfSatisfying(FlussApiException.class, e -> {
                assertThat(e.error()).isEqualTo(FlussError.DELETION_DISABLED_EXCEPTION);
                assertThat(e).hasMessageContainingAll(disabled.toString(), "bucket 0");
            });
            assertThatThrownBy(writer::flush).isInstanceOf(FlussApiException.class);
            writer.upsert(row(2L, "goes on", 1, null)).await();
            assertThat(lookup(disabled, 1, 2)).containsExactly("[1, stays, 1, null]", "[2, goes on, 1, null]");
        }
    }

    private static void assertRefusedByTheServer(
            final UpsertWriter writer, final TablePath path, final FlussError error, final String why) {
        final WriteResultFuture refused = writer.upsert(row(1L, null, 9, null));
        assertThatThrownBy(refused::await).isInstanceOfSatisfying(FlussApiException.class, e -> {
            assertThat(e.error()).isEqualTo(error);
            assertThat(e).hasMessageContainingAll(path.toString(), "bucket 0", why);
        });
        assertThatThrownBy(writer::flush).isInstanceOf(FlussException.class);
    }

    // ---- what a row costs ----

    @ParameterizedTest
    @EnumSource
    void shouldAllocateNothingForARow(final KvFormat format) {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path =
                    create(connection, "cost_" + format, accounts().kvFormat(format));
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            // Until the compiler is done, which takes long on a busy machine.
            double perRow = write(writer, 60_000);
            for (int round = 0; round < 20 && perRow >= 1; round++) {
                perRow = write(writer, 60_000);
            }
            assertThat(perRow).as("bytes allocated for a row").isLessThan(1);
        }
    }

    private static double write(final UpsertWriter writer, final int rows) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final GenericRow row = writer.newRow();
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int n = 0; n < rows; n++) {
            row.setLong(0, n % 100);
            row.setString(1, "owner");
            row.setInt(2, n);
            if (n % 10 == 0) {
                writer.delete(row);
            } else {
                writer.upsert(row);
            }
        }
        final long after = threads.getCurrentThreadAllocatedBytes();
        writer.flush();
        return (double) (after - before) / rows;
    }

    // ---- helpers ----

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private static TableDescriptor.Builder accounts() {
        return TableDescriptor.builder().schema(ACCOUNTS).distributedBy(1, List.of());
    }

    private TablePath create(
            final FlussConnection connection, final String name, final TableDescriptor.Builder descriptor) {
        final TablePath path = TablePath.of(database.name(), name.toLowerCase(java.util.Locale.ROOT));
        connection.getAdmin().createTable(path, descriptor.build(), false);
        return path;
    }

    private static GenericRow row(final @Nullable Object... values) {
        return GenericRow.fromData(values);
    }

    private static List<@Nullable String> lookup(final TablePath path, final long... ids) throws Exception {
        return lookup(path, ACCOUNTS.rowType(), ids);
    }

    private static List<@Nullable String> lookup(
            final FlussConnection connection, final TablePath path, final long... ids) throws Exception {
        return lookup(path, connection.getTable(path).getTableInfo().rowType(), ids);
    }

    private static List<@Nullable String> lookup(final TablePath path, final RowType type, final long... ids)
            throws Exception {
        final RowType key = new RowType(false, type.fields().subList(0, 1));
        return official.lookup(
                path,
                LongStream.of(ids)
                        .mapToObj(id -> RowCases.toOfficial(key, Collections.singletonList(id)))
                        .toList(),
                row -> RowCases.fromOfficial(type, row).toString());
    }

    /** The changelog of a table of one bucket, up to an offset; batches without records use one up each. */
    private static List<String> changelog(final FlussConnection connection, final TablePath path, final long end) {
        assertThat(connection.getAdmin().listOffsets(path, List.of(0), OffsetSpec.latest()))
                .containsExactly(Map.entry(0, end));
        final RowType type = connection.getTable(path).getTableInfo().rowType();
        final List<String> changes = new ArrayList<>();
        long next = 0;
        try (LogScanner scanner = connection.getTable(path).newScan().createLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (next < end && System.nanoTime() < deadlineNs) {
                try (var records = scanner.poll(Duration.ofSeconds(1))) {
                    for (final ScanRecord record : records) {
                        changes.add(record.changeType().shortString() + values(type, record.row()));
                        next = record.offset() + 1;
                    }
                }
            }
        }
        return changes;
    }

    private static List<@Nullable Object> values(final RowType type, final InternalRow row) {
        return RowCases.fromOurs(type, row);
    }
}
