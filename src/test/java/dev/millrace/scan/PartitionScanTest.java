package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.FlussApiException;
import dev.millrace.error.FlussError;
import dev.millrace.metadata.PartitionBucket;
import dev.millrace.metadata.PartitionInfo;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.arrow.vector.BigIntVector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Scans of partitioned tables, whose partitions come and go. */
@WithCluster
@Timeout(60)
class PartitionScanTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final long SEED = 20261125;
    private static final int BUCKETS = 3;

    private final String bootstrapServers;
    private final String database;
    private FlussConnection connection;
    private TablePath path;
    private FlussTable table;

    PartitionScanTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeEach
    void connect(final TestInfo test) {
        connection = FlussConnection.connect(
                Config.builder().bootstrapServers(bootstrapServers).build());
        path = TablePath.of(database, test.getTestMethod().orElseThrow().getName());
        createTable();
    }

    @AfterEach
    void disconnect() {
        connection.getAdmin().dropTable(path, true);
        connection.close();
    }

    @Test
    void shouldReadTheBucketsOfPartitions() {
        final long first = createPartition("d1");
        final long second = createPartition("d2");
        createPartition("d3");
        append("d1", 0, 400);
        append("d2", 400, 1_000);
        append("d3", 1_000, 1_100);
        try (LogScanner rows = table.newScan().createLogScanner();
                RecordBatchLogScanner batches = table.newScan().createRecordBatchLogScanner()) {
            final Map<PartitionBucket, Long> all = new HashMap<>();
            all.putAll(buckets(first));
            all.putAll(buckets(second));
            rows.subscribePartitionBuckets(all);
            final Map<TableBucket, Long> positions = new HashMap<>();
            final List<Long> read = new ArrayList<>();
            while (read.size() < 1_000) {
                try (ScanRecords records = rows.poll(LONG)) {
                    assertThat(records.isEmpty()).isFalse();
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        final TableBucket bucket = cursor.bucket();
                        assertThat(bucket.partitionId())
                                .isEqualTo(cursor.row().getString(1).equals("d1") ? first : second);
                        assertThat(cursor.offset()).isEqualTo(positions.getOrDefault(bucket, 0L));
                        positions.merge(bucket, 1L, Long::sum);
                        read.add(cursor.row().getLong(0));
                    }
                    records.nextOffsets()
                            .forEach((bucket, next) -> assertThat(next).isEqualTo(positions.get(bucket)));
                }
            }
            assertThat(read).containsExactlyInAnyOrderElementsOf(range(0, 1_000));
            assertThat(positions).hasSize(2 * BUCKETS);

            assertThat(batches.isPartitioned()).isTrue();
            buckets(second)
                    .forEach((bucket, offset) ->
                            batches.subscribePartition(bucket.partitionId(), bucket.bucketId(), offset));
            batches.subscribePartition(first, 0, 0);
            batches.unsubscribePartition(first, 0);
            final List<Long> readAsBatches = new ArrayList<>();
            while (readAsBatches.size() < 600) {
                for (final ScanBatch batch : batches.poll(LONG)) {
                    try (batch) {
                        assertThat(batch.bucket().partitionId()).isEqualTo(second);
                        final BigIntVector numbers =
                                (BigIntVector) batch.batch().getVector("n");
                        for (int row = 0; row < batch.numRecords(); row++) {
                            readAsBatches.add(numbers.get(row));
                        }
                    }
                }
            }
            assertThat(readAsBatches).containsExactlyInAnyOrderElementsOf(range(400, 1_000));
            final Map<TableBucket, Long> latest = new HashMap<>();
            connection
                    .getAdmin()
                    .listPartitionOffsets(path, "d2", List.of(0, 1, 2), OffsetSpec.latest())
                    .forEach((bucket, offset) -> latest.put(tableBucket(second, bucket), offset));
            assertThat(batches.getSubscribedBuckets()).isEqualTo(latest);
        }
    }

    @Test
    void shouldReadPartitionsUntilTheLatestOffsets() {
        final long first = createPartition("d1");
        final long second = createPartition("d2");
        append("d1", 0, 300);
        append("d2", 300, 500);
        final LogScanner rows = table.newScan().createLogScanner();
        final Map<PartitionBucket, Long> all = new HashMap<>();
        all.putAll(buckets(first));
        all.putAll(buckets(second));
        rows.subscribePartitionBuckets(all);
        final RecordBatchLogScanner batches = table.newScan().createRecordBatchLogScanner();
        batches.subscribePartitionBuckets(all);
        try (LogReader byRow = LogReader.untilLatest(rows);
                RecordBatchLogReader byBatch = RecordBatchLogReader.untilLatest(batches)) {
            append("d2", 500, 600);
            final List<Long> read = new ArrayList<>();
            while (!byRow.isDone()) {
                try (ScanRecords records = byRow.poll(LONG)) {
                    records.forEach(record -> read.add(record.row().getLong(0)));
                }
            }
            assertThat(read).containsExactlyInAnyOrderElementsOf(range(0, 500));
            final List<Long> readAsBatches = new ArrayList<>();
            for (final ScanBatch batch : byBatch.collectAllBatches()) {
                try (batch) {
                    final BigIntVector numbers = (BigIntVector) batch.batch().getVector("n");
                    for (int row = 0; row < batch.numRecords(); row++) {
                        readAsBatches.add(numbers.get(row));
                    }
                }
            }
            assertThat(readAsBatches).containsExactlyInAnyOrderElementsOf(range(0, 500));
        }
    }

    @Test
    void shouldNameTheRightCallForTheOtherKindOfTable() {
        final TablePath plain = TablePath.of(database, "plain");
        createPlainTable(plain);
        try (LogScanner rows = table.newScan().createLogScanner();
                RecordBatchLogScanner batches = table.newScan().createRecordBatchLogScanner();
                LogScanner plainRows = connection.getTable(plain).newScan().createLogScanner();
                RecordBatchLogScanner plainBatches =
                        connection.getTable(plain).newScan().createRecordBatchLogScanner()) {
            assertRefused(path, "subscribePartition", () -> rows.subscribe(0, 0));
            assertRefused(path, "subscribePartitionBuckets", () -> rows.subscribeBuckets(Map.of(0, 0L)));
            assertRefused(path, "unsubscribePartition", () -> rows.unsubscribe(0));
            assertRefused(path, "subscribePartition", () -> batches.subscribe(0, 0));
            assertRefused(path, "subscribePartitionBuckets", () -> batches.subscribeBuckets(Map.of(0, 0L)));
            assertRefused(path, "unsubscribePartition", () -> batches.unsubscribe(0));

            final Map<PartitionBucket, Long> buckets = Map.of(PartitionBucket.of(1, 0), 0L);
            assertRefused(plain, "use subscribe ", () -> plainRows.subscribePartition(1, 0, 0));
            assertRefused(plain, "subscribeBuckets", () -> plainRows.subscribePartitionBuckets(buckets));
            assertRefused(plain, "use unsubscribe", () -> plainRows.unsubscribePartition(1, 0));
            assertRefused(plain, "use subscribe ", () -> plainBatches.subscribePartition(1, 0, 0));
            assertRefused(plain, "subscribeBuckets", () -> plainBatches.subscribePartitionBuckets(buckets));
            assertRefused(plain, "use unsubscribe", () -> plainBatches.unsubscribePartition(1, 0));
        }
        connection.getAdmin().dropTable(plain);
    }

    @Test
    void shouldChangeNothingWhenOneOfTheBucketsIsWrong() {
        final long partition = createPartition("d1");
        try (RecordBatchLogScanner batches = table.newScan().createRecordBatchLogScanner()) {
            batches.subscribePartition(partition, 1, 7);
            final Map<PartitionBucket, Long> wrong = new LinkedHashMap<>();
            for (final int bucket : new int[] {0, 1, BUCKETS}) {
                wrong.put(PartitionBucket.of(partition, bucket), 5L);
            }
            assertThatThrownBy(() -> batches.subscribePartitionBuckets(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(path.toString())
                    .hasMessageContaining("0 to 2")
                    .hasMessageContaining("not 3");
            assertThatThrownBy(() -> batches.subscribePartition(partition, 0, -3))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("-3");
            assertThat(batches.getSubscribedBuckets()).isEqualTo(Map.of(tableBucket(partition, 1), 7L));
        }
    }

    @Test
    void shouldEndADroppedPartitionAloneAndReadOn() {
        final long dropped = createPartition("d1");
        final long kept = createPartition("d2");
        append("d1", 0, 10);
        append("d2", 100, 110);
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribePartitionBuckets(buckets(dropped));
            scanner.subscribePartitionBuckets(buckets(kept));
            assertThat(numbers(scanner, 20)).hasSize(20);

            connection.getAdmin().dropPartition(path, spec("d1"));
            append("d2", 110, 120);
            final List<Long> after = new ArrayList<>();
            for (int bucket = 0; bucket < BUCKETS; bucket++) {
                readUntilRefused(scanner, FlussError.PARTITION_NOT_EXISTS, "partition " + dropped, after);
                // The others of the partition have ended as well, and are thrown for one by one.
                scanner.unsubscribePartition(dropped, bucket);
            }
            append("d2", 120, 130);
            after.addAll(numbers(scanner, 20 - after.size()));
            assertThat(after).containsExactlyInAnyOrderElementsOf(range(110, 130));
        }
    }

    @Test
    void shouldTellOfAPartitionThatNeverWas() {
        final long partition = createPartition("d1");
        append("d1", 0, 10);
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribePartition(987_654_321, 1, 0);
            scanner.subscribePartitionBuckets(buckets(partition));
            readUntilRefused(
                    scanner, FlussError.PARTITION_NOT_EXISTS, "partition 987654321, bucket 1", new ArrayList<>());
            scanner.unsubscribePartition(987_654_321, 1);
            scanner.subscribePartitionBuckets(buckets(partition));
            assertThat(numbers(scanner, 10)).containsExactlyInAnyOrderElementsOf(range(0, 10));
        }
    }

    @Test
    void shouldEndWithATableThatIsDroppedAndCreatedAgain() {
        final long partition = createPartition("d1");
        append("d1", 0, 10);
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribePartitionBuckets(buckets(partition));
            assertThat(numbers(scanner, 10)).hasSize(10);
            connection.getAdmin().dropTable(path);
            createTable();
            createPartition("d1");
            append("d1", 50, 60);
            // The partitions go before the table does, so either may be found missing.
            assertThatThrownBy(() -> {
                        while (true) {
                            scanner.poll(LONG).close();
                        }
                    })
                    .isInstanceOfSatisfying(
                            FlussApiException.class,
                            e -> assertThat(e.error())
                                    .isIn(FlussError.TABLE_NOT_EXIST, FlussError.PARTITION_NOT_EXISTS))
                    .hasMessageContaining(path.toString());
            buckets(partition)
                    .keySet()
                    .forEach(bucket -> scanner.unsubscribePartition(bucket.partitionId(), bucket.bucketId()));
            assertThat(scanner.poll(Duration.ZERO).isEmpty()).isTrue();
        }
    }

    @Test
    void shouldEndWithATableWithoutPartitionsThatIsDroppedAndCreatedAgain() {
        final TablePath plain = TablePath.of(database, "again");
        createPlainTable(plain);
        try (LogScanner scanner = connection.getTable(plain).newScan().createLogScanner()) {
            scanner.subscribe(0, 0);
            appendNumber(plain, 5);
            assertThat(numbers(scanner, 1)).containsExactly(5L);
            connection.getAdmin().dropTable(plain);
            createPlainTable(plain);
            appendNumber(plain, 6);
            final List<Long> after = new ArrayList<>();
            readUntilRefused(scanner, FlussError.TABLE_NOT_EXIST, plain.toString(), after);
            assertThat(after).isEmpty();
        }
        connection.getAdmin().dropTable(plain);
    }

    private void createPlainTable(final TablePath plain) {
        connection
                .getAdmin()
                .createTable(
                        plain,
                        TableDescriptor.builder()
                                .schema(Schema.builder()
                                        .column("n", DataTypes.BIGINT())
                                        .build())
                                .distributedBy(1)
                                .build());
    }

    private void appendNumber(final TablePath plain, final long n) {
        try (AppendWriter writer = connection.getTable(plain).newAppend().createWriter()) {
            writer.append(GenericRow.fromData(n)).await();
        }
    }

    /** Against a model: what a bucket gives next is what it was subscribed to last, or what follows what it gave. */
    @Test
    void shouldMoveAndEndSubscriptionsWhileDataFlows() throws Exception {
        final long partition = createPartition("d1");
        append("d1", 0, 3 * 100);
        final AtomicBoolean ends = new AtomicBoolean();
        final FutureTask<Void> writing = new FutureTask<>(() -> {
            try (AppendWriter writer = table.newAppend().createWriter()) {
                for (long n = 0; !ends.get(); n++) {
                    writer.append(GenericRow.fromData(n, "d1")).await();
                }
            }
            return null;
        });
        final Random random = new Random(SEED);
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            Thread.startVirtualThread(writing);
            final Map<TableBucket, Long> due = new HashMap<>();
            final Map<TableBucket, Long> reached = new HashMap<>();
            int given = 0;
            for (int round = 0; round < 400; round++) {
                final int bucket = random.nextInt(BUCKETS);
                final TableBucket changed = tableBucket(partition, bucket);
                if (random.nextInt(4) == 0) {
                    scanner.unsubscribePartition(partition, bucket);
                    due.remove(changed);
                } else if (random.nextBoolean()) {
                    final long offset = random.nextLong(1 + reached.getOrDefault(changed, 0L));
                    scanner.subscribePartition(partition, bucket, offset);
                    due.put(changed, offset);
                }
                try (ScanRecords records = scanner.poll(random.nextBoolean() ? Duration.ofMillis(20) : Duration.ZERO)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        assertThat(due)
                                .as("seed %d, round %d", SEED, round)
                                .containsEntry(cursor.bucket(), cursor.offset());
                        due.put(cursor.bucket(), cursor.offset() + 1);
                        reached.merge(cursor.bucket(), cursor.offset() + 1, Math::max);
                        given++;
                    }
                }
            }
            assertThat(given).isGreaterThan(1_000);
            assertThat(reached).hasSize(BUCKETS);
        } finally {
            ends.set(true);
            writing.get(20, TimeUnit.SECONDS);
        }
    }

    private void createTable() {
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.builder()
                                        .column("n", DataTypes.BIGINT())
                                        .column("day", DataTypes.STRING())
                                        .build())
                                .partitionedBy("day")
                                .distributedBy(BUCKETS)
                                .build());
        table = connection.getTable(path);
    }

    private long createPartition(final String day) {
        connection.getAdmin().createPartition(path, spec(day));
        return connection.getAdmin().listPartitionInfosWithSpec(path, spec(day)).stream()
                .mapToLong(PartitionInfo::getPartitionId)
                .sum();
    }

    /** Spreads the numbers over the buckets, and waits until all of them can be read. */
    private void append(final String day, final long from, final long to) {
        // So that no bucket is passed over because it has no leader yet.
        connection.getAdmin().listPartitionOffsets(path, day, List.of(0, 1, 2), OffsetSpec.latest());
        try (AppendWriter writer = table.newAppend().createWriter()) {
            for (long n = from; n < to; n++) {
                writer.append(GenericRow.fromData(n, day));
                if (n % 4 == 0) {
                    writer.flush();
                }
            }
            writer.flush();
        }
    }

    private static void readUntilRefused(
            final LogScanner scanner, final FlussError error, final String text, final List<Long> read) {
        assertThatThrownBy(() -> {
                    while (true) {
                        read.addAll(numbers(scanner, 1));
                    }
                })
                .isInstanceOfSatisfying(
                        FlussApiException.class, e -> assertThat(e.error()).isEqualTo(error))
                .hasMessageContaining(text);
    }

    private static void assertRefused(final TablePath path, final String call, final Runnable wrong) {
        assertThatThrownBy(wrong::run)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining(path.toString())
                .hasMessageContaining(call);
    }

    private static Map<PartitionBucket, Long> buckets(final long partition) {
        final Map<PartitionBucket, Long> buckets = new HashMap<>();
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
            buckets.put(PartitionBucket.of(partition, bucket), LogScanner.EARLIEST_OFFSET);
        }
        return buckets;
    }

    private TableBucket tableBucket(final long partition, final int bucket) {
        return TableBucket.of(table.getTableInfo().tableId(), partition, bucket);
    }

    private static PartitionSpec spec(final String day) {
        return PartitionSpec.of(Map.of("day", day));
    }

    private static Collection<Long> range(final long from, final long to) {
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
}
