package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What scans hold: never more than they may, nothing new while nobody polls, and nothing when they are closed. */
@WithCluster
@Timeout(120)
class ScanMemoryTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final int BUCKETS = 4;
    private static final int ROWS = 80_000;
    private static final int BUDGET = 1 << 20;
    private static final long SAMPLE_NS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long SEED = 20261125;
    private static final RowType PAIR =
            RowType.of(new DataType[] {DataTypes.BIGINT(), DataTypes.STRING()}, new String[] {"n", "text"});

    private final String bootstrapServers;
    private final String database;
    private volatile boolean over;

    ScanMemoryTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @ParameterizedTest
    @ValueSource(strings = {"NONE", "ZSTD"})
    void shouldKeepToTheBudgetHoweverResultsAreUsed(final String codec) throws Exception {
        try (OfficialClient official = new OfficialClient(bootstrapServers);
                OfficialTable table = filled(official, "budget_" + codec, codec);
                ScanClient client = client();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            final long before = OffHeapPool.totalOutstandingBytes();
            // A thread of the system's own: the readers keep the carriers.
            final FutureTask<Long> peak = new FutureTask<>(() -> peak(before));
            Thread.ofPlatform().name("peak").start(peak);
            final List<Callable<Integer>> readers = List.of(
                    () -> readAndClose(client, table),
                    () -> readAndKeepSome(client, table),
                    () -> readAndForget(client, table),
                    () -> readBatches(client, table));
            try {
                for (final Future<Integer> reader : threads.invokeAll(readers)) {
                    assertThat(reader.get()).isEqualTo(ROWS);
                }
            } finally {
                over = true;
            }
            assertThat(peak.get()).isBetween(BUDGET / 2L, (long) BUDGET);
        }
    }

    /** The most that was held beyond what others held before. */
    private long peak(final long before) {
        long peak = 0;
        while (!over) {
            peak = Math.max(peak, OffHeapPool.totalOutstandingBytes() - before);
            LockSupport.parkNanos(SAMPLE_NS);
        }
        return peak;
    }

    private static int readAndClose(final ScanClient client, final OfficialTable table) {
        int count = 0;
        try (LogScanner scanner = client.scan(table.path).createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            while (count < ROWS) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    count += records.count();
                }
            }
        }
        return count;
    }

    private static int readAndKeepSome(final ScanClient client, final OfficialTable table) {
        int count = 0;
        final ArrayDeque<ScanRecords> kept = new ArrayDeque<>();
        try (LogScanner scanner = client.scan(table.path).createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            while (count < ROWS) {
                final ScanRecords records = scanner.poll(LONG);
                count += records.count();
                kept.add(records);
                if (kept.size() > 2) {
                    kept.remove().close();
                }
                LockSupport.parkNanos(SAMPLE_NS);
            }
        } finally {
            kept.forEach(ScanRecords::close);
        }
        return count;
    }

    private static int readAndForget(final ScanClient client, final OfficialTable table) {
        int count = 0;
        try (LogScanner scanner = client.scan(table.path).createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            while (count < ROWS) {
                count += scanner.poll(LONG).count();
            }
        }
        return count;
    }

    private static int readBatches(final ScanClient client, final OfficialTable table) {
        int count = 0;
        try (RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            while (count < ROWS) {
                for (final ScanBatch batch : scanner.poll(LONG)) {
                    try (batch) {
                        count += batch.numRecords();
                    }
                }
            }
        }
        return count;
    }

    @Test
    void shouldSendNoRequestWhileNobodyPolls() throws Exception {
        final AtomicInteger requests = new AtomicInteger();
        try (ScriptedLog log = new ScriptedLog(1, (request, fetch) -> {
                    requests.incrementAndGet();
                    final long from =
                            Math.max(0, fetch.getTablesReq(0).getBucketsReq(0).getFetchOffset());
                    request.answer(
                            ScriptedScanTest.response(ScriptedScanTest.bucket(ScriptedLog.batch(from, from + 20_000))));
                });
                LogScanner scanner = log.scan(1).createLogScanner()) {
            scanner.subscribe(0, 0);
            scanner.poll(LONG).close();
            final int stopped = awaitQuiet(requests);
            LockSupport.parkNanos(QUIET_NS);
            assertThat(requests).hasValue(stopped);

            while (requests.get() == stopped) {
                scanner.poll(LONG).close();
            }
        }
    }

    /** Returns how many requests there were once no more came for a while. */
    private static int awaitQuiet(final AtomicInteger requests) {
        while (true) {
            final int count = requests.get();
            LockSupport.parkNanos(QUIET_NS);
            if (requests.get() == count) {
                return count;
            }
        }
    }

    @Test
    void shouldHoldNothingOnceClosed() throws Exception {
        final Random random = new Random(SEED);
        try (OfficialClient official = new OfficialClient(bootstrapServers);
                OfficialTable table = filled(official, "closed", "ZSTD");
                ScanClient client = client()) {
            for (int round = 0; round < 30; round++) {
                final LogScanner rows = client.scan(table.path).createLogScanner();
                final RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner();
                rows.subscribeBuckets(fromTheBeginning());
                batches.subscribeBuckets(fromTheBeginning());
                for (int poll = random.nextInt(4); poll > 0; poll--) {
                    rows.poll(LONG).close();
                    batches.poll(LONG).forEach(ScanBatch::close);
                }
                rows.close();
                batches.close();
                assertThat(client.memory.freeBytes())
                        .as("round %d, seed %d", round, SEED)
                        .isEqualTo(client.memory.budgetBytes());
            }
        }
    }

    private OfficialTable filled(final OfficialClient official, final String name, final String codec)
            throws Exception {
        final OfficialTable table =
                official.createTable(database, name, PAIR, BUCKETS, Map.of("table.log.arrow.compression.type", codec));
        for (long from = 0; from < ROWS; from += 8_000) {
            table.append(LongStream.range(from, from + 8_000)
                    .mapToObj(n -> GenericRow.of(n, BinaryString.fromString("text " + n)))
                    .toList());
        }
        return table;
    }

    private ScanClient client() {
        return new ScanClient(Config.builder()
                .bootstrapServers(bootstrapServers)
                .scannerBufferMemorySize(BUDGET)
                .scannerLogFetchMaxBytes(256 * 1024)
                .scannerLogFetchMaxBytesForBucket(64 * 1024)
                .build());
    }

    private static Map<Integer, Long> fromTheBeginning() {
        return IntStream.range(0, BUCKETS)
                .boxed()
                .collect(Collectors.toMap(bucket -> bucket, bucket -> LogScanner.EARLIEST_OFFSET));
    }
}
