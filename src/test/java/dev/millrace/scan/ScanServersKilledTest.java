package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.FlussException;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.FlussServer;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.arrow.vector.IntVector;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers of a replicated cluster are killed, frozen and moved while a log table and a primary-key table are written and
 * read all the time. Scanners of rows and of batches read every acknowledged row, and each offset of a bucket once and in
 * order.
 */
@WithCluster(
        tabletServers = 3,
        mode = FlussCluster.Mode.PROCESSES,
        shared = true,
        // Followers of this server hear of new rows no sooner.
        options = "log.replica.fetch.wait-max-time=10ms")
class ScanServersKilledTest {
    private static final int BUCKETS = 3;
    private static final int WRITERS = 4;
    private static final int ROWS_BETWEEN_WAITS = 10;
    private static final int KEYS = 50;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Duration WAIT = Duration.ofMillis(200);
    /** A killed or frozen server is missed after four seconds; this is for a machine that is busy otherwise. */
    private static final long PATIENCE_SECONDS = 60;
    /** So long that nobody who waits for it makes progress in time. */
    private static final Duration NEVER = Duration.ofMinutes(5);

    private final FlussCluster cluster;
    private final String database;
    private volatile boolean over;
    // Where the logs end, once nobody writes any more.
    private final CompletableFuture<long[]> logEnds = new CompletableFuture<>();
    private final CompletableFuture<long[]> changelogEnds = new CompletableFuture<>();

    ScanServersKilledTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @Test
    @Timeout(240)
    void shouldReadEveryOffsetOnceWhileServersAreKilled() throws Exception {
        runUnder("killed", journals -> {
            killAndRestart(cluster.tabletServer(0), 1, journals);
            killAndRestart(cluster.tabletServer(1), 6, journals);
        });
    }

    @Test
    @Tag("stress")
    @Timeout(240)
    void shouldReadEveryOffsetOnceWhileAServerMoves() throws Exception {
        runUnder("moved", journals -> move(cluster.tabletServer(2), journals));
    }

    /** This server needs half a minute to replace a frozen leader. */
    @Test
    @Tag("stress")
    @Timeout(240)
    void shouldReadOnWhileAServerIsFrozen() throws Exception {
        runUnder("frozen", journals -> freeze(cluster.tabletServer(0), journals));
    }

    @Test
    @Tag("stress")
    @Timeout(900)
    void shouldReadEveryOffsetOnceForTenMinutes() throws Exception {
        final long endNs = System.nanoTime() + TimeUnit.MINUTES.toNanos(Integer.getInteger("millrace.minutes", 10));
        runUnder("long", journals -> {
            for (int round = 0; System.nanoTime() - endNs < 0; round++) {
                final FlussServer server = cluster.tabletServer(round % 3);
                switch (round % 4) {
                    case 0 -> killAndRestart(server, 1, journals);
                    case 1 -> killAndRestart(server, 6, journals);
                    case 2 -> move(server, journals);
                    default -> freeze(server, journals);
                }
            }
        });
    }

    /** What happens while rows are written and read. */
    @FunctionalInterface
    private interface Trouble {
        void happen(List<BucketJournal> journals);
    }

    /** @param seconds whether it is missed and its buckets go to others, or is back before. */
    private void killAndRestart(final FlussServer server, final int seconds, final List<BucketJournal> journals) {
        server.kill();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        if (seconds > 4) {
            awaitProgress(journals);
        }
        server.start();
        cluster.awaitReady();
        awaitProgress(journals);
    }

    private void move(final FlussServer server, final List<BucketJournal> journals) {
        server.stop();
        server.startElsewhere();
        cluster.awaitReady();
        awaitProgress(journals);
    }

    private void freeze(final FlussServer server, final List<BucketJournal> journals) {
        server.pause();
        try {
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(5));
            // The official client, which upserts, may wait for the frozen server.
            awaitProgress(journals.subList(0, 2));
        } finally {
            server.resume();
        }
        cluster.awaitReady();
        awaitProgress(journals);
    }

    /** Waits until each scanner has read more of each bucket. */
    private void awaitProgress(final List<BucketJournal> journals) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        final List<long[]> goals = journals.stream()
                .map(journal -> {
                    final long[] goal = journal.positions();
                    IntStream.range(0, goal.length).forEach(bucket -> goal[bucket] += ROWS_BETWEEN_WAITS);
                    return goal;
                })
                .toList();
        for (int i = 0; i < journals.size(); i++) {
            while (!journals.get(i).hasReached(goals.get(i))) {
                if (over || System.nanoTime() - deadlineNs >= 0) {
                    throw new AssertionError(journals.get(i).name + (over ? " has failed" : " stands still"));
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    @SuppressWarnings("try") // the official connection's close() throws Exception
    private void runUnder(final String name, final Trouble trouble) throws Exception {
        final TablePath log = TablePath.of(database, name);
        final TablePath keyed = TablePath.of(database, name + "_keyed");
        final List<BucketJournal> journals = List.of(
                new BucketJournal("rows", BUCKETS, WRITERS),
                new BucketJournal("batches", BUCKETS, WRITERS),
                new BucketJournal("changes", BUCKETS, 1));
        try (FlussConnection reading = connect(NEVER);
                FlussConnection writing = connect(Duration.ofSeconds(5));
                Connection official = connectOfficial();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            create(reading, log, keyed);
            final List<Future<?>> readers = List.of(
                    threads.submit(guarded(() -> readRows(reading, log, journals.get(0)))),
                    threads.submit(guarded(() -> readBatches(reading, log, journals.get(1)))),
                    threads.submit(guarded(() -> readChanges(reading, keyed, journals.get(2)))));
            final AppendWriter writer = writing.getTable(log).newAppend().createWriter();
            final List<Future<BitSet>> writers = IntStream.range(0, WRITERS)
                    .mapToObj(n -> threads.submit(() -> write(writer, n)))
                    .toList();
            final Future<BitSet> upserts = threads.submit(() -> upsert(official, keyed));
            try {
                awaitProgress(journals);
                trouble.happen(journals);
                over = true;
                for (int i = 0; i < WRITERS; i++) {
                    assertThat(writers.get(i).get().cardinality()).isPositive();
                }
                assertThat(upserts.get().cardinality()).isPositive();
                logEnds.complete(ends(reading, log));
                changelogEnds.complete(ends(reading, keyed));
            } finally {
                over = true;
                // Whoever still reads after a failure shall end.
                logEnds.complete(new long[0]);
                changelogEnds.complete(new long[0]);
            }
            for (final Future<?> reader : readers) {
                reader.get();
            }
            for (int i = 0; i < WRITERS; i++) {
                journals.get(0).assertHolds(i, writers.get(i).get());
                journals.get(1).assertHolds(i, writers.get(i).get());
            }
            journals.get(2).assertHolds(0, upserts.get());
        }
    }

    private Runnable guarded(final Runnable reading) {
        return () -> {
            try {
                reading.run();
            } catch (RuntimeException | AssertionError e) {
                over = true;
                throw e;
            }
        };
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    private static boolean isAtEnd(final CompletableFuture<long[]> ends, final BucketJournal journal) {
        return ends.isDone() && journal.hasReached(ends.join());
    }

    private void readRows(final FlussConnection connection, final TablePath table, final BucketJournal journal) {
        try (LogScanner scanner = connection.getTable(table).newScan().createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            while (!isAtEnd(logEnds, journal)) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    final ScanRecords.Cursor cursor = records.cursor();
                    while (cursor.next()) {
                        journal.add(
                                cursor.bucket().bucketId(),
                                cursor.offset(),
                                cursor.row().getInt(0),
                                cursor.row().getInt(1));
                    }
                }
            }
        }
    }

    private void readBatches(final FlussConnection connection, final TablePath table, final BucketJournal journal) {
        try (RecordBatchLogScanner scanner =
                connection.getTable(table).newScan().createRecordBatchLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            while (!isAtEnd(logEnds, journal)) {
                for (final ScanBatch batch : scanner.poll(WAIT)) {
                    try (batch) {
                        final IntVector writer = (IntVector) batch.batch().getVector("writer");
                        final IntVector n = (IntVector) batch.batch().getVector("n");
                        for (int i = 0; i < batch.numRecords(); i++) {
                            journal.add(batch.bucket().bucketId(), batch.baseOffset() + i, writer.get(i), n.get(i));
                        }
                    }
                }
            }
        }
    }

    /** Each key has the values that came before, and they only grow. */
    private void readChanges(final FlussConnection connection, final TablePath table, final BucketJournal journal) {
        final int[] values = new int[KEYS];
        try (LogScanner scanner = connection.getTable(table).newScan().createLogScanner()) {
            scanner.subscribeBuckets(fromTheBeginning());
            while (!isAtEnd(changelogEnds, journal)) {
                try (ScanRecords records = scanner.poll(WAIT)) {
                    records.recordsByBuckets()
                            .forEach((bucket, changes) ->
                                    changes.forEach(change -> note(journal, bucket.bucketId(), change, values)));
                }
            }
        }
    }

    private static void note(
            final BucketJournal journal, final int bucket, final ScanRecord change, final int[] values) {
        final int key = change.row().getInt(0);
        final int value = change.row().getInt(1);
        if (change.changeType() == ChangeType.UPDATE_BEFORE) {
            assertThat(value).as("before offset %d", change.offset()).isEqualTo(values[key]);
            journal.skip(bucket, change.offset());
        } else {
            journal.add(bucket, change.offset(), 0, value);
            values[key] = value;
        }
    }

    private static Map<Integer, Long> fromTheBeginning() {
        return IntStream.range(0, BUCKETS)
                .boxed()
                .collect(Collectors.toMap(bucket -> bucket, bucket -> LogScanner.EARLIEST_OFFSET));
    }

    private static long[] ends(final FlussConnection connection, final TablePath table) {
        final Map<Integer, Long> latest = connection
                .getAdmin()
                .listOffsets(table, IntStream.range(0, BUCKETS).boxed().toList(), OffsetSpec.latest());
        return IntStream.range(0, BUCKETS).mapToLong(latest::get).toArray();
    }

    // ---- writing -------------------------------------------------------------------------------------------------

    private BitSet write(final AppendWriter writer, final int number) {
        final BitSet acknowledged = new BitSet();
        final GenericRow row = new GenericRow(2);
        int next = 0;
        while (!over) {
            final int first = next;
            final List<WriteResultFuture> futures = new ArrayList<>();
            for (int i = 0; i < ROWS_BETWEEN_WAITS; i++) {
                row.setInt(0, number);
                row.setInt(1, next++);
                futures.add(writer.append(row));
            }
            for (int i = 0; i < futures.size(); i++) {
                if (failure(futures.get(i)) == null) {
                    acknowledged.set(first + i);
                }
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
        return acknowledged;
    }

    private static @Nullable FlussException failure(final WriteResultFuture future) {
        try {
            future.await();
            return null;
        } catch (FlussException e) {
            return e;
        }
    }

    @SuppressWarnings("try") // the official table's close() throws Exception
    private BitSet upsert(final Connection connection, final TablePath path) throws Exception {
        final BitSet acknowledged = new BitSet();
        try (Table table =
                connection.getTable(new org.apache.fluss.metadata.TablePath(path.database(), path.table()))) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            int next = 0;
            while (!over) {
                final int first = next;
                final List<CompletableFuture<?>> futures = new ArrayList<>();
                for (int i = 0; i < ROWS_BETWEEN_WAITS; i++) {
                    futures.add(writer.upsert(org.apache.fluss.row.GenericRow.of(next % KEYS, next)));
                    next++;
                }
                for (int i = 0; i < futures.size(); i++) {
                    if (hasSucceeded(futures.get(i))) {
                        acknowledged.set(first + i);
                    }
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
        return acknowledged;
    }

    private static boolean hasSucceeded(final CompletableFuture<?> future) throws Exception {
        try {
            future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException refused) {
            return false;
        }
    }

    // ---- the cluster ---------------------------------------------------------------------------------------------

    private static void create(final FlussConnection connection, final TablePath log, final TablePath keyed) {
        connection
                .getAdmin()
                .createTable(
                        log,
                        replicated(
                                Schema.builder()
                                        .column("writer", DataTypes.INT())
                                        .column("n", DataTypes.INT())
                                        .build(),
                                List.of()),
                        false);
        connection
                .getAdmin()
                .createTable(
                        keyed,
                        replicated(
                                Schema.builder()
                                        .column("k", DataTypes.INT())
                                        .column("n", DataTypes.INT())
                                        .primaryKey("k")
                                        .build(),
                                List.of("k")),
                        false);
        ends(connection, log);
        ends(connection, keyed);
    }

    private static TableDescriptor replicated(final Schema schema, final List<String> bucketKey) {
        return TableDescriptor.builder()
                .schema(schema)
                .distributedBy(BUCKETS, bucketKey)
                .property("table.replication.factor", "3")
                .build();
    }

    private FlussConnection connect(final Duration requestTimeout) {
        return FlussConnection.connect(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .requestTimeout(requestTimeout)
                .build());
    }

    private Connection connectOfficial() {
        final Configuration configuration = new Configuration();
        configuration.setString(ConfigOptions.BOOTSTRAP_SERVERS.key(), cluster.bootstrapServers());
        configuration.setString(ConfigOptions.CLIENT_WRITER_BATCH_TIMEOUT.key(), "20 ms");
        configuration.setString(ConfigOptions.CLIENT_REQUEST_TIMEOUT.key(), "5 s");
        return ConnectionFactory.createConnection(configuration);
    }
}
