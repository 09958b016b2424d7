package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.TableBucket;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.RowType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataTypes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@WithCluster
@Timeout(120)
class LogScannerTest {
    private static final long SEED = 20261124;
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Map<String, String> UNCOMPRESSED = Map.of("table.log.arrow.compression.type", "NONE");
    private static final org.apache.fluss.types.RowType PAIR = org.apache.fluss.types.RowType.of(
            new org.apache.fluss.types.DataType[] {DataTypes.BIGINT(), DataTypes.STRING()}, new String[] {"n", "text"});

    private static OfficialClient official;

    private final String bootstrapServers;
    private final String database;
    private String name = "";

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialClient(cluster.bootstrapServers());
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    LogScannerTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeEach
    void nameTable(final TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName() + "_"
                + Math.abs(test.getDisplayName().hashCode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD", "LZ4_FRAME"})
    void shouldReadWhatTheOfficialClientWrites(final String codec) throws Exception {
        final RowType type = ScalarRows.type();
        final List<List<@Nullable Object>> written = ScalarRows.random(new Random(SEED), 3_000);
        try (OfficialTable table =
                        table(ScalarRows.officialType(), 3, Map.of("table.log.arrow.compression.type", codec));
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(written.stream()
                    .map(row -> ScalarRows.toOfficial(type, row))
                    .toList());
            subscribeAll(scanner, table);

            final List<List<@Nullable Object>> read = new ArrayList<>();
            final Map<TableBucket, Long> positions = new HashMap<>();
            while (read.size() < written.size()) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isBetween(1, 500);
                    for (final ScanRecord record : records) {
                        read.add(ScalarRows.read(type, record.row()));
                        assertThat(record.changeType()).isEqualTo(ChangeType.APPEND_ONLY);
                        assertThat(record.timestamp()).isPositive();
                    }
                    records.recordsByBuckets().forEach((bucket, list) -> {
                        for (final ScanRecord record : list) {
                            assertThat(record.offset()).isEqualTo(positions.getOrDefault(bucket, 0L));
                            positions.merge(bucket, 1L, Long::sum);
                        }
                    });
                    records.nextOffsets()
                            .forEach((bucket, next) -> assertThat(next).isEqualTo(positions.get(bucket)));
                }
            }
            assertThat(read).as("seed %d", SEED).containsExactlyInAnyOrderElementsOf(written);
            assertThat(positions).hasSize(3);
        }
    }

    @Test
    void shouldReadTheSameByCursorIteratorAndLists() throws Exception {
        try (OfficialTable table = table(PAIR, 2, UNCOMPRESSED);
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(pairs(0, 100));
            subscribeAll(scanner, table);
            int count = 0;
            while (count < 100) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    final List<String> byCursor = new ArrayList<>();
                    final ScanRecords.Cursor cursor = records.cursor();
                    final InternalRow row = cursor.row();
                    while (cursor.next()) {
                        assertThat(cursor.row()).isSameAs(row);
                        byCursor.add(cursor.bucket() + " " + cursor.offset() + " " + cursor.timestamp() + " "
                                + cursor.changeType() + " " + row.getLong(0) + row.getString(1));
                    }
                    assertThat(cursor.next()).isFalse();
                    final List<String> byLists = new ArrayList<>();
                    records.recordsByBuckets()
                            .forEach((bucket, list) ->
                                    list.forEach(record -> byLists.add(bucket + " " + describe(record))));
                    final List<String> byBucket = new ArrayList<>();
                    records.nextOffsets()
                            .keySet()
                            .forEach(bucket -> records.records(bucket)
                                    .forEach(record -> byBucket.add(bucket + " " + describe(record))));
                    final List<String> byIterator = new ArrayList<>();
                    records.forEach(record -> byIterator.add(describe(record)));
                    assertThat(byLists).containsExactlyInAnyOrderElementsOf(byCursor);
                    assertThat(byBucket).containsExactlyInAnyOrderElementsOf(byCursor);
                    assertThat(byIterator).hasSameSizeAs(byCursor);
                    count += records.count();
                }
            }
        }
    }

    private static String describe(final ScanRecord record) {
        return record.offset() + " " + record.timestamp() + " " + record.changeType() + " "
                + record.row().getLong(0) + record.row().getString(1);
    }

    @Test
    void shouldStartWhereTold() throws Exception {
        try (OfficialTable table = table(PAIR, 1, Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(pairs(0, 50));
            table.append(pairs(50, 100));

            scanner.subscribe(0, 17);
            assertThat(numbers(scanner, 83)).containsExactlyElementsOf(range(17, 100));
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            assertThat(numbers(scanner, 100)).containsExactlyElementsOf(range(0, 100));

            scanner.subscribe(0, table.latest().get(0));
            assertThat(scanner.poll(Duration.ofMillis(50)).isEmpty()).isTrue();
            table.append(pairs(100, 110));
            assertThat(numbers(scanner, 10)).containsExactlyElementsOf(range(100, 110));
        }
    }

    @Test
    void shouldFollowALogThatGrows() throws Exception {
        try (OfficialTable table = table(PAIR, 1, Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            subscribeAll(scanner, table);
            for (int round = 0; round < 20; round++) {
                table.append(pairs(10L * round, 10L * round + 10));
                assertThat(numbers(scanner, 10)).containsExactlyElementsOf(range(10L * round, 10L * round + 10));
            }
        }
    }

    @Test
    void shouldProjectInTheOrderAskedFor() throws Exception {
        final RowType type = ScalarRows.type();
        final List<List<@Nullable Object>> written = ScalarRows.random(new Random(SEED), 200);
        try (OfficialTable table = table(ScalarRows.officialType(), 1, Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).project(13, 0, 8).createLogScanner();
                LogScanner byName = client.scan(table.path)
                        .projectByName(List.of("c26", "c4"))
                        .createLogScanner()) {
            table.append(written.stream()
                    .map(row -> ScalarRows.toOfficial(type, row))
                    .toList());
            subscribeAll(scanner, table);
            subscribeAll(byName, table);

            assertThat(rows(scanner, type.project(13, 0, 8), 200)).isEqualTo(columns(written, 13, 0, 8));
            assertThat(rows(byName, type.project(26, 4), 200)).isEqualTo(columns(written, 26, 4));
        }
    }

    @Test
    void shouldRefuseSenselessScans() throws Exception {
        try (OfficialTable table = table(PAIR, 2, Map.of());
                ScanClient client = client(config().build())) {
            final TableScan scan = client.scan(table.path);
            assertThatThrownBy(() -> scan.project()).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> scan.project(0, 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("columns 0 to 1, not 2");
            assertThatThrownBy(() -> scan.project(1, 1)).hasMessageContaining("(text) twice");
            assertThatThrownBy(() -> scan.projectByName(List.of("n", "txet")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'txet'")
                    .hasMessageContaining("[n, text]");
            try (LogScanner scanner = scan.createLogScanner()) {
                assertThatThrownBy(() -> scanner.subscribe(2, 0))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("buckets 0 to 1, not 2");
                assertThatThrownBy(() -> scanner.subscribe(0, -1)).isInstanceOf(IllegalArgumentException.class);
                assertThatThrownBy(() -> scanner.subscribeBuckets(Map.of(0, 0L, 7, 0L)))
                        .isInstanceOf(IllegalArgumentException.class);
                assertThat(scanner.poll(Duration.ZERO).isEmpty()).isTrue();
            }
        }
    }

    @Test
    void shouldReadRowByRow() throws Exception {
        try (OfficialTable table = table(PAIR, 3, Map.of());
                ScanClient client = client(config().scannerLogMaxPollRecords(1).build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(pairs(0, 300));
            subscribeAll(scanner, table);
            final List<Long> read = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isEqualTo(1);
                    records.forEach(record -> read.add(record.row().getLong(0)));
                }
            }
            assertThat(read).containsExactlyInAnyOrderElementsOf(range(0, 300));
        }
    }

    @Test
    void shouldServeABucketThatOthersWouldCrowdOut() throws Exception {
        try (OfficialTable table = table(PAIR, 3, UNCOMPRESSED);
                ScanClient client = client(config().scannerLogFetchMaxBytes(4_096)
                        .scannerLogFetchMaxBytesForBucket(1_024)
                        .build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            // Batches far larger than what one request may bring.
            table.append(pairs(0, 3_000));
            table.append(pairs(3_000, 6_000));
            subscribeAll(scanner, table);
            assertThat(numbers(scanner, 6_000).stream().sorted().toList()).isEqualTo(range(0, 6_000));
        }
    }

    @Test
    void shouldThrowForAnOffsetOutOfRangeUntilSubscribedAnew() throws Exception {
        try (OfficialTable table = table(PAIR, 2, Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(pairs(0, 40));
            scanner.subscribe(0, 1_000_000);
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> scanner.poll(LONG))
                        .isInstanceOfSatisfying(
                                FlussApiException.class,
                                e -> assertThat(e.error()).isEqualTo(FlussError.LOG_OFFSET_OUT_OF_RANGE_EXCEPTION))
                        .hasMessageContaining(table.path.toString())
                        .hasMessageContaining("bucket 0")
                        .hasMessageContaining("1000000");
            }
            subscribeAll(scanner, table);
            assertThat(numbers(scanner, 40)).containsExactlyInAnyOrderElementsOf(range(0, 40));
        }
    }

    @Test
    void shouldThrowOnUseAfterClose() throws Exception {
        try (OfficialTable table = table(PAIR, 1, UNCOMPRESSED);
                ScanClient client = client(config().build())) {
            final LogScanner scanner = client.scan(table.path).createLogScanner();
            table.append(pairs(0, 10));
            subscribeAll(scanner, table);
            final ScanRecords records = scanner.poll(LONG);
            final ScanRecord record = records.iterator().next();
            final ScanRecords.Cursor cursor = records.cursor();
            assertThat(cursor.next()).isTrue();
            scanner.close();
            scanner.close();
            assertThatThrownBy(() -> scanner.poll(LONG)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> scanner.subscribe(0, 0)).isInstanceOf(IllegalStateException.class);
            assertThat(record.row().getLong(0))
                    .as("results outlive the scanner")
                    .isZero();
            assertThat(client.memory.freeBytes()).isLessThan(client.memory.budgetBytes());

            records.close();
            records.close();
            assertThat(client.memory.freeBytes()).isEqualTo(client.memory.budgetBytes());
            assertThatThrownBy(() -> record.row().getLong(0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> record.row().isNullAt(1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> cursor.row().getString(1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(cursor::offset).isInstanceOf(IllegalStateException.class);
            assertThat(record.offset()).isZero();
            assertThat(records.count()).isEqualTo(10);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD"})
    void shouldReadOnInLittleMemoryThatNobodyGivesBack(final String codec) throws Exception {
        try (OfficialTable table = table(PAIR, 2, Map.of("table.log.arrow.compression.type", codec));
                ScanClient client = client(config().scannerBufferMemorySize(512 * 1024)
                        .scannerLogFetchMaxBytes(512 * 1024)
                        .scannerLogFetchMaxBytesForBucket(256 * 1024)
                        .build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            for (int i = 0; i < 20; i++) {
                table.append(pairs(2_000L * i, 2_000L * i + 2_000));
            }
            subscribeAll(scanner, table);
            final List<Long> read = new ArrayList<>();
            while (read.size() < 40_000) {
                scanner.poll(LONG).forEach(record -> read.add(record.row().getLong(0)));
            }
            assertThat(read.stream().sorted().toList()).isEqualTo(range(0, 40_000));
        }
    }

    @Test
    void shouldEndTheWaitOnWakeup() throws Exception {
        try (OfficialTable table = table(PAIR, 1, Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            subscribeAll(scanner, table);
            scanner.wakeup();
            assertThat(scanner.poll(LONG).isEmpty()).isTrue();

            final Thread waker = Thread.ofVirtual().start(scanner::wakeup);
            assertThat(scanner.poll(LONG).isEmpty()).isTrue();
            waker.join();
        }
    }

    @Test
    void shouldThrowWhenInterruptedAndLoseNothing() throws Exception {
        try (OfficialTable table = table(PAIR, 1, Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            subscribeAll(scanner, table);
            final Thread self = Thread.currentThread();
            final Thread interrupter = Thread.ofVirtual().start(self::interrupt);
            assertThatThrownBy(() -> scanner.poll(LONG)).isInstanceOf(FlussInterruptedException.class);
            interrupter.join();
            assertThat(Thread.interrupted()).as("the flag is set again").isTrue();

            table.append(pairs(0, 10));
            self.interrupt();
            assertThatThrownBy(() -> scanner.poll(LONG)).isInstanceOf(FlussInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(numbers(scanner, 10)).containsExactlyElementsOf(range(0, 10));
        }
    }

    @Test
    void shouldRefuseASecondThread() throws Exception {
        try (OfficialTable table = table(PAIR, 1, Map.of());
                ScanClient client = client(config().build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            subscribeAll(scanner, table);
            final CountDownLatch done = new CountDownLatch(1);
            final Thread poller = Thread.ofPlatform().start(() -> {
                scanner.poll(LONG).close();
                done.countDown();
            });
            while (poller.getState() != Thread.State.TIMED_WAITING) {
                Thread.onSpinWait();
            }
            assertThatThrownBy(() -> scanner.poll(LONG)).isInstanceOf(ConcurrentModificationException.class);
            assertThatThrownBy(() -> scanner.subscribe(0, 0)).isInstanceOf(ConcurrentModificationException.class);
            assertThatThrownBy(scanner::close).isInstanceOf(ConcurrentModificationException.class);
            scanner.wakeup();
            assertThat(done.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
            poller.join();
        }
    }

    @Test
    void shouldDropWhatIsInFlightForAnEndedSubscription() throws Exception {
        try (OfficialTable table = table(PAIR, 2, UNCOMPRESSED);
                ScanClient client = client(config().scannerLogMaxPollRecords(10).build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(pairs(0, 1_000));
            final Random random = new Random(SEED);
            for (int round = 0; round < 200; round++) {
                final int bucket = random.nextInt(2);
                final long offset = random.nextInt(400);
                scanner.subscribe(bucket, offset);
                if (random.nextBoolean()) {
                    scanner.unsubscribe(1 - bucket);
                }
                if (random.nextInt(3) > 0) {
                    try (ScanRecords records = scanner.poll(random.nextBoolean() ? LONG : Duration.ZERO)) {
                        for (final Map.Entry<TableBucket, List<ScanRecord>> entry :
                                records.recordsByBuckets().entrySet()) {
                            if (entry.getKey().bucketId() == bucket) {
                                assertThat(entry.getValue().getFirst().offset())
                                        .as("round %d", round)
                                        .isEqualTo(offset);
                            }
                        }
                    }
                }
            }
            scanner.unsubscribe(0);
            scanner.unsubscribe(1);
            assertThat(scanner.poll(Duration.ofMillis(20)).isEmpty()).isTrue();
        }
    }

    @Test
    void shouldHoldBoundedMemoryWhileNobodyPolls() throws Exception {
        try (OfficialTable table = table(PAIR, 1, UNCOMPRESSED);
                ScanClient client = client(config().scannerBufferMemorySize(1024 * 1024)
                        .scannerLogFetchMaxBytes(256 * 1024)
                        .scannerLogFetchMaxBytesForBucket(64 * 1024)
                        .build());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            for (int i = 0; i < 50; i++) {
                table.append(pairs(1_000L * i, 1_000L * i + 1_000));
            }
            subscribeAll(scanner, table);
            scanner.poll(LONG).close();
            while (client.memory.freeBytes() > client.memory.budgetBytes() - 64 * 1024) {
                Thread.onSpinWait();
            }
            assertThat(client.memory.freeBytes()).isGreaterThan(client.memory.budgetBytes() * 4 / 10);
            assertThat(numbers(scanner, 49_500)).endsWith(49_999L);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD", "LZ4_FRAME"})
    void shouldGiveTheSameAsArrowBatches(final String codec) throws Exception {
        final RowType type = ScalarRows.type();
        final List<List<@Nullable Object>> written = ScalarRows.random(new Random(SEED), 1_000);
        try (OfficialTable table =
                        table(ScalarRows.officialType(), 1, Map.of("table.log.arrow.compression.type", codec));
                ScanClient client = client(config().build());
                BufferAllocator allocator = new RootAllocator();
                LogScanner rows = client.scan(table.path).createLogScanner();
                RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner(allocator)) {
            table.append(written.stream()
                    .map(row -> ScalarRows.toOfficial(type, row))
                    .toList());
            subscribeAll(rows, table);
            batches.subscribe(0, LogScanner.EARLIEST_OFFSET);
            final List<List<@Nullable Object>> expected = rows(rows, type, 1_000);
            assertThat(expected).isEqualTo(written);

            final List<List<@Nullable Object>> read = new ArrayList<>();
            while (read.size() < 1_000) {
                for (final ScanBatch batch : batches.poll(LONG)) {
                    try (batch) {
                        assertThat(batch.baseOffset()).isEqualTo(read.size());
                        read.addAll(ArrowValues.rows(batch.batch(), type));
                        assertThat(batch.lastOffset()).isEqualTo(read.size() - 1);
                    }
                }
            }
            assertThat(read).isEqualTo(written);
            assertThat(batches.getSubscribedBuckets()).containsValue(1_000L);
            assertThat(batches.isPartitioned()).isFalse();
            assertThat(allocator.getAllocatedMemory()).isZero();
        }
    }

    @Test
    void shouldCutRowsBelowTheOffsetOffTheFirstBatch() throws Exception {
        try (OfficialTable table = table(PAIR, 1, UNCOMPRESSED);
                ScanClient client = client(config().build());
                RecordBatchLogScanner scanner = client.scan(table.path)
                        .projectByName(List.of("text", "n"))
                        .createRecordBatchLogScanner()) {
            table.append(pairs(0, 30));
            scanner.subscribe(0, 13);
            final List<Long> read = new ArrayList<>();
            while (read.size() < 17) {
                for (final ScanBatch batch : scanner.poll(LONG)) {
                    try (batch) {
                        final VectorSchemaRoot root = batch.batch();
                        assertThat(root.getSchema().getFields())
                                .extracting(field -> field.getName())
                                .containsExactly("text", "n");
                        assertThat(batch.baseOffset()).isEqualTo(13L + read.size());
                        for (int i = 0; i < batch.numRecords(); i++) {
                            final long n = ((BigIntVector) root.getVector("n")).get(i);
                            assertThat(root.getVector("text").getObject(i)).hasToString("text " + n);
                            read.add(n);
                        }
                    }
                }
            }
            assertThat(read).containsExactlyElementsOf(range(13, 30));
        }
    }

    @Test
    void shouldShowForgottenBatchesInTheAllocator() throws Exception {
        try (OfficialTable table = table(PAIR, 1, Map.of());
                ScanClient client = client(config().build())) {
            table.append(pairs(0, 30));
            final RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner();
            scanner.subscribe(0, 0);
            final List<ScanBatch> forgotten = scanner.poll(LONG);
            assertThat(forgotten).isNotEmpty();
            assertThatThrownBy(scanner::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("bytes of its batches were open");
            forgotten.forEach(ScanBatch::close);
            scanner.close();
            assertThat(client.memory.freeBytes()).isEqualTo(client.memory.budgetBytes());
        }
    }

    private OfficialTable table(
            final org.apache.fluss.types.RowType type, final int buckets, final Map<String, String> properties)
            throws Exception {
        return official.createTable(database, name, type, buckets, properties);
    }

    private Config.Builder config() {
        return Config.builder().bootstrapServers(bootstrapServers);
    }

    private static ScanClient client(final Config config) {
        return new ScanClient(config);
    }

    private static void subscribeAll(final LogScanner scanner, final OfficialTable table) {
        final Map<Integer, Long> offsets = new TreeMap<>();
        for (int bucket = 0; bucket < table.buckets; bucket++) {
            offsets.put(bucket, LogScanner.EARLIEST_OFFSET);
        }
        scanner.subscribeBuckets(offsets);
    }

    private static List<GenericRow> pairs(final long from, final long to) {
        return LongStream.range(from, to)
                .mapToObj(n -> GenericRow.of(n, BinaryString.fromString("text " + n)))
                .toList();
    }

    private static List<Long> range(final long from, final long to) {
        return LongStream.range(from, to).boxed().toList();
    }

    private static List<Long> numbers(final LogScanner scanner, final int count) {
        final List<Long> numbers = new ArrayList<>();
        while (numbers.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                assertThat(records.isEmpty())
                        .as("after %d records", numbers.size())
                        .isFalse();
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    numbers.add(cursor.row().getLong(0));
                }
            }
        }
        return numbers;
    }

    private static List<List<@Nullable Object>> rows(final LogScanner scanner, final RowType type, final int count) {
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        while (rows.size() < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                records.forEach(record -> rows.add(ScalarRows.read(type, record.row())));
            }
        }
        return rows;
    }

    private static List<List<@Nullable Object>> columns(final List<List<@Nullable Object>> rows, final int... columns) {
        final List<List<@Nullable Object>> projected = new ArrayList<>();
        for (final List<@Nullable Object> row : rows) {
            final List<@Nullable Object> some = new ArrayList<>();
            for (final int column : columns) {
                some.add(row.get(column));
            }
            projected.add(Collections.unmodifiableList(some));
        }
        return projected;
    }
}
