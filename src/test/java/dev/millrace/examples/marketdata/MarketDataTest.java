package dev.millrace.examples.marketdata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.lookup.Lookuper;
import dev.millrace.row.GenericRow;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Three venues quote the same symbols at the same time, in three sessions; the second is replayed. */
@WithCluster
@Timeout(60)
class MarketDataTest {
    private static final List<String> VENUES = List.of("XNAS", "XNYS", "BATS");
    private static final int SYMBOLS = 50;
    private static final int TICKS_OF_VENUE = 2_000;
    private static final long OPENING = Instant.parse("2026-03-02T14:30:00Z").toEpochMilli();

    private final FlussCluster cluster;
    private final String database;

    MarketDataTest(FlussCluster cluster, Database database) {
        this.cluster = cluster;
        this.database = database.name();
    }

    @Test
    void shouldRecordReplayAndKeepLastQuotes() throws Exception {
        Config config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            MarketDataRecorder.createTables(connection.getAdmin(), database);
            List<Tick> all = new ArrayList<>(record(connection, 0));
            Instant from = nextMillisecond();
            List<Tick> second = record(connection, 1);
            Instant until = nextMillisecond();
            all.addAll(second);
            all.addAll(record(connection, 2));

            TickReplay replay = new TickReplay(connection, MarketDataRecorder.ticks(database));
            assertThat(sequences(replayed(replay, from, until))).isEqualTo(sequences(second));
            assertThat(sequences(replayed(replay, Instant.EPOCH, nextMillisecond())))
                    .isEqualTo(sequences(all));
            assertThat(replayed(replay, until, until)).isEmpty();
            assertThat(lastQuotes(connection)).isEqualTo(latest(all));
        }
    }

    @Test
    void shouldRunAsPrograms() throws Exception {
        String own = database + "_programs";
        try {
            Instant from = nextMillisecond();
            MarketDataRecorder.main(new String[] {cluster.bootstrapServers(), own});
            Instant until = nextMillisecond();
            TickReplay.main(new String[] {cluster.bootstrapServers(), own, until.toString(), until.toString()});
            Config config = Config.builder()
                    .bootstrapServers(cluster.bootstrapServers())
                    .build();
            try (FlussConnection connection = FlussConnection.connect(config)) {
                TickReplay replay = new TickReplay(connection, MarketDataRecorder.ticks(own));
                assertThat(replay.replay(from, until, tick -> {})).isEqualTo(30_000);
            }
        } finally {
            cluster.dropDatabase(own);
        }
    }

    private List<Tick> record(FlussConnection connection, int session) throws Exception {
        List<Tick> recorded = new ArrayList<>();
        try (MarketDataRecorder recorder = new MarketDataRecorder(connection, database);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<List<Tick>>> feeds = VENUES.stream()
                    .<Callable<List<Tick>>>map(venue -> () -> feed(recorder, venue, session))
                    .toList();
            for (Future<List<Tick>> feed : threads.invokeAll(feeds)) {
                recorded.addAll(feed.get());
            }
        }
        return recorded;
    }

    /** Each tick has a time of its own, so that there is one last quote of a symbol. */
    private static List<Tick> feed(MarketDataRecorder recorder, String venue, int session) {
        int number = VENUES.indexOf(venue);
        SplittableRandom random = new SplittableRandom(31L * session + number);
        List<Tick> ticks = new ArrayList<>();
        for (int i = 0; i < TICKS_OF_VENUE; i++) {
            long time = OPENING + (long) (session * TICKS_OF_VENUE + i) * VENUES.size() + number;
            double bid = random.nextInt(1_000, 2_000) / 100.0;
            Tick tick = new Tick("S" + random.nextInt(SYMBOLS), venue, time, bid, bid + 0.01);
            recorder.onTick(tick);
            ticks.add(tick);
        }
        return ticks;
    }

    /** Returns once the clock, which is that of the servers too, has moved on since the last tick was acknowledged. */
    private static Instant nextMillisecond() {
        long now = System.currentTimeMillis();
        while (System.currentTimeMillis() <= now + 1) {
            Thread.onSpinWait();
        }
        return Instant.ofEpochMilli(now + 1);
    }

    private static List<Tick> replayed(TickReplay replay, Instant from, Instant until) {
        List<Tick> ticks = new ArrayList<>();
        assertThat(replay.replay(from, until, ticks::add)).isEqualTo(ticks.size());
        return ticks;
    }

    /** What of one symbol came from one venue, in its order; how venues mix is nobody's promise. */
    private static Map<String, List<Tick>> sequences(List<Tick> ticks) {
        return ticks.stream().collect(Collectors.groupingBy(tick -> tick.symbol() + '@' + tick.venue()));
    }

    private static Map<String, Tick> latest(List<Tick> ticks) {
        return ticks.stream()
                .collect(Collectors.toMap(
                        Tick::symbol,
                        tick -> tick,
                        BinaryOperator.maxBy((a, b) -> Long.compare(a.timeMillis(), b.timeMillis()))));
    }

    private Map<String, Tick> lastQuotes(FlussConnection connection) {
        Lookuper lookuper = connection
                .getTable(MarketDataRecorder.quotes(database))
                .newLookup()
                .createLookuper();
        List<GenericRow> keys = IntStream.range(0, SYMBOLS)
                .mapToObj(symbol -> GenericRow.fromData("S" + symbol))
                .toList();
        return lookuper.lookupAll(keys).stream()
                .flatMap(result -> result.getSingleRow().stream())
                .map(Tick::of)
                .collect(Collectors.toMap(Tick::symbol, tick -> tick));
    }
}
