package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.NoKeyAssigner;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.internal.rpc.ScriptedServer.Request;
import dev.millrace.internal.rpc.proto.FetchLogRequest;
import dev.millrace.internal.rpc.proto.FetchLogResponse;
import dev.millrace.internal.rpc.proto.PbFetchLogReqForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForBucket;
import dev.millrace.internal.rpc.proto.PbFetchLogRespForTable;
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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One scanner over thousands of buckets. */
@WithCluster
@Timeout(120)
class ManyBucketsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int MANY = 2_000;

    @Test
    void shouldReadHundredsOfBucketsOfPartitionsOnce(final FlussCluster cluster, final Database database) {
        shouldReadEachRowOnce(cluster, database, 4, 80);
    }

    /** Most of the time goes to the server, which takes some 16 ms to create a bucket. */
    @Test
    @Tag("stress")
    @Timeout(600)
    void shouldReadThousandsOfBucketsOfPartitionsOnce(final FlussCluster cluster, final Database database) {
        shouldReadEachRowOnce(cluster, database, 8, 250);
    }

    private static void shouldReadEachRowOnce(
            final FlussCluster cluster, final Database database, final int partitions, final int buckets) {
        final int rowsPerBucket = 5;
        final Config config = Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .writerBucketNoKeyAssigner(NoKeyAssigner.ROUND_ROBIN)
                .build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            final FlussAdmin admin = connection.getAdmin();
            final TablePath path = TablePath.of(database.name(), "buckets_" + partitions * buckets);
            admin.createTable(
                    path,
                    TableDescriptor.builder()
                            .schema(Schema.builder()
                                    .column("n", DataTypes.BIGINT())
                                    .column("day", DataTypes.STRING())
                                    .build())
                            .partitionedBy("day")
                            .distributedBy(buckets)
                            .build());
            final List<Integer> all = IntStream.range(0, buckets).boxed().toList();
            for (int day = 0; day < partitions; day++) {
                admin.createPartition(path, PartitionSpec.of(Map.of("day", "d" + day)));
            }
            for (int day = 0; day < partitions; day++) {
                // So that no bucket is passed over because it has no leader yet.
                admin.listPartitionOffsets(path, "d" + day, all, OffsetSpec.latest());
            }
            final FlussTable table = connection.getTable(path);
            final Map<PartitionBucket, Long> subscriptions = new HashMap<>();
            for (final PartitionInfo partition : admin.listPartitionInfos(path)) {
                all.forEach(bucket -> subscriptions.put(PartitionBucket.of(partition.getPartitionId(), bucket), 0L));
            }
            try (LogScanner scanner = table.newScan().createLogScanner();
                    AppendWriter writer = table.newAppend().createWriter()) {
                scanner.subscribePartitionBuckets(subscriptions);
                for (int n = 0; n < partitions * buckets * rowsPerBucket; n++) {
                    writer.append(GenericRow.fromData((long) n, "d" + n % partitions));
                }
                writer.flush();
                final Set<Long> read = new HashSet<>();
                final Map<TableBucket, Long> positions = new HashMap<>();
                while (read.size() < partitions * buckets * rowsPerBucket) {
                    try (ScanRecords records = scanner.poll(LONG)) {
                        assertThat(records.isEmpty())
                                .as("after %d", read.size())
                                .isFalse();
                        for (final ScanRecord record : records) {
                            assertThat(read.add(record.row().getLong(0))).isTrue();
                        }
                        records.nextOffsets().forEach((bucket, next) -> positions.merge(bucket, next, Math::max));
                    }
                }
                assertThat(positions.values().stream()
                                .mapToLong(Long::longValue)
                                .sum())
                        .isEqualTo((long) partitions * buckets * rowsPerBucket);
                assertThat(positions).hasSizeGreaterThan(partitions * buckets / 2);
                subscriptions
                        .keySet()
                        .forEach(bucket -> scanner.unsubscribePartition(bucket.partitionId(), bucket.bucketId()));
            }
            admin.dropTable(path);
        }
    }

    /** Their data is several times the memory, and so is what a request for all of them would bring. */
    @Test
    void shouldReadManyBucketsInLittleMemory() throws Exception {
        final byte[] batch = ScriptedLog.batch(0, 40);
        assertThat(MANY * batch.length).isGreaterThan(3 * 256 * 1024);
        final BlockingQueue<FetchLogRequest> requests = new LinkedBlockingQueue<>();
        try (ScriptedLog log = new ScriptedLog(
                        MANY,
                        settings -> settings.scannerBufferMemorySize(256 * 1024)
                                .scannerLogFetchMaxBytes(256 * 1024)
                                .scannerLogFetchMaxBytesForBucket(256 * 1024),
                        (request, fetch) -> {
                            requests.add(fetch);
                            serve(request, fetch, batch);
                        });
                LogScanner scanner = log.scan(MANY).createLogScanner()) {
            scanner.subscribeBuckets(everyBucketFrom(0));
            final Map<TableBucket, Long> positions = new HashMap<>();
            for (int count = 0; count < 40 * MANY; ) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.isEmpty()).as("after %d", count).isFalse();
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        assertThat(cursor.offset()).isEqualTo(positions.merge(cursor.bucket(), 1L, Long::sum) - 1);
                        count++;
                    }
                }
            }
            assertThat(positions).hasSize(MANY);
            assertThat(log.metadataRequests.get()).as("routing").isEqualTo(1);
        }
    }

    @Test
    void shouldAskRarelyForSilentBucketsAndNotTogetherWithBusyOnes() throws Exception {
        final BlockingQueue<FetchLogRequest> requests = new LinkedBlockingQueue<>();
        try (ScriptedLog log = new ScriptedLog(
                        MANY,
                        settings -> settings.scannerLogFetchWaitMaxTime(Duration.ofMillis(200)),
                        (request, fetch) -> {
                            requests.add(fetch);
                            serve(request, fetch, new byte[0]);
                        });
                LogScanner scanner = log.scan(MANY).createLogScanner()) {
            final long startNs = System.nanoTime();
            scanner.subscribeBuckets(everyBucketFrom(1_000_000));
            for (int i = 0; i < 20; i++) {
                final FetchLogRequest request = requests.poll(20, TimeUnit.SECONDS);
                assertThat(request).isNotNull();
                assertThat(request.getTablesReq(0).getBucketsReqCount()).isEqualTo(MANY);
            }
            // Pauses grow to 200 ms within nine requests or so.
            assertThat(System.nanoTime() - startNs).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1_500));
        }
        try (ScriptedLog log = new ScriptedLog(MANY, (request, fetch) -> {
                    requests.add(fetch);
                    serveEndlessly(request, fetch);
                });
                LogScanner scanner = log.scan(MANY).createLogScanner()) {
            requests.clear();
            scanner.subscribeBuckets(everyBucketFrom(0));
            final Set<Integer> first = buckets(requests.poll(20, TimeUnit.SECONDS));
            assertThat(first).hasSize(MANY);
            for (int polls = 0; polls < 100; polls++) {
                scanner.poll(LONG).close();
            }
            final List<Set<Integer>> later = new ArrayList<>();
            requests.forEach(request -> later.add(buckets(request)));
            assertThat(later.stream().filter(buckets -> buckets.contains(7)))
                    .isNotEmpty()
                    .allMatch(buckets -> buckets.size() == 1);
            assertThat(later.stream().filter(buckets -> !buckets.contains(7)))
                    .allMatch(buckets -> buckets.size() == MANY - 1);
        }
    }

    private static Map<Integer, Long> everyBucketFrom(final long offset) {
        return IntStream.range(0, MANY).boxed().collect(Collectors.toMap(bucket -> bucket, bucket -> offset));
    }

    private static Set<Integer> buckets(final FetchLogRequest request) {
        return request.getTablesReq(0).getBucketsReqList().stream()
                .map(PbFetchLogReqForBucket::getBucketId)
                .collect(Collectors.toSet());
    }

    /** As a server does it: each bucket has one batch, and a request gets as many bytes as it asks for. */
    private static void serve(final Request request, final FetchLogRequest fetch, final byte[] batch) {
        final PbFetchLogRespForTable.Builder table =
                PbFetchLogRespForTable.newBuilder().setTableId(ScriptedLog.TABLE_ID);
        int left = fetch.getMaxBytes();
        for (final PbFetchLogReqForBucket bucket : fetch.getTablesReq(0).getBucketsReqList()) {
            final boolean gets = bucket.getFetchOffset() == 0 && left > 0;
            left -= gets ? batch.length : 0;
            table.addBucketsResp(PbFetchLogRespForBucket.newBuilder()
                    .setBucketId(bucket.getBucketId())
                    .setHighWatermark(40)
                    .setRecords(gets ? ByteString.copyFrom(batch) : ByteString.EMPTY));
        }
        answer(request, fetch, table, left < fetch.getMaxBytes());
    }

    /** Bucket 7 has more and more; the others have nothing. */
    private static void serveEndlessly(final Request request, final FetchLogRequest fetch) {
        final PbFetchLogRespForTable.Builder table =
                PbFetchLogRespForTable.newBuilder().setTableId(ScriptedLog.TABLE_ID);
        boolean any = false;
        for (final PbFetchLogReqForBucket bucket : fetch.getTablesReq(0).getBucketsReqList()) {
            final PbFetchLogRespForBucket.Builder answer =
                    PbFetchLogRespForBucket.newBuilder().setBucketId(bucket.getBucketId());
            if (bucket.getBucketId() == 7) {
                answer.setRecords(ByteString.copyFrom(
                        ScriptedLog.batch(bucket.getFetchOffset(), bucket.getFetchOffset() + 1_000)));
                any = true;
            }
            table.addBucketsResp(answer);
        }
        answer(request, fetch, table, any);
    }

    private static void answer(
            final Request request,
            final FetchLogRequest fetch,
            final PbFetchLogRespForTable.Builder table,
            final boolean hasData) {
        final FetchLogResponse response =
                FetchLogResponse.newBuilder().addTablesResp(table).build();
        if (hasData) {
            request.answer(response);
        } else {
            CompletableFuture.delayedExecutor(fetch.getMaxWaitMs(), TimeUnit.MILLISECONDS)
                    .execute(() -> request.answer(response));
        }
    }
}
