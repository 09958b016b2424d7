package dev.millrace.examples.marketdata;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.write.AppendWriter;
import dev.millrace.write.UpsertWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Records market data: every tick in a log table, and the last quote of each symbol in a table with a primary key. The last
 * quotes are conflated: a symbol is written once in a while if it has changed, not once a tick. For any number of feeds,
 * each on a thread of its own.
 */
public final class MarketDataRecorder implements AutoCloseable {
    private static final int BUCKETS = 4;
    private static final long PUBLISH_EVERY_MILLIS = 100;
    private static final int SIMULATED_TICKS = 10_000;

    private final AppendWriter ticks;
    private final UpsertWriter quotes;
    private final ConcurrentMap<String, Tick> unpublished = new ConcurrentHashMap<>();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("quote-publisher").factory());
    private final ScheduledFuture<?> publishing;

    MarketDataRecorder(FlussConnection connection, String database) {
        ticks = connection.getTable(ticks(database)).newAppend().createWriter();
        quotes = connection.getTable(quotes(database)).newUpsert().createWriter();
        publishing = scheduler.scheduleWithFixedDelay(
                this::publish, PUBLISH_EVERY_MILLIS, PUBLISH_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    static TablePath ticks(String database) {
        return TablePath.of(database, "ticks");
    }

    static TablePath quotes(String database) {
        return TablePath.of(database, "last_quotes");
    }

    static void createTables(FlussAdmin admin, String database) {
        admin.createDatabase(database, true);
        // All ticks of a symbol lie in one bucket, so that they are read in the order in which they were written.
        TableDescriptor log = TableDescriptor.builder()
                .schema(Tick.columns().build())
                .distributedBy(BUCKETS, "symbol")
                .build();
        admin.createTable(ticks(database), log, true);
        // The server keeps the row with the latest time, whichever feed or recorder brings it last.
        TableDescriptor lastQuotes = TableDescriptor.builder()
                .schema(Tick.columns().primaryKey("symbol").build())
                .distributedBy(BUCKETS)
                .property("table.merge-engine", "versioned")
                .property("table.merge-engine.versioned.ver-column", "time")
                .build();
        admin.createTable(quotes(database), lastQuotes, true);
    }

    /**
     * Records a tick. Waits while write memory is full, which holds the feed up instead of losing its ticks.
     *
     * @throws IllegalStateException recording has failed, and why; or the recorder is closed.
     */
    void onTick(Tick tick) {
        throwIfFailed();
        ticks.append(tick);
        unpublished.merge(tick.symbol(), tick, Tick::later);
    }

    /** Writes what has changed, and waits for the ticks too: so a failure of any write is known within a moment. */
    private void publish() {
        for (String symbol : unpublished.keySet()) {
            Tick last = unpublished.remove(symbol);
            quotes.upsert(last);
        }
        quotes.flush();
        ticks.flush();
    }

    private void throwIfFailed() {
        if (publishing.state() == Future.State.FAILED) {
            throw new IllegalStateException("recording has failed", publishing.exceptionNow());
        }
    }

    /**
     * Waits until all is acknowledged: every tick, and the last quote of each symbol. To be called after the feeds have ended.
     *
     * @throws IllegalStateException recording has failed, and why.
     */
    @Override
    public void close() {
        scheduler.close();
        try (ticks;
                quotes) {
            throwIfFailed();
            publish();
        }
    }

    /** Records feeds that are made up. Takes the bootstrap servers and the database. */
    public static void main(String[] args) throws InterruptedException, ExecutionException {
        Config config = Config.builder().bootstrapServers(args[0]).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            createTables(connection.getAdmin(), args[1]);
            try (MarketDataRecorder recorder = new MarketDataRecorder(connection, args[1]);
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Callable<Object>> feeds = new ArrayList<>();
                for (String venue : List.of("XNAS", "XNYS", "BATS")) {
                    feeds.add(Executors.callable(() -> simulate(venue, recorder)));
                }
                for (Future<Object> feed : threads.invokeAll(feeds)) {
                    feed.get();
                }
            }
        }
    }

    private static void simulate(String venue, MarketDataRecorder recorder) {
        SplittableRandom random = new SplittableRandom(venue.hashCode());
        List<String> symbols = List.of("ACME", "INIT", "GLOBX", "HOOLI");
        double price = 100;
        for (int i = 0; i < SIMULATED_TICKS; i++) {
            price += random.nextInt(-10, 11) / 100.0;
            String symbol = symbols.get(random.nextInt(symbols.size()));
            recorder.onTick(new Tick(symbol, venue, System.currentTimeMillis(), price - 0.01, price + 0.01));
        }
    }
}
