package dev.millrace.lookup;

import static dev.millrace.lookup.LookupTable.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.RpcException;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.FlussServer;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.write.UpsertWriter;
import dev.millrace.write.WriteResultFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers of a replicated cluster are killed and restarted while many threads change rows of a primary-key table and
 * others look them up. No lookup lasts longer than it may, none finds what was not written, and afterwards each key has
 * the last value that was acknowledged.
 */
@WithCluster(
        tabletServers = 3,
        mode = FlussCluster.Mode.PROCESSES,
        shared = true,
        // Followers of this server hear of new rows no sooner.
        options = "log.replica.fetch.wait-max-time=10ms")
class KvServersKilledTest {
    private static final int WRITERS = 100;
    private static final int READERS = 100;
    private static final int KEYS_EACH = 3;
    private static final int BUCKETS = 6;
    private static final int ROUNDS_BETWEEN_KILLS = 3;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);
    /** Shorter than it takes this cluster to replace a leader: some lookups end without an answer. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(2);
    /** What a lookup may last beyond that on a machine that is busy otherwise. */
    private static final Duration SLACK = Duration.ofSeconds(5);

    /** How long after the death of a server its acknowledgements may be noted; shorter than it takes to replace it. */
    private static final long LATE_NS = TimeUnit.SECONDS.toNanos(2);

    private static final long PATIENCE_SECONDS = 60;

    private final FlussCluster cluster;
    private final String database;
    private final List<KeyHistory> keys =
            IntStream.range(0, WRITERS * KEYS_EACH).mapToObj(KeyHistory::new).toList();
    private final AtomicIntegerArray rounds = new AtomicIntegerArray(WRITERS + READERS);
    private final LongAdder unansweredLookups = new LongAdder();
    private final LongAdder unknownOutcomes = new LongAdder();
    private volatile long lastKillNs = System.nanoTime() - LATE_NS;
    private volatile boolean over;

    KvServersKilledTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @Test
    @Timeout(240)
    void shouldKeepAcknowledgedChangesWhileALeaderIsKilled() throws Exception {
        runUnder("killed", Duration.ofMinutes(2), () -> killAndRestart(cluster.tabletServer(0), 6));
        // Nothing here lasts as long as a change may: all of them should have made it.
        assertThat(keys).allMatch(KeyHistory::isAllAcknowledged);
        // Without a deadline these would have waited for the next leader.
        assertThat(unansweredLookups.sum()).isPositive();
    }

    /** Changes are given up so early that it is not known of some whether they were made. */
    @Test
    @Tag("stress")
    @Timeout(900)
    void shouldKeepAcknowledgedChangesForTenMinutes() throws Exception {
        final long endNs = System.nanoTime() + TimeUnit.MINUTES.toNanos(Integer.getInteger("millrace.minutes", 10));
        runUnder("long", REQUEST_TIMEOUT.plusSeconds(1), () -> {
            for (int round = 0; System.nanoTime() - endNs < 0; round++) {
                killAndRestart(cluster.tabletServer(round % 3), round % 2 == 0 ? 6 : 1);
            }
        });
        assertThat(unknownOutcomes.sum()).isPositive();
    }

    /** @param seconds whether it is missed and its buckets go to others, or is back before. */
    private void killAndRestart(final FlussServer server, final int seconds) {
        awaitProgress();
        server.kill();
        lastKillNs = System.nanoTime();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        if (seconds > 4) {
            awaitProgress();
        }
        server.start();
        cluster.awaitReady();
        awaitProgress();
    }

    /** Waits until each thread has gone on. */
    private void awaitProgress() {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        final int[] goals = IntStream.range(0, rounds.length())
                .map(thread -> rounds.get(thread) + ROUNDS_BETWEEN_KILLS)
                .toArray();
        for (int thread = 0; thread < goals.length; thread++) {
            while (rounds.get(thread) < goals[thread]) {
                if (over || System.nanoTime() - deadlineNs >= 0) {
                    throw new AssertionError((thread < WRITERS ? "writer " + thread : "reader " + (thread - WRITERS))
                            + (over ? ": somebody has failed" : " stands still"));
                }
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
    }

    private void runUnder(final String name, final Duration deliveryTimeout, final Runnable trouble) throws Exception {
        final TablePath path = TablePath.of(database, name);
        create(path);
        try (FlussConnection connection = FlussConnection.connect(Config.builder()
                        .bootstrapServers(cluster.bootstrapServers())
                        .requestTimeout(REQUEST_TIMEOUT)
                        .writerDeliveryTimeout(deliveryTimeout)
                        .build());
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            final Lookuper lookuper = connection.getTable(path).newLookup().createLookuper();
            final List<Future<?>> threads = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                final int thread = i;
                threads.add(executor.submit(guarded(() -> write(writer, thread))));
            }
            for (int i = 0; i < READERS; i++) {
                final int thread = i;
                threads.add(executor.submit(guarded(() -> read(lookuper, thread))));
            }
            try {
                trouble.run();
            } finally {
                over = true;
                for (final Future<?> thread : threads) {
                    thread.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                }
            }
        }
        check(path);
    }

    private Runnable guarded(final Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (RuntimeException | AssertionError e) {
                over = true;
                throw e;
            }
        };
    }

    // ---- writing -------------------------------------------------------------------------------------------------

    private record Sent(KeyHistory key, int change, WriteResultFuture future) {}

    private List<KeyHistory> keysOf(final int thread) {
        return keys.subList(thread * KEYS_EACH, (thread + 1) * KEYS_EACH);
    }

    private void write(final UpsertWriter writer, final int thread) {
        final GenericRow row = writer.newRow();
        final List<Sent> sent = new ArrayList<>();
        while (!over) {
            // Each key twice in a row, of which the second is to win.
            keysOf(thread).forEach(key -> sent.add(change(writer, row, key)));
            keysOf(thread).forEach(key -> sent.add(change(writer, row, key)));
            sent.forEach(this::note);
            sent.clear();
            rounds.incrementAndGet(thread);
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    private static Sent change(final UpsertWriter writer, final GenericRow row, final KeyHistory key) {
        final int change = key.begin();
        row.setInt(0, key.key);
        row.setInt(1, change);
        row.setString(2, text(key, change));
        return new Sent(key, change, KeyHistory.isDelete(change) ? writer.delete(row) : writer.upsert(row));
    }

    private void note(final Sent sent) {
        try {
            sent.future.await();
            sent.key.acknowledge(sent.change);
        } catch (DeliveryTimeoutException e) {
            if (e.outcome() == DeliveryTimeoutException.Outcome.NOT_SENT) {
                sent.key.noteNeverSent(sent.change);
            } else {
                unknownOutcomes.increment();
            }
        }
    }

    private static String text(final KeyHistory key, final int change) {
        return "change " + change + " of " + key.key;
    }

    // ---- looking up ----------------------------------------------------------------------------------------------

    private void read(final Lookuper lookuper, final int thread) {
        final LookupResult result = lookuper.newResult();
        for (int n = thread; !over; n++) {
            final List<KeyHistory> some = n % 3 == 0 ? keysOf(n % WRITERS) : List.of(keys.get(n * 7 % keys.size()));
            final boolean isAnswered = look(
                    some,
                    () -> some.size() == 1
                            ? List.of(lookuper.lookup(key(some.getFirst().key), result))
                            : lookuper.lookupAll(
                                    some.stream().map(one -> key(one.key)).toList()));
            if (isAnswered) {
                rounds.incrementAndGet(WRITERS + thread);
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    /** Anything that asks for some keys. */
    @FunctionalInterface
    private interface Lookup {
        List<LookupResult> ask();
    }

    private boolean look(final List<KeyHistory> asked, final Lookup lookup) {
        final List<KeyHistory.Acknowledged> known =
                asked.stream().map(KeyHistory::acknowledged).toList();
        final long beginNs = System.nanoTime();
        List<LookupResult> results = List.of();
        try {
            results = lookup.ask();
        } catch (RpcException e) {
            unansweredLookups.increment();
            // While there is no leader, and then not at once; the last pause, of a second, may be left out.
            assertThat(Duration.ofNanos(System.nanoTime() - beginNs))
                    .as(e.toString())
                    .isGreaterThan(REQUEST_TIMEOUT.dividedBy(3));
        }
        assertThat(Duration.ofNanos(System.nanoTime() - beginNs)).isLessThan(REQUEST_TIMEOUT.plus(SLACK));
        for (int i = 0; i < results.size(); i++) {
            final KeyHistory key = asked.get(i);
            final int found = found(key, results.get(i).getSingleRow().orElse(null));
            assertThat(key.mayHave(found, surelyKnown(known.get(i))))
                    .as(
                            "found %d, of which %s was known, %d ms after a kill; %s",
                            found, known.get(i), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastKillNs), key)
                    .isTrue();
        }
        return !results.isEmpty();
    }

    /**
     * What the leader must know of what was acknowledged. One that has taken over answers lookups before this server has
     * told it that the last rows of its predecessor are replicated; it knows them once it has acknowledged anything itself.
     */
    private int surelyKnown(final KeyHistory.Acknowledged acknowledged) {
        final boolean isByPredecessor = acknowledged.atNs() - (lastKillNs + LATE_NS) < 0;
        return isByPredecessor ? 0 : acknowledged.change();
    }

    private static int found(final KeyHistory key, final @Nullable InternalRow row) {
        if (row == null) {
            return KeyHistory.NO_ROW;
        }
        final int change = row.getInt(1);
        assertThat(row).hasToString("(" + key.key + ", " + change + ", " + text(key, change) + ")");
        return change;
    }

    // ---- afterwards ----------------------------------------------------------------------------------------------

    private void check(final TablePath path) throws Exception {
        final List<Integer> ours = new ArrayList<>();
        try (FlussConnection connection = connect()) {
            final Lookuper lookuper = connection.getTable(path).newLookup().createLookuper();
            final List<LookupResult> results =
                    lookuper.lookupAll(keys.stream().map(one -> key(one.key)).toList());
            for (final KeyHistory key : keys) {
                final int found = found(key, results.get(key.key).getSingleRow().orElse(null));
                assertThat(key.mayHave(found, key.acknowledged().change()))
                        .as("found %d of %s", found, key)
                        .isTrue();
                ours.add(found);
            }
        }
        try (OfficialConnection official = new OfficialConnection(cluster.bootstrapServers())) {
            final List<@Nullable Integer> theirs = official.lookup(
                    path,
                    keys.stream()
                            .map(one -> org.apache.fluss.row.GenericRow.of(one.key))
                            .toList(),
                    row -> row.getInt(1));
            assertThat(theirs.stream()
                            .map(found -> found == null ? KeyHistory.NO_ROW : found)
                            .toList())
                    .isEqualTo(ours);
        }
    }

    private void create(final TablePath path) {
        try (FlussConnection connection = connect()) {
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(Schema.builder()
                                            .column("k", DataTypes.INT())
                                            .column("n", DataTypes.INT())
                                            .column("text", DataTypes.STRING())
                                            .primaryKey("k")
                                            .build())
                                    .distributedBy(BUCKETS)
                                    .property("table.replication.factor", "3")
                                    .build(),
                            false);
            connection
                    .getAdmin()
                    .listOffsets(path, IntStream.range(0, BUCKETS).boxed().toList(), OffsetSpec.latest());
        }
    }

    private FlussConnection connect() {
        return FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build());
    }
}
