package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.RowConversionException;
import dev.millrace.internal.cluster.BootstrapServers;
import dev.millrace.internal.cluster.Cluster;
import dev.millrace.internal.rpc.RpcClient;
import dev.millrace.internal.rpc.RpcSettings;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.PinningRecorder;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.types.DecimalType;
import dev.millrace.types.RowType;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Log tables in every format, with and without bucket keys and partitions, read back by the official client. */
@WithCluster
@ExtendWith(PinningRecorder.class)
@Timeout(60)
class AppendTableKindsTest {
    private static final long SEED = 20261124;
    private static final int BUCKETS = 4;
    private static final Schema EVENTS = Schema.builder()
            .column("region", DataTypes.STRING())
            .column("day", DataTypes.DATE())
            .column("key", DataTypes.BIGINT())
            .column("n", DataTypes.BIGINT())
            .column("text", DataTypes.STRING())
            .build();

    private final FlussCluster cluster;
    private final Database database;
    private static OfficialConnection official;

    AppendTableKindsTest(final FlussCluster cluster, final Database database) {
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

    private record Event(
            String region,
            int day,
            long key,
            long n,
            @Nullable String text) {
        GenericRow row() {
            final GenericRow row = new GenericRow(5);
            row.setString(0, region);
            row.setEpochDay(1, day);
            row.setLong(2, key);
            row.setLong(3, n);
            row.setField(4, text);
            return row;
        }

        static Event of(final org.apache.fluss.row.InternalRow row) {
            return new Event(
                    row.getString(0).toString(),
                    row.getInt(1),
                    row.getLong(2),
                    row.getLong(3),
                    row.isNullAt(4) ? null : row.getString(4).toString());
        }

        String partition() {
            return region + "$" + LocalDate.ofEpochDay(day);
        }
    }

    static Stream<Arguments> kinds() {
        return Stream.of(LogFormat.values())
                .flatMap(format -> Stream.of(false, true)
                        .flatMap(keyed ->
                                Stream.of(false, true).map(partitioned -> Arguments.of(format, keyed, partitioned))));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldWriteEveryKindOfLogTable(final LogFormat format, final boolean keyed, final boolean partitioned)
            throws Exception {
        final Random random = new Random(SEED);
        final List<Event> events = new ArrayList<>();
        for (int n = 0; n < 20_000; n++) {
            events.add(new Event(
                    "region-" + random.nextInt(2),
                    20_000 + random.nextInt(2),
                    random.nextInt(50),
                    n,
                    random.nextInt(4) == 0 ? null : "\u20ac".repeat(random.nextInt(30))));
        }
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(16 * 1024))) {
            final TableDescriptor.Builder descriptor = TableDescriptor.builder()
                    .schema(EVENTS)
                    .logFormat(format)
                    .distributedBy(BUCKETS, keyed ? List.of("key") : List.of());
            if (partitioned) {
                descriptor.partitionedBy("region", "day");
            }
            final TablePath path =
                    create(connection, format + (keyed ? "_keyed" : "") + (partitioned ? "_parts" : ""), descriptor);
            try (AppendWriter writer = connection.getTable(path).newAppend().createWriter()) {
                events.forEach(event -> writer.append(event.row()));
            }
            final SortedMap<String, List<List<Event>>> read = official.read(path, events.size(), Event::of);
            final List<Event> all = new ArrayList<>();
            read.forEach((partition, buckets) -> buckets.forEach(bucket -> {
                assertThat(bucket)
                        .as("rows of one thread keep their order")
                        .isSortedAccordingTo((a, b) -> Long.compare(a.n, b.n));
                assertThat(bucket)
                        .allMatch(event -> !partitioned || event.partition().equals(partition));
                all.addAll(bucket);
            }));
            assertThat(read).hasSize(partitioned ? 4 : 1);
            all.sort(Comparator.comparingLong(Event::n));
            assertThat(all).as("seed %d", SEED).isEqualTo(events);
            if (keyed) {
                assertThat(read.values()).allSatisfy(AppendTableKindsTest::assertEachKeyInOneBucket);
            }
        }
    }

    private static void assertEachKeyInOneBucket(final List<List<Event>> buckets) {
        final List<Long> keys = new ArrayList<>();
        buckets.forEach(
                bucket -> keys.addAll(bucket.stream().map(Event::key).distinct().toList()));
        assertThat(keys).doesNotHaveDuplicates().hasSize(50);
        assertThat(buckets).allMatch(bucket -> !bucket.isEmpty());
    }

    // ---- buckets ----

    @ParameterizedTest
    @CsvSource({
        "NONE, 0, 27",
        "NONE, 8, 1",
        "NONE, 13, 1",
        "PAIMON, 0, 27",
        "PAIMON, 3, 1",
        "PAIMON, 22, 1",
        "ICEBERG, 3, 1",
        "ICEBERG, 4, 1",
        "ICEBERG, 8, 1",
        "ICEBERG, 10, 1",
        "ICEBERG, 11, 1",
        "ICEBERG, 13, 1",
        "ICEBERG, 14, 1",
        "ICEBERG, 17, 1",
        "ICEBERG, 21, 1"
    })
    void shouldChooseTheBucketsOfTheOfficialClient(final String lake, final int firstColumn, final int columns)
            throws Exception {
        final RowType type = keyType(lake.equals("PAIMON"));
        final List<String> key = IntStream.range(firstColumn, firstColumn + columns)
                .mapToObj(column -> type.fields().get(column).name())
                .toList();
        final Random random = new Random(SEED);
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (int n = 0; n < 300; n++) {
            rows.add(keyRow(type, random, lake.equals("ICEBERG")));
        }
        try (FlussConnection connection = connect(Config.builder())) {
            final String name = "keys_" + lake + "_" + firstColumn + "_" + columns;
            final List<List<List<@Nullable Object>>> read = new ArrayList<>();
            for (final String client : List.of("ours", "official")) {
                final TableDescriptor.Builder descriptor =
                        TableDescriptor.builder().schema(schema(type)).distributedBy(7, key);
                if (!lake.equals("NONE")) {
                    descriptor.property("table.datalake.format", lake.toLowerCase(Locale.ROOT));
                }
                final TablePath path = create(connection, name + "_" + client, descriptor);
                if (client.equals("ours")) {
                    try (AppendWriter writer =
                            connection.getTable(path).newAppend().createWriter()) {
                        rows.forEach(row -> writer.append(ScalarRows.toOurs(type, row)));
                    }
                } else {
                    official.append(
                            path,
                            rows.stream()
                                    .map(row -> ScalarRows.toOfficial(type, row))
                                    .toList());
                }
                read.addAll(official.read(path, rows.size(), row -> ScalarRows.readOfficial(type, row))
                        .get(OfficialConnection.NO_PARTITION));
            }
            assertThat(read.subList(0, 7)).as("seed %d", SEED).isEqualTo(read.subList(7, 14));
        }
    }

    /** Only Paimon's keys may hold null. */
    private static RowType keyType(final boolean nullable) {
        return new RowType(
                true,
                ScalarRows.type().fields().stream()
                        .map(field ->
                                new DataField(field.name(), field.dataType().copy(nullable)))
                        .toList());
    }

    private static List<@Nullable Object> keyRow(final RowType type, final Random random, final boolean iceberg) {
        final List<@Nullable Object> row = new ArrayList<>();
        for (final DataField field : type.fields()) {
            final DataType column = field.dataType();
            Object value = column.isNullable() && random.nextInt(10) == 0 ? null : ScalarRows.value(column, random);
            // The official client cannot read fractions of a millisecond before 1970, and Iceberg has no empty keys.
            while (value instanceof Instant instant && instant.getEpochSecond() < 0
                    || value instanceof LocalDateTime time && time.getYear() < 1970
                    || iceberg && "".equals(value)) {
                value = ScalarRows.value(column, random);
            }
            row.add(value);
        }
        return row;
    }

    private static Schema schema(final RowType type) {
        final Schema.Builder schema = Schema.builder();
        type.fields().forEach(field -> schema.column(field.name(), field.dataType()));
        return schema.build();
    }

    @Test
    void shouldNameTheColumnOfAKeyThatIsNull() {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = create(
                    connection,
                    "null_key",
                    TableDescriptor.builder().schema(EVENTS).distributedBy(3, List.of("key")));
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final GenericRow row = new Event("a", 1, 1, 1, "x").row();
            row.setField(2, null);
            assertThatThrownBy(() -> writer.append(row))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll("column key of type BIGINT", "null");
            assertThatThrownBy(() -> writer.append(new GenericRow(4)))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll("4 fields", "5 columns");
        }
    }

    // ---- long rows ----

    @ParameterizedTest
    @EnumSource(value = LogFormat.class, names = "ARROW", mode = EnumSource.Mode.EXCLUDE)
    void shouldSendARowLongerThanABatchAloneAndRefuseOneLongerThanARequest(final LogFormat format) throws Exception {
        final Config.Builder config =
                Config.builder().writerBatchSize(64 * 1024).writerRequestMaxSize(1 << 20);
        try (FlussConnection connection = connect(config)) {
            final TablePath path = create(
                    connection,
                    "long_" + format,
                    TableDescriptor.builder().schema(EVENTS).logFormat(format).distributedBy(1, List.of()));
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final List<Event> events = List.of(
                    new Event("a", 1, 1, 0, "short"),
                    new Event("a", 1, 1, 1, "x".repeat(500_000)),
                    new Event("a", 1, 1, 2, "after"));
            final WriteResultFuture first = writer.append(events.get(0).row());
            final WriteResultFuture alone = writer.append(events.get(1).row());
            assertThatThrownBy(() -> writer.append(new Event("a", 1, 1, 9, "x".repeat(2_000_000)).row()))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll("2000", "1048576", "client.writer.request-max-size");
            final WriteResultFuture last = writer.append(events.get(2).row());
            assertThat(alone).isNotSameAs(first).isNotSameAs(last);
            writer.flush();
            assertThat(official.read(path, 3, Event::of).get(OfficialConnection.NO_PARTITION))
                    .containsExactly(events);
        }
    }

    // ---- partitions ----

    @Test
    void shouldCreatePartitionsForManyThreadsAtOnce() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = partitioned(connection, "many_threads");
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                final List<Future<?>> tasks = new ArrayList<>();
                for (int thread = 0; thread < 500; thread++) {
                    final int first = thread * 10;
                    tasks.add(threads.submit(() -> {
                        for (int n = first; n < first + 10; n++) {
                            writer.append(new Event("r" + n % 12, 1, n, n, null).row())
                                    .await();
                        }
                    }));
                }
                for (final Future<?> task : tasks) {
                    task.get();
                }
            }
            final SortedMap<String, List<List<Event>>> read = official.read(path, 5_000, Event::of);
            assertThat(read).hasSize(12);
            assertThat(read.values().stream()
                            .flatMap(Collection::stream)
                            .flatMap(Collection::stream)
                            .map(Event::n)
                            .sorted())
                    .containsExactlyElementsOf(
                            LongStream.range(0, 5_000).boxed().toList());
        }
    }

    @Test
    void shouldLetOtherPartitionsGoOnWhileOneCannotBeCreated() throws Exception {
        final Config.Builder config = Config.builder().writerDynamicCreatePartitionEnabled(false);
        try (FlussConnection connection = connect(config)) {
            final TablePath path = partitioned(connection, "not_created");
            official.createPartition(path, Map.of("region", "there"));
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            final WriteResultFuture missing = writer.append(new Event("missing", 1, 1, 1, null).row());
            writer.append(new Event("there", 1, 1, 2, null).row()).await();
            assertThatThrownBy(missing::await)
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.PARTITION_NOT_EXISTS))
                    .hasMessageContainingAll(
                            "partition missing of " + path, "client.writer.dynamic-create-partition.enabled");
            assertThatThrownBy(writer::flush).hasMessageContaining("partition missing of " + path);
            assertThat(official.partitions(path)).containsOnlyKeys("there");

            official.createPartition(path, Map.of("region", "missing"));
            writer.append(new Event("missing", 1, 1, 3, null).row()).await();
            final SortedMap<String, List<List<Event>>> read = official.read(path, 2, Event::of);
            assertThat(read.get("missing").stream().flatMap(Collection::stream).map(Event::n))
                    .containsExactly(3L);
        }
    }

    @Test
    void shouldCreateADroppedPartitionAgainForLaterRows() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = partitioned(connection, "dropped");
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (int n = 0; n < 20; n++) {
                writer.append(new Event("gone", 1, 1, n, null).row()).await();
                writer.append(new Event("stays", 1, 1, n, null).row()).await();
            }
            final long firstId = official.partitions(path).get("gone");
            official.dropPartition(path, Map.of("region", "gone"));
            // The server takes the partition away a little after it has agreed to.
            assertThatThrownBy(() -> {
                        while (true) {
                            writer.append(new Event("gone", 1, 1, 20, null).row())
                                    .await();
                        }
                    })
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error()).isEqualTo(FlussError.PARTITION_NOT_EXISTS))
                    .hasMessageContaining("partition gone of " + path);
            assertThatThrownBy(writer::flush).isInstanceOf(FlussApiException.class);
            for (int n = 21; n < 40; n++) {
                writer.append(new Event("gone", 1, 1, n, null).row()).await();
                writer.append(new Event("stays", 1, 1, n, null).row()).await();
            }
            assertThat(official.partitions(path).get("gone")).isNotEqualTo(firstId);
            final SortedMap<String, List<List<Event>>> read = official.read(path, 19 + 39, Event::of);
            assertThat(read.get("gone").stream().flatMap(Collection::stream)).hasSize(19);
            assertThat(read.get("stays").stream().flatMap(Collection::stream)).hasSize(39);
        }
    }

    @Test
    void shouldNotCreateADroppedPartitionAgainWhereThatIsOff() throws Exception {
        final Config.Builder config = Config.builder().writerDynamicCreatePartitionEnabled(false);
        try (FlussConnection connection = connect(config)) {
            final TablePath path = partitioned(connection, "dropped_for_good");
            official.createPartition(path, Map.of("region", "gone"));
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(new Event("gone", 1, 1, 0, null).row()).await();
            official.dropPartition(path, Map.of("region", "gone"));
            assertThatThrownBy(() -> {
                        while (true) {
                            writer.append(new Event("gone", 1, 1, 1, null).row())
                                    .await();
                        }
                    })
                    .isInstanceOf(FlussApiException.class);
            assertThatThrownBy(() -> writer.append(new Event("gone", 1, 1, 2, null).row())
                            .await())
                    .isInstanceOf(FlussApiException.class)
                    .hasMessageContaining("partition gone of " + path);
            assertThat(official.partitions(path)).isEmpty();
        }
    }

    @Test
    void shouldLetGoOfPartitionsThatWereDroppedAndAreNotWrittenTo() throws Exception {
        final Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        try (FlussConnection connection = FlussConnection.connect(config);
                RpcClient rpc = new RpcClient(
                        new RpcSettings(TimeUnit.SECONDS.toNanos(10), TimeUnit.SECONDS.toNanos(30), 1 << 20, null));
                Cluster known = new Cluster(
                        rpc, BootstrapServers.parse(cluster.bootstrapServers()), TimeUnit.SECONDS.toNanos(20));
                RecordAccumulator accumulator = new RecordAccumulator(config, rpc, known)) {
            final TableInfo table =
                    connection.getTable(partitioned(connection, "come_and_go")).getTableInfo();
            final AppendWriter writer = new TableAppend(accumulator, table).createWriter();
            for (int n = 0; n < 32; n++) {
                writer.append(new Event("r" + n, 1, 1, n, null).row());
            }
            writer.flush();
            for (int n = 0; n < 30; n++) {
                official.dropPartition(table.tablePath(), Map.of("region", "r" + n));
            }
            assertThat(accumulator.table(table).partitionCount()).isEqualTo(32);
            writer.append(new Event("one-more", 1, 1, 32, null).row()).await();
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (accumulator.table(table).partitionCount() != 3) {
                assertThat(System.nanoTime())
                        .as("%d partitions kept", accumulator.table(table).partitionCount())
                        .isLessThan(deadlineNs);
                Thread.onSpinWait();
            }
            for (final String region : List.of("r31", "one-more")) {
                writer.append(new Event(region, 1, 1, 33, null).row()).await();
            }
            // The server takes a partition away a little after it has agreed to; until then it may send us there.
            do {
                try {
                    writer.append(new Event("r0", 1, 1, 33, null).row()).await();
                } catch (FlussApiException e) {
                    assertThat(e.error()).isEqualTo(FlussError.PARTITION_NOT_EXISTS);
                }
            } while (!official.partitions(table.tablePath()).containsKey("r0"));
            assertThat(official.partitions(table.tablePath())).containsOnlyKeys("one-more", "r0", "r30", "r31");
        }
    }

    @Test
    void shouldTellWhatKeepsAPartitionFromBeingCreated() {
        try (FlussConnection connection = connect(Config.builder().requestTimeout(Duration.ofSeconds(10)))) {
            final TablePath path = partitioned(connection, "table_gone");
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            writer.append(new Event("first", 1, 1, 1, null).row()).await();
            connection.getAdmin().dropTable(path, false);
            assertThatThrownBy(() -> {
                        for (int n = 0; true; n++) {
                            writer.append(new Event("r" + n, 1, 1, 2, null).row())
                                    .await();
                        }
                    })
                    .isInstanceOfSatisfying(
                            FlussApiException.class, e -> assertThat(e.error()).isEqualTo(FlussError.TABLE_NOT_EXIST))
                    .hasMessageContaining("table_gone");
        }
    }

    @Test
    void shouldNameTheColumnOfAValueThatIsNoPartition() {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = partitioned(connection, "no_partition");
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            for (final String value : List.of("", "a b", "a$b", "a/b", "__a", "\u00e9", "x".repeat(201))) {
                assertThatThrownBy(() -> writer.append(new Event(value, 1, 1, 1, null).row()))
                        .as("'%s'", value)
                        .isInstanceOf(RowConversionException.class)
                        .hasMessageContaining("column region of type STRING");
            }
            final GenericRow row = new Event("a", 1, 1, 1, null).row();
            row.setField(0, null);
            assertThatThrownBy(() -> writer.append(row))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll("column region of type STRING", "null");
            row.setField(0, 42);
            assertThatThrownBy(() -> writer.append(row))
                    .isInstanceOf(RowConversionException.class)
                    .hasMessageContainingAll("column region of type STRING", "Integer");
            writer.append(new Event("x".repeat(200), 1, 1, 1, null).row()).await();
        }
    }

    @Test
    void shouldWriteToPartitionsOfEveryType() throws Exception {
        final List<DataField> fields = ScalarRows.type().fields().stream()
                .filter(field -> !(field.dataType() instanceof DecimalType))
                .toList();
        final Random random = new Random(SEED);
        try (FlussConnection connection = connect(Config.builder())) {
            for (final DataField field : fields) {
                final RowType type = new RowType(true, List.of(field));
                final String name = "part_" + field.name();
                final List<List<@Nullable Object>> rows = new ArrayList<>();
                while (rows.size() < 3) {
                    rows.add(List.of(partitionValue(field.dataType(), random)));
                }
                final TablePath path = create(
                        connection,
                        name,
                        TableDescriptor.builder()
                                .schema(schema(type))
                                .distributedBy(1, List.of())
                                .partitionedBy(field.name()));
                try (AppendWriter writer = connection.getTable(path).newAppend().createWriter()) {
                    rows.forEach(row -> writer.append(ScalarRows.toOurs(type, row)));
                }
                // The official client takes the same rows to the same partitions, and makes no further ones.
                final SortedMap<String, Long> partitions = official.partitions(path);
                official.append(
                        path,
                        rows.stream()
                                .map(row -> ScalarRows.toOfficial(type, row))
                                .toList());
                assertThat(official.partitions(path))
                        .as("%s, seed %d", field, SEED)
                        .isEqualTo(partitions);
                official.read(path, 6, row -> ScalarRows.readOfficial(type, row))
                        .forEach((partition, buckets) -> {
                            final List<List<@Nullable Object>> inOne = buckets.get(0);
                            assertThat(inOne.size() % 2).as("%s", field).isZero();
                            assertThat(inOne.subList(0, inOne.size() / 2))
                                    .isEqualTo(inOne.subList(inOne.size() / 2, inOne.size()));
                        });
            }
        }
    }

    private static Object partitionValue(final DataType type, final Random random) {
        while (true) {
            final Object value = ScalarRows.value(type, random);
            final boolean usable = switch (value) {
                case String text -> text.matches("[a-zA-Z0-9]{1,20}");
                // The official client cannot read fractions of a millisecond before 1970.
                case Instant instant -> instant.getEpochSecond() >= 0;
                case LocalDateTime time -> time.getYear() >= 1970;
                default -> true;
            };
            if (usable) {
                return value;
            }
        }
    }

    // ---- what a row costs ----

    @ParameterizedTest
    @MethodSource("kinds")
    void shouldAllocateNothingForARow(final LogFormat format, final boolean keyed, final boolean partitioned) {
        try (FlussConnection connection = connect(Config.builder())) {
            final TableDescriptor.Builder descriptor = TableDescriptor.builder()
                    .schema(EVENTS)
                    .logFormat(format)
                    .distributedBy(BUCKETS, keyed ? List.of("key", "text") : List.of());
            if (partitioned) {
                descriptor.partitionedBy("region", "day");
            }
            final TablePath path = create(
                    connection, "cost_" + format + (keyed ? "_keyed" : "") + (partitioned ? "_parts" : ""), descriptor);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            // Until the compiler is done, which takes long on a busy machine.
            double perRow = append(writer, 100_000);
            for (int round = 0; round < 20 && perRow >= 1; round++) {
                perRow = append(writer, 100_000);
            }
            assertThat(perRow).as("bytes allocated for a row").isLessThan(1);
        }
    }

    private static double append(final AppendWriter writer, final int rows) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final GenericRow row = new GenericRow(5);
        final String[] regions = {"north", "south"};
        final long before = threads.getCurrentThreadAllocatedBytes();
        for (int n = 0; n < rows; n++) {
            row.setString(0, regions[n & 1]);
            row.setEpochDay(1, 20_000);
            row.setLong(2, n);
            row.setLong(3, n);
            row.setString(4, "text");
            writer.append(row);
        }
        final long after = threads.getCurrentThreadAllocatedBytes();
        writer.flush();
        return (double) (after - before) / rows;
    }

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private TablePath partitioned(final FlussConnection connection, final String name) {
        return create(
                connection,
                name,
                TableDescriptor.builder()
                        .schema(EVENTS)
                        .distributedBy(2, List.of())
                        .partitionedBy("region"));
    }

    private TablePath create(
            final FlussConnection connection, final String name, final TableDescriptor.Builder descriptor) {
        final TablePath path = TablePath.of(database.name(), name.toLowerCase(Locale.ROOT));
        connection.getAdmin().createTable(path, descriptor.build(), false);
        return path;
    }
}
