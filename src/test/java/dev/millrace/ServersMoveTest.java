package dev.millrace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.admin.OffsetSpec;
import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.FlussServer;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/**
 * All servers of a replicated cluster move to other ports, one after the other, while one connection appends, scans, upserts
 * and looks up. All of that goes on soon after each move, nothing is lost and nothing is there twice.
 */
@WithCluster(
        tabletServers = 3,
        // Followers of this server hear of new rows no sooner.
        options = "log.replica.fetch.wait-max-time=10ms")
class ServersMoveTest {
    private static final int BUCKETS = 3;
    private static final List<Integer> ALL_BUCKETS =
            IntStream.range(0, BUCKETS).boxed().toList();
    private static final int APPENDERS = 6;
    private static final int UPSERTERS = 6;
    private static final int SCANNED = APPENDERS + UPSERTERS;
    private static final int ROWS_AT_A_TIME = 5;
    /** The first that ends may have begun before. */
    private static final int ROUNDS = 2;

    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(10);
    /** On a machine with nothing else to do all goes on within a second. */
    private static final Duration RECOVERY = Duration.ofSeconds(5);

    private static final Duration WAIT = Duration.ofMillis(200);
    private static final long PATIENCE_SECONDS = 60;

    private final FlussCluster cluster;
    private final String database;
    /** Rounds of each appender, of each upserter, and what was scanned of each bucket. */
    private final AtomicIntegerArray progress = new AtomicIntegerArray(SCANNED + BUCKETS);

    private volatile boolean over;

    ServersMoveTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @Test
    @Timeout(240)
    void shouldGoOnSoonWhileAllServersMove(final TestReporter reporter) throws Exception {
        runUnder("short", connection -> moveAll(connection, reporter));
    }

    @Test
    @Tag("stress")
    @Timeout(900)
    void shouldGoOnSoonWhileAllServersMoveForTenMinutes(final TestReporter reporter) throws Exception {
        final long endNs = System.nanoTime() + TimeUnit.MINUTES.toNanos(Integer.getInteger("millrace.minutes", 10));
        runUnder("long", connection -> {
            while (System.nanoTime() - endNs < 0) {
                moveAll(connection, reporter);
            }
        });
    }

    private void moveAll(final FlussConnection connection, final TestReporter reporter) {
        final List<FlussServer> servers = new ArrayList<>(cluster.tabletServers());
        servers.add(cluster.coordinator());
        for (final FlussServer server : servers) {
            final int port = server.port();
            server.stop();
            server.startElsewhere();
            assertThat(server.port()).isNotEqualTo(port);
            final long startNs = System.nanoTime();
            awaitProgress();
            // The coordinator's work.
            connection.getAdmin().createDatabase("moved_" + server.port());
            connection.getAdmin().dropDatabase("moved_" + server.port());
            final Duration recovery = Duration.ofNanos(System.nanoTime() - startNs);
            reporter.publishEntry(server.name() + " moved", "all goes on after " + recovery.toMillis() + " ms");
            assertThat(recovery).as("after %s moved", server.name()).isLessThan(RECOVERY);
            cluster.awaitReady();
        }
    }

    /** Waits until each thread and each bucket has gone on. */
    private void awaitProgress() {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        final int[] goals = IntStream.range(0, progress.length())
                .map(i -> progress.get(i) + ROUNDS)
                .toArray();
        for (int i = 0; i < goals.length; i++) {
            while (progress.get(i) < goals[i]) {
                if (over || System.nanoTime() - deadlineNs >= 0) {
                    throw new AssertionError("number " + i + (over ? ": somebody has failed" : " stands still"));
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    /** What happens while rows are written and read. */
    @FunctionalInterface
    private interface Trouble {
        void happen(FlussConnection connection) throws Exception;
    }

    private void runUnder(final String name, final Trouble trouble) throws Exception {
        final TablePath log = TablePath.of(database, name);
        final TablePath keyed = TablePath.of(database, name + "_keyed");
        try (FlussConnection connection = FlussConnection.connect(Config.builder()
                        .bootstrapServers(cluster.bootstrapServers())
                        .build());
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            create(connection, log, pair("thread", "n").build());
            create(connection, keyed, pair("thread", "n").primaryKey("thread").build());
            final AppendWriter appends = connection.getTable(log).newAppend().createWriter();
            final UpsertWriter upserts = connection.getTable(keyed).newUpsert().createWriter();
            final Lookuper lookuper = connection.getTable(keyed).newLookup().createLookuper();
            final List<Future<Integer>> appenders = IntStream.range(0, APPENDERS)
                    .mapToObj(n -> executor.submit(() -> append(appends, n)))
                    .toList();
            final List<Future<Integer>> upserters = IntStream.range(0, UPSERTERS)
                    .mapToObj(n -> executor.submit(() -> upsertAndLookUp(upserts, lookuper, n)))
                    .toList();
            final Future<List<BitSet>> scanner = executor.submit(() -> scan(connection, log, appenders));
            try {
                awaitProgress();
                trouble.happen(connection);
            } finally {
                over = true;
            }
            final List<BitSet> scanned = scanner.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            for (int n = 0; n < APPENDERS; n++) {
                assertThat(scanned.get(n).cardinality())
                        .as("rows of appender %d", n)
                        .isEqualTo(appenders.get(n).get())
                        .isEqualTo(scanned.get(n).length());
            }
            for (int n = 0; n < UPSERTERS; n++) {
                final int last = upserters.get(n).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(lookUp(lookuper, n)).as("key %d", n).isEqualTo(last);
            }
        }
    }

    /** Returns how many rows it wrote; each was acknowledged. */
    private int append(final AppendWriter writer, final int thread) {
        int next = 0;
        while (!over) {
            final List<WriteResultFuture> futures = new ArrayList<>();
            for (int i = 0; i < ROWS_AT_A_TIME; i++) {
                futures.add(writer.append(GenericRow.fromData(thread, next++)));
            }
            futures.forEach(WriteResultFuture::await);
            progress.incrementAndGet(thread);
            LockSupport.parkNanos(PAUSE_NS);
        }
        return next;
    }

    /** Returns the value it wrote last. */
    private int upsertAndLookUp(final UpsertWriter writer, final Lookuper lookuper, final int key) {
        int value = 0;
        while (!over) {
            writer.upsert(GenericRow.fromData(key, ++value)).await();
            // A leader that has just taken over may not know the last values of its predecessor yet.
            assertThat(lookUp(lookuper, key)).isLessThanOrEqualTo(value);
            progress.incrementAndGet(APPENDERS + key);
            LockSupport.parkNanos(PAUSE_NS);
        }
        return value;
    }

    private static int lookUp(final Lookuper lookuper, final int key) {
        return lookuper.lookup(GenericRow.fromData(key))
                .getSingleRow()
                .map((InternalRow row) -> row.getInt(1))
                .orElse(0);
    }

    /** Reads until all is read that was appended; returns the numbers of each appender. */
    private List<BitSet> scan(
            final FlussConnection connection, final TablePath log, final List<Future<Integer>> appenders)
            throws Exception {
        final List<BitSet> numbers =
                appenders.stream().map(appender -> new BitSet()).toList();
        final long[] nextOffset = new long[BUCKETS];
        try (LogScanner scanner = connection.getTable(log).newScan().createLogScanner()) {
            scanner.subscribeBuckets(ALL_BUCKETS.stream().collect(Collectors.toMap(bucket -> bucket, bucket -> 0L)));
            Map<Integer, Long> ends = null;
            while (ends == null || !hasReached(nextOffset, ends)) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        final int bucket = cursor.bucket().bucketId();
                        final BitSet ofThread = numbers.get(cursor.row().getInt(0));
                        final int n = cursor.row().getInt(1);
                        assertThat(cursor.offset()).isEqualTo(nextOffset[bucket]++);
                        assertThat(ofThread.get(n))
                                .as("row %d is there twice", n)
                                .isFalse();
                        ofThread.set(n);
                        progress.incrementAndGet(SCANNED + bucket);
                    }
                }
                if (over && ends == null) {
                    for (final Future<Integer> appender : appenders) {
                        appender.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                    }
                    ends = connection.getAdmin().listOffsets(log, ALL_BUCKETS, OffsetSpec.latest());
                }
            }
        }
        return numbers;
    }

    private static boolean hasReached(final long[] nextOffset, final Map<Integer, Long> ends) {
        return ALL_BUCKETS.stream().allMatch(bucket -> nextOffset[bucket] >= ends.get(bucket));
    }

    private static Schema.Builder pair(final String first, final String second) {
        return Schema.builder().column(first, DataTypes.INT()).column(second, DataTypes.INT());
    }

    private static void create(final FlussConnection connection, final TablePath path, final Schema schema) {
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(schema)
                                .distributedBy(BUCKETS)
                                .property("table.replication.factor", "3")
                                .build(),
                        false);
        connection.getAdmin().listOffsets(path, ALL_BUCKETS, OffsetSpec.latest());
    }
}
