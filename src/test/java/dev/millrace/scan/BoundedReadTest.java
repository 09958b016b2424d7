package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.metadata.TableBucket;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.arrow.vector.BigIntVector;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Reading up to an end, by row and by batch. */
@WithCluster
@Timeout(120)
class BoundedReadTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final RowType PAIR =
            RowType.of(new DataType[] {DataTypes.BIGINT(), DataTypes.STRING()}, new String[] {"n", "text"});

    private static OfficialClient official;
    private final Config config;
    private final String database;
    private String name = "";

    BoundedReadTest(final FlussCluster cluster, final Database database) {
        this.config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
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

    @BeforeEach
    void nameTable(final TestInfo test) {
        name = test.getTestMethod().orElseThrow().getName();
    }

    @Test
    void shouldEndAtTheLatestOffsetsWhileOthersWriteOn() throws Exception {
        final AtomicBoolean isOver = new AtomicBoolean();
        try (OfficialTable table = official.createTable(database, name, PAIR, 3, Map.of());
                ScanClient client = new ScanClient(config);
                LogScanner rows = client.scan(table.path).createLogScanner();
                RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner()) {
            table.append(pairs(0, 3_000));
            final CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                for (long n = 3_000; !isOver.get(); n += 50) {
                    table.append(pairs(n, n + 50));
                }
            });
            rows.subscribeBuckets(earliest(3));
            batches.subscribeBuckets(earliest(3));
            final Map<Integer, Long> before = table.latest();
            try (LogReader byRow = LogReader.untilLatest(rows);
                    RecordBatchLogReader byBatch = RecordBatchLogReader.untilLatest(batches)) {
                final Map<Integer, Long> after = table.latest();
                while (grown(table.latest(), after) < 3) {
                    Thread.onSpinWait();
                }
                final Map<Integer, Long> ends = readRows(byRow);
                assertThat(ends).hasSize(3);
                ends.forEach((bucket, end) -> assertThat(end).isBetween(before.get(bucket), after.get(bucket)));
                final Map<Integer, Long> batchEnds = readBatches(byBatch);
                assertThat(batchEnds).hasSize(3);
                batchEnds.forEach((bucket, end) -> assertThat(end).isBetween(before.get(bucket), after.get(bucket)));
                assertThat(byRow.poll(LONG).isEmpty()).isTrue();
                assertThat(byBatch.poll(LONG)).isEmpty();
                assertThat(byBatch.nextBatch()).isEmpty();
            } finally {
                isOver.set(true);
                writing.get(LONG.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }

    private static int grown(final Map<Integer, Long> now, final Map<Integer, Long> before) {
        return (int) now.keySet().stream()
                .filter(bucket -> now.get(bucket) > before.get(bucket))
                .count();
    }

    /** Checks that offsets follow without a gap from 0; returns where each bucket ended. */
    private static Map<Integer, Long> readRows(final LogReader reader) {
        final Map<Integer, Long> ends = new HashMap<>();
        while (!reader.isDone()) {
            try (ScanRecords records = reader.poll(LONG)) {
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    assertThat(cursor.offset())
                            .isEqualTo(ends.getOrDefault(cursor.bucket().bucketId(), 0L));
                    ends.merge(cursor.bucket().bucketId(), 1L, Long::sum);
                }
                records.nextOffsets()
                        .forEach((bucket, next) -> assertThat(ends).containsEntry(bucket.bucketId(), next));
            }
        }
        return ends;
    }

    private static Map<Integer, Long> readBatches(final RecordBatchLogReader reader) {
        final Map<Integer, Long> ends = new HashMap<>();
        for (Optional<ScanBatch> next = reader.nextBatch(); next.isPresent(); next = reader.nextBatch()) {
            try (ScanBatch batch = next.get()) {
                final int bucket = batch.bucket().bucketId();
                assertThat(batch.baseOffset()).isEqualTo(ends.getOrDefault(bucket, 0L));
                assertThat(batch.batch().getRowCount()).isEqualTo(batch.numRecords());
                ends.put(bucket, batch.lastOffset() + 1);
            }
        }
        assertThat(reader.isDone()).isTrue();
        return ends;
    }

    @Test
    void shouldStopInTheMiddleOfBatches() throws Exception {
        try (OfficialTable table = official.createTable(database, name, PAIR, 1, Map.of());
                ScanClient client = new ScanClient(config)) {
            for (int i = 0; i < 4; i++) {
                table.append(pairs(25L * i, 25L * i + 25));
            }
            final long[][] ranges = {{0, 1}, {0, 24}, {3, 25}, {3, 26}, {24, 26}, {30, 40}, {0, 100}, {99, 100}};
            for (final long[] range : ranges) {
                final TableBucket bucket = bucket(client, table, 0);
                final LogScanner rows = client.scan(table.path).createLogScanner();
                rows.subscribe(0, range[0]);
                final List<Long> byRow = new ArrayList<>();
                try (LogReader reader = LogReader.untilOffsets(rows, Map.of(bucket, range[1]))) {
                    while (!reader.isDone()) {
                        try (ScanRecords records = reader.poll(LONG)) {
                            records.forEach(record -> byRow.add(record.row().getLong(0)));
                            assertThat(records.nextOffsets().get(bucket)).isLessThanOrEqualTo(range[1]);
                        }
                    }
                }
                final RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner();
                batches.subscribe(0, range[0]);
                final List<Long> byBatch = new ArrayList<>();
                try (RecordBatchLogReader reader =
                        RecordBatchLogReader.untilOffsets(batches, Map.of(bucket, range[1]))) {
                    for (final ScanBatch batch : reader.collectAllBatches()) {
                        try (batch) {
                            assertThat(batch.baseOffset()).isEqualTo(range[0] + byBatch.size());
                            for (int row = 0; row < batch.numRecords(); row++) {
                                byBatch.add(((BigIntVector) batch.batch().getVector("n")).get(row));
                            }
                        }
                    }
                    assertThat(reader.isDone()).isTrue();
                    assertThat(batches.getSubscribedBuckets()).isEmpty();
                }
                final List<Long> expected =
                        LongStream.range(range[0], range[1]).boxed().toList();
                assertThat(byRow).as("rows of %d to %d", range[0], range[1]).isEqualTo(expected);
                assertThat(byBatch)
                        .as("batches of %d to %d", range[0], range[1])
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldGoOnWhereTheScannerWas() throws Exception {
        final Config few = Config.builder()
                .bootstrapServers(config.bootstrapServers())
                .scannerLogMaxPollRecords(7)
                .build();
        try (OfficialTable table = official.createTable(database, name, PAIR, 1, Map.of());
                ScanClient client = new ScanClient(few);
                LogScanner scanner = client.scan(table.path).createLogScanner();
                LogScanner far = client.scan(table.path).createLogScanner()) {
            table.append(pairs(0, 50));
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            far.subscribe(0, LogScanner.EARLIEST_OFFSET);
            scanner.poll(LONG).close();
            far.poll(LONG).close();
            final TableBucket bucket = bucket(client, table, 0);
            try (LogReader reader = LogReader.untilOffsets(scanner, Map.of(bucket, 20L));
                    LogReader behind = LogReader.untilOffsets(far, Map.of(bucket, 5L))) {
                final List<Long> read = new ArrayList<>();
                while (!reader.isDone()) {
                    try (ScanRecords records = reader.poll(LONG)) {
                        records.forEach(record -> read.add(record.row().getLong(0)));
                    }
                }
                assertThat(read)
                        .containsExactlyElementsOf(
                                LongStream.range(7, 20).boxed().toList());
                assertThat(behind.isDone()).isTrue();
                assertThat(behind.poll(LONG).isEmpty()).isTrue();
            }
        }
    }

    @Test
    void shouldBeDoneAtOnceWithAnEmptyTable() throws Exception {
        try (OfficialTable table = official.createTable(database, name, PAIR, 2, Map.of());
                ScanClient client = new ScanClient(config)) {
            final LogScanner rows = client.scan(table.path).createLogScanner();
            rows.subscribeBuckets(earliest(2));
            try (LogReader reader = LogReader.untilLatest(rows)) {
                assertThat(reader.isDone()).isTrue();
                assertThat(reader.poll(LONG).isEmpty()).isTrue();
            }
            final RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner();
            batches.subscribeBuckets(Map.of(0, LogScanner.EARLIEST_OFFSET, 1, 0L));
            try (RecordBatchLogReader reader = RecordBatchLogReader.untilLatest(batches)) {
                assertThat(reader.nextBatch()).isEmpty();
                assertThat(reader.nextBatch()).isEmpty();
                assertThat(reader.poll(LONG)).isEmpty();
                assertThat(reader.collectAllBatches()).isEmpty();
            }
        }
    }

    @Test
    void shouldNameWhatIsMissingAndReadOnWhenItCame() throws Exception {
        final Config hasty = Config.builder()
                .bootstrapServers(config.bootstrapServers())
                .requestTimeout(Duration.ofSeconds(2))
                .build();
        try (OfficialTable table = official.createTable(database, name, PAIR, 1, Map.of());
                ScanClient client = new ScanClient(hasty)) {
            table.append(pairs(0, 10));
            final RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner();
            scanner.subscribe(0, 0);
            try (RecordBatchLogReader reader =
                    RecordBatchLogReader.untilOffsets(scanner, Map.of(bucket(client, table, 0), 15L))) {
                assertThat(count(reader, 10)).isEqualTo(10);
                assertThat(reader.poll(Duration.ZERO)).isEmpty();
                assertThat(reader.isDone()).as("no data yet is not done").isFalse();
                assertThatThrownBy(reader::nextBatch)
                        .isInstanceOf(RpcException.class)
                        .hasMessageContaining(table.path.toString())
                        .hasMessageContaining("bucket 0, offset 10 to 14");
                table.append(pairs(10, 20));
                assertThat(count(reader, 5)).isEqualTo(5);
                assertThat(reader.nextBatch()).isEmpty();
            }
        }
    }

    /** Polls until there are so many rows, or more. */
    private static int count(final RecordBatchLogReader reader, final int rows) {
        int count = 0;
        while (count < rows) {
            for (final ScanBatch batch : reader.poll(LONG)) {
                try (batch) {
                    count += batch.numRecords();
                }
            }
        }
        return count;
    }

    @Test
    void shouldEndWithTheChangesOfAKey() throws Exception {
        try (OfficialChanges table = new OfficialChanges(official, database, name, 2, "FULL");
                ScanClient client = new ScanClient(config)) {
            table.upsert(0, 50, "a");
            table.upsert(20, 50, "b");
            table.delete(40, 50);
            final TreeMap<Integer, List<String>> expected = table.read(120);
            final LogScanner rows = client.scan(table.path).createLogScanner();
            rows.subscribeBuckets(earliest(2));
            final TreeMap<Integer, List<String>> byRow = new TreeMap<>();
            try (LogReader reader = LogReader.untilLatest(rows)) {
                while (!reader.isDone()) {
                    try (ScanRecords records = reader.poll(LONG)) {
                        records.recordsByBuckets()
                                .forEach((bucket, list) -> list.forEach(
                                        record -> byRow.computeIfAbsent(bucket.bucketId(), key -> new ArrayList<>())
                                                .add(OfficialChanges.describe(
                                                        record.changeType().shortString(),
                                                        record.offset(),
                                                        record.row().getLong(0),
                                                        record.row().getString(1)))));
                    }
                }
            }
            assertThat(byRow).isEqualTo(expected);
        }
    }

    @Test
    void shouldRefuseSenselessStops() throws Exception {
        try (OfficialTable table = official.createTable(database, name, PAIR, 2, Map.of());
                ScanClient client = new ScanClient(config);
                LogScanner rows = client.scan(table.path).createLogScanner();
                RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner()) {
            final TableBucket first = bucket(client, table, 0);
            final TableBucket second = bucket(client, table, 1);
            assertThatThrownBy(() -> LogReader.untilLatest(rows))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(table.path.toString())
                    .hasMessageContaining("subscribe before reading");
            assertThatThrownBy(() -> RecordBatchLogReader.untilOffsets(batches, Map.of()))
                    .isInstanceOf(IllegalArgumentException.class);
            rows.subscribe(0, 7);
            batches.subscribe(0, 7);
            assertThatThrownBy(() -> LogReader.untilOffsets(rows, Map.of(first, 9L, second, 8L)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("bucket 1, offset 8")
                    .hasMessageContaining("not subscribed");
            assertThatThrownBy(() -> RecordBatchLogReader.untilOffsets(batches, Map.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("bucket 0, offset 7")
                    .hasMessageContaining("no stopping offset");
            assertThatThrownBy(() -> RecordBatchLogReader.untilOffsets(batches, Map.of(first, -1L)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("bucket 0, offset -1");
            rows.subscribe(0, 0);
            final LogReader reader = LogReader.untilOffsets(rows, Map.of(first, 1L));
            assertThatThrownBy(() -> LogReader.untilOffsets(rows, Map.of(first, 1L)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("belongs to a bounded reader");
            assertThatThrownBy(() -> rows.subscribe(1, 0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("belongs to a bounded reader");
            assertThat(reader.isDone()).isFalse();
            rows.unsubscribe(0);
            assertThat(reader.isDone())
                    .as("what was given up is not waited for")
                    .isTrue();
            reader.close();
            reader.close();
            assertThatThrownBy(reader::isDone).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> reader.poll(LONG)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> LogReader.untilLatest(rows)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldWakeInterruptAndRefuseASecondThread() throws Exception {
        try (OfficialTable table = official.createTable(database, name, PAIR, 1, Map.of());
                ScanClient client = new ScanClient(config)) {
            final RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner();
            scanner.subscribe(0, 0);
            try (RecordBatchLogReader reader =
                    RecordBatchLogReader.untilOffsets(scanner, Map.of(bucket(client, table, 0), 5L))) {
                reader.wakeup();
                assertThat(reader.poll(LONG)).isEmpty();
                assertThat(reader.isDone()).isFalse();

                final CompletableFuture<Optional<ScanBatch>> waiting = new CompletableFuture<>();
                final Thread waiter = Thread.ofPlatform().start(() -> {
                    try {
                        waiting.complete(reader.nextBatch());
                    } catch (RuntimeException e) {
                        waiting.completeExceptionally(e);
                    }
                });
                while (waiter.getState() != Thread.State.TIMED_WAITING) {
                    Thread.onSpinWait();
                }
                assertThatThrownBy(reader::nextBatch).isInstanceOf(ConcurrentModificationException.class);
                assertThatThrownBy(reader::isDone).isInstanceOf(ConcurrentModificationException.class);
                reader.wakeup();
                waiter.interrupt();
                waiter.join();
                assertThatThrownBy(waiting::join).hasCauseInstanceOf(FlussInterruptedException.class);

                reader.wakeup();
                table.append(pairs(0, 5));
                int count = 0;
                for (final ScanBatch batch : reader.collectAllBatches()) {
                    try (batch) {
                        count += batch.numRecords();
                    }
                }
                assertThat(count).isEqualTo(5);
            }
        }
    }

    private static TableBucket bucket(final ScanClient client, final OfficialTable table, final int bucket) {
        return TableBucket.of(client.tableId(table.path), bucket);
    }

    private static Map<Integer, Long> earliest(final int buckets) {
        final Map<Integer, Long> offsets = new HashMap<>();
        for (int bucket = 0; bucket < buckets; bucket++) {
            offsets.put(bucket, LogScanner.EARLIEST_OFFSET);
        }
        return offsets;
    }

    private static List<GenericRow> pairs(final long from, final long to) {
        return LongStream.range(from, to)
                .mapToObj(n -> GenericRow.of(n, BinaryString.fromString("text " + n)))
                .toList();
    }
}
