package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.DeliveryTimeoutException;
import dev.millrace.error.FlussException;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.ClientLog;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.FlussServer;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers of a replicated cluster are killed and restarted under many writing threads. Afterwards the log holds each
 * acknowledged row once, in the order of its thread, and none that was reported as never sent.
 */
@WithCluster(
        tabletServers = 3,
        mode = FlussCluster.Mode.PROCESSES,
        shared = true,
        // Followers of this server hear of new rows no sooner.
        options = "log.replica.fetch.wait-max-time=10ms")
class ServersKilledTest {
    private static final int THREADS = 100;
    private static final int BUCKETS = 3;
    private static final int ROWS_BETWEEN_WAITS = 10;
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final FlussCluster cluster;
    private final Database database;
    private final LongAdder progress = new LongAdder();
    private final AtomicReference<@Nullable FlussException> unexpected = new AtomicReference<>();
    private volatile boolean over;

    ServersKilledTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @Test
    @Timeout(180)
    void shouldKeepEveryAcknowledgedRowWhileServersAreKilled() throws Exception {
        final ClientLog log = new ClientLog();
        runUnder("killed", () -> {
            killAndRestart(cluster.tabletServer(0), 1);
            killAndRestart(cluster.tabletServer(1), 6);
        });
        // One line for each change, whatever was tried in between; a server that leads nothing now was not asked again.
        assertThat(log.lines())
                .satisfiesOnlyOnce(line -> assertThat(line).contains("WARN", "Server lost", "ts-0"))
                .satisfiesOnlyOnce(line -> assertThat(line).contains("WARN", "Server lost", "ts-1"))
                .allSatisfy(line -> assertThat(line).containsAnyOf("Server lost", "Server back", "Leader"))
                .doesNotHaveDuplicates()
                .hasSizeLessThanOrEqualTo(6);
    }

    @Test
    @Tag("stress")
    @Timeout(180)
    void shouldKeepEveryAcknowledgedRowWhileServersMove() throws Exception {
        runUnder("rolling", () -> {
            for (final FlussServer server : cluster.tabletServers()) {
                server.stop();
                server.startElsewhere();
                cluster.awaitReady();
                awaitProgress();
            }
        });
    }

    @Test
    @Tag("stress")
    @Timeout(900)
    void shouldKeepEveryAcknowledgedRowForTenMinutes() throws Exception {
        final long endNs = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        runUnder("long", () -> {
            for (int round = 0; System.nanoTime() - endNs < 0; round++) {
                killAndRestart(cluster.tabletServer(round % 3), round % 2 == 0 ? 1 : 6);
            }
        });
    }

    /** @param seconds whether it is missed and its buckets go to others, or is back before. */
    private void killAndRestart(final FlussServer server, final int seconds) {
        server.kill();
        LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        server.start();
        cluster.awaitReady();
        awaitProgress();
    }

    /** Whatever happened, writing goes on; a killed server is missed after four seconds. */
    private void awaitProgress() {
        final long before = progress.sum();
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (progress.sum() < before + 10 * THREADS * ROWS_BETWEEN_WAITS) {
            assertThat(System.nanoTime()).as("writing stands still").isLessThan(deadlineNs);
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    private void runUnder(final String name, final Runnable trouble) throws Exception {
        final TablePath path = TablePath.of(database.name(), name);
        final List<Journal> journals;
        try (FlussConnection connection = connect()) {
            createTable(connection, path);
            final AppendWriter writer = connection.getTable(path).newAppend().createWriter();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                final List<Future<Journal>> running = IntStream.range(0, THREADS)
                        .mapToObj(thread -> threads.submit(() -> write(writer, thread)))
                        .toList();
                try {
                    trouble.run();
                } finally {
                    over = true;
                }
                journals = new ArrayList<>();
                for (final Future<Journal> future : running) {
                    journals.add(future.get());
                }
            } finally {
                over = false;
            }
        }
        assertThat(unexpected.get()).isNull();
        check(journals, read(path));
    }

    /** What one thread wrote: the number of its rows, and what it was told of each. */
    private record Journal(int rows, BitSet acknowledged, BitSet neverSent) {}

    private Journal write(final AppendWriter writer, final int thread) {
        final Journal journal = new Journal(0, new BitSet(), new BitSet());
        final GenericRow row = new GenericRow(2);
        int next = 0;
        while (!over) {
            final List<WriteResultFuture> futures = new ArrayList<>();
            final int first = next;
            for (int i = 0; i < ROWS_BETWEEN_WAITS; i++) {
                row.setInt(0, thread);
                row.setInt(1, next++);
                futures.add(writer.append(row));
            }
            for (int i = 0; i < futures.size(); i++) {
                note(journal, first + i, futures.get(i));
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
        return new Journal(next, journal.acknowledged, journal.neverSent);
    }

    private void note(final Journal journal, final int n, final WriteResultFuture future) {
        try {
            future.await();
            progress.increment();
            journal.acknowledged.set(n);
        } catch (DeliveryTimeoutException e) {
            if (e.outcome() == DeliveryTimeoutException.Outcome.NOT_SENT) {
                journal.neverSent.set(n);
            }
        } catch (FlussException e) {
            unexpected.compareAndSet(null, e);
        }
    }

    private static void check(final List<Journal> journals, final List<List<long[]>> buckets) {
        final List<BitSet> seen =
                IntStream.range(0, THREADS).mapToObj(i -> new BitSet()).toList();
        for (final List<long[]> bucket : buckets) {
            final long[] last = new long[THREADS];
            Arrays.fill(last, -1);
            for (final long[] row : bucket) {
                final int thread = (int) row[0];
                final int n = (int) row[1];
                assertThat(row[1]).as("order of thread %d", thread).isGreaterThan(last[thread]);
                last[thread] = n;
                assertThat(seen.get(thread).get(n))
                        .as("row %d of thread %d is there twice", n, thread)
                        .isFalse();
                seen.get(thread).set(n);
            }
        }
        int acknowledged = 0;
        int rows = 0;
        for (int thread = 0; thread < THREADS; thread++) {
            final Journal journal = journals.get(thread);
            rows += journal.rows;
            acknowledged += journal.acknowledged.cardinality();
            final BitSet lost = (BitSet) journal.acknowledged.clone();
            lost.andNot(seen.get(thread));
            assertThat(lost.isEmpty())
                    .as("acknowledged rows of thread %d that are lost: %s", thread, lost)
                    .isTrue();
            final BitSet ghosts = (BitSet) journal.neverSent.clone();
            ghosts.and(seen.get(thread));
            assertThat(ghosts.isEmpty())
                    .as("rows of thread %d that were never sent: %s", thread, ghosts)
                    .isTrue();
        }
        // Nothing here lasts as long as a row may: all of them should have made it.
        assertThat(acknowledged).isEqualTo(rows).isGreaterThan(THREADS * ROWS_BETWEEN_WAITS);
    }

    private void createTable(final FlussConnection connection, final TablePath path) {
        final TableDescriptor descriptor = TableDescriptor.builder()
                .schema(Schema.builder()
                        .column("thread", DataTypes.INT())
                        .column("n", DataTypes.INT())
                        .build())
                .distributedBy(BUCKETS, List.of())
                .property("table.replication.factor", "3")
                .build();
        connection.getAdmin().createTable(path, descriptor, false);
        connection
                .getAdmin()
                .listOffsets(path, IntStream.range(0, BUCKETS).boxed().toList(), OffsetSpec.latest());
    }

    private List<List<long[]>> read(final TablePath path) throws Exception {
        final long count;
        try (FlussConnection connection = connect()) {
            count = connection
                    .getAdmin()
                    .listOffsets(path, IntStream.range(0, BUCKETS).boxed().toList(), OffsetSpec.latest())
                    .values()
                    .stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
        return OfficialReader.read(
                cluster.bootstrapServers(), path, (int) count, row -> new long[] {row.getInt(0), row.getInt(1)});
    }

    private FlussConnection connect() {
        return FlussConnection.connect(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .requestTimeout(Duration.ofSeconds(10))
                .build());
    }
}
