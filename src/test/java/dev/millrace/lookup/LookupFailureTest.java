package dev.millrace.lookup;

import static dev.millrace.lookup.LookupTable.key;
import static dev.millrace.lookup.LookupTable.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.RpcException;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.InternalRow;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.FlussServer;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that break, stall and tear under lookups over three servers. */
@WithCluster(tabletServers = 3, proxied = true)
@Timeout(120)
class LookupFailureTest {
    private static final int ROWS = 600;

    private final FlussCluster cluster;
    private final String database;

    LookupFailureTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @BeforeEach
    @AfterEach
    void heal() {
        proxies().forEach(FaultProxy::heal);
    }

    private List<FaultProxy> proxies() {
        return cluster.tabletServers().stream().map(FlussServer::proxy).toList();
    }

    private FlussConnection connect(final Duration requestTimeout) {
        return FlussConnection.connect(Config.builder()
                .bootstrapServers(cluster.bootstrapServers())
                .requestTimeout(requestTimeout)
                .build());
    }

    /** Three buckets, which the three servers lead, with a few hundred orders. */
    private Lookuper filled(final FlussConnection connection, final String name) throws Exception {
        final FlussTable table = LookupTable.create(
                connection,
                TablePath.of(database, name),
                LookupTable.orders().build(),
                builder -> builder.distributedBy(3));
        try (OfficialConnection official = new OfficialConnection(cluster.bootstrapServers())) {
            LookupTable.upsert(
                    official,
                    table.tablePath(),
                    LongStream.range(0, ROWS)
                            .mapToObj(n -> List.<Object>of("c", n, "text " + n))
                            .toList());
        }
        final Lookuper lookuper = table.newLookup().createLookuper();
        assertThat(lookuper.lookupAll(keys()))
                .allSatisfy(result -> assertThat(result.rowCount()).isOne());
        return lookuper;
    }

    private static List<InternalRow> keys() {
        return LongStream.range(0, ROWS).mapToObj(n -> key("c", n)).toList();
    }

    private static void check(final Lookuper lookuper, final long n) {
        assertThat(text(lookuper.lookup(key("c", n)))).isEqualTo("(c, " + n + ", text " + n + ")");
    }

    @Test
    void shouldAnswerAllWhileConnectionsAreCutAndTorn() throws Exception {
        try (FlussConnection connection = connect(Duration.ofSeconds(60));
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final Lookuper lookuper = filled(connection, "cut");
            proxies().forEach(proxy -> proxy.toServer().tear());
            final AtomicBoolean isOver = new AtomicBoolean();
            final Future<?> faults = executor.submit(() -> {
                for (int round = 0; !isOver.get(); round++) {
                    final FaultProxy proxy = proxies().get(round % 3);
                    proxy.toClient().cutAfter(3_000 + 100L * round);
                    while (!isOver.get()
                            && lookuper.lookup(key("c", (long) round % ROWS)).rowCount() == 0) {
                        throw new AssertionError("a row is not there");
                    }
                    if (round % 5 == 0) {
                        proxy.cut();
                    }
                }
            });
            final List<Future<?>> lookups = new ArrayList<>();
            for (int thread = 0; thread < 50; thread++) {
                final int first = thread;
                lookups.add(executor.submit(() -> {
                    for (int i = 0; i < 20; i++) {
                        check(lookuper, (first * 31L + i * 7L) % ROWS);
                    }
                }));
            }
            try {
                for (final Future<?> lookup : lookups) {
                    lookup.get();
                }
            } finally {
                isOver.set(true);
            }
            faults.get();
        }
    }

    @Test
    void shouldNotBeSlowedByAMuteServer() throws Exception {
        try (FlussConnection connection = connect(Duration.ofSeconds(4));
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final Lookuper lookuper = filled(connection, "mute");
            proxies().get(1).toClient().mute();
            // Which keys are at the mute server shows in who fails.
            final List<Future<Long>> times = new ArrayList<>();
            for (long i = 0; i < ROWS; i++) {
                final long n = i;
                times.add(executor.submit(() -> {
                    final long startNs = System.nanoTime();
                    check(lookuper, n);
                    return System.nanoTime() - startNs;
                }));
            }
            int failed = 0;
            long slowestNs = 0;
            for (final Future<Long> time : times) {
                try {
                    slowestNs = Math.max(slowestNs, time.get());
                } catch (ExecutionException e) {
                    assertThat(e).cause().isInstanceOf(RpcException.class).hasMessageContaining("no answer in time");
                    failed++;
                }
            }
            assertThat(failed).isBetween(ROWS / 6, ROWS / 2);
            assertThat(Duration.ofNanos(slowestNs)).isLessThan(Duration.ofSeconds(3));

            proxies().get(1).heal();
            for (long n = 0; n < 20; n++) {
                check(lookuper, n);
            }
        }
    }

    @Test
    void shouldEndWaitingLookupsWhenTheConnectionIsClosed() throws Exception {
        final FlussConnection connection = connect(Duration.ofSeconds(60));
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            final Lookuper lookuper = filled(connection, "closed");
            proxies().forEach(proxy -> proxy.toClient().mute());
            final List<Future<?>> waiting = new ArrayList<>();
            for (long i = 0; i < 100; i++) {
                final long n = i;
                waiting.add(executor.submit(() -> lookuper.lookup(key("c", n))));
            }
            final long startNs = System.nanoTime();
            connection.close();
            for (final Future<?> lookup : waiting) {
                assertThatThrownBy(lookup::get)
                        .isInstanceOf(ExecutionException.class)
                        .cause()
                        .isInstanceOf(IllegalStateException.class);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - startNs)).isLessThan(Duration.ofSeconds(20));
        } finally {
            connection.close();
        }
    }
}
