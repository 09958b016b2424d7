package dev.millrace.bench.lookup;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.ReaderThread;
import dev.millrace.bench.TickTable;
import dev.millrace.bench.VirtualThreads;
import dev.millrace.bench.rpc.BareCalls;
import dev.millrace.lookup.LookupResult;
import dev.millrace.lookup.Lookuper;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalRow;
import dev.millrace.types.DataTypes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.fluss.client.Connection;
import org.apache.fluss.client.ConnectionFactory;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.config.ConfigOptions;
import org.apache.fluss.config.Configuration;
import org.apache.fluss.row.BinaryString;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Looks up rows by their keys and reads a number out of each: the time one caller waits, beside a bare ping of the same
 * server and the bare request of a lookup; how many lookups a second 16 and 1,000 virtual threads get through that each do so again and again; and 128 keys
 * in one call. Every row is checked.
 *
 * <p>The one caller is a platform thread; with {@code -jvmArgsAppend -Djmh.executor=VIRTUAL} it is a virtual one.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 5, time = 4)
public class LookupBenchmark {
    private static final String TABLE = "bench_lookup";
    private static final long ROWS = 100_000;
    private static final int BUCKETS = 4;
    private static final int MANY = 128;
    private static final int MIN_FOUND_LENGTH = 20;
    private static final int FEW_THREADS = 16;
    private static final int FEW_EACH = 2_000;
    private static final int THREADS = 1_000;
    private static final int EACH = 100;

    /** Spreads consecutive numbers over the table. */
    static long keyOf(final long number) {
        return number * 7_919 % ROWS;
    }

    static void check(final long key, final double price) {
        if (price != TickTable.price(key)) {
            throw new IllegalStateException("key " + key + " has price " + price);
        }
    }

    /** A table with {@link #ROWS} ticks, whose key is their number. */
    private static TablePath fill() throws Exception {
        final TablePath path = TablePath.of("fluss", TABLE);
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(TickTable.bootstrap()).build())) {
            if (connection.getAdmin().tableExists(path)) {
                return path;
            }
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(Schema.builder()
                                            .column("seq", DataTypes.BIGINT().copy(false))
                                            .column("symbol", DataTypes.STRING())
                                            .column("price", DataTypes.DOUBLE())
                                            .column("size", DataTypes.INT())
                                            .primaryKey("seq")
                                            .build())
                                    .distributedBy(BUCKETS)
                                    .property("table.replication.factor", "1")
                                    .build(),
                            false);
        }
        final String[] symbols = TickTable.symbols();
        try (Connection official = ConnectionFactory.createConnection(official());
                Table table = official.getTable(org.apache.fluss.metadata.TablePath.of("fluss", TABLE))) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            for (long seq = 0; seq < ROWS; seq++) {
                writer.upsert(org.apache.fluss.row.GenericRow.of(
                        seq, BinaryString.fromString(symbols[(int) (seq % symbols.length)]), TickTable.price(seq), (int)
                                (seq % 1000)));
            }
            writer.flush();
        }
        return path;
    }

    private static Configuration official() {
        final Configuration configuration = new Configuration();
        configuration.set(
                ConfigOptions.BOOTSTRAP_SERVERS, List.of(TickTable.bootstrap().split(",")));
        return configuration;
    }

    /** What it can cost at least: a bare ping, and the bare request of a lookup. */
    @State(Scope.Benchmark)
    public static class Bare {
        private static final int KEYS = 1_000;

        private final ByteBuffer ping = BareCalls.ping();
        private final ByteBuffer[] lookups = new ByteBuffer[KEYS];
        private BareCalls server;
        private int number;

        /** Connects. */
        @Setup
        public void open() throws Exception {
            final TablePath path = fill();
            final long tableId;
            try (FlussConnection connection = FlussConnection.connect(
                    Config.builder().bootstrapServers(TickTable.bootstrap()).build())) {
                tableId = connection.getAdmin().getTableInfo(path).tableId();
            }
            for (int i = 0; i < KEYS; i++) {
                lookups[i] = BareCalls.lookup(tableId, BUCKETS, keyOf(i));
            }
            server = new BareCalls();
        }

        /** Disconnects. */
        @TearDown
        public void close() throws IOException {
            server.close();
        }

        int ping() throws IOException {
            return server.send(ping);
        }

        int lookUp() throws IOException {
            final int length = server.send(lookups[number++ % KEYS]);
            // Bucket, value and lengths; less is a key that was not found.
            if (length < MIN_FOUND_LENGTH) {
                throw new IllegalStateException("the answer has only " + length + " bytes");
            }
            return length;
        }
    }

    /** Millrace with its defaults. */
    @State(Scope.Benchmark)
    public static class Millrace {
        @Param({"VIRTUAL"})
        ReaderThread reader = ReaderThread.VIRTUAL;

        private final GenericRow key = new GenericRow(1);
        private FlussConnection connection;
        private Lookuper lookuper;
        private LookupResult result;
        private long number;

        /** Opens the client. */
        @Setup
        public void open() throws Exception {
            final TablePath path = fill();
            connection = FlussConnection.connect(Config.builder()
                    .bootstrapServers(TickTable.bootstrap())
                    .readerThread(reader)
                    .build());
            lookuper = connection.getTable(path).newLookup().createLookuper();
            result = lookuper.newResult();
        }

        /** Closes it. */
        @TearDown
        public void close() {
            connection.close();
        }

        void lookUp(final long begin, final long end) {
            final GenericRow own = new GenericRow(1);
            for (long i = begin; i < end; i++) {
                own.setLong(0, keyOf(i));
                check(
                        keyOf(i),
                        lookuper.lookup(own).getSingleRow().orElseThrow().getDouble(2));
            }
        }

        void lookUpReusing(final long begin, final long end) {
            final GenericRow own = new GenericRow(1);
            final LookupResult ownResult = lookuper.newResult();
            for (long i = begin; i < end; i++) {
                own.setLong(0, keyOf(i));
                check(
                        keyOf(i),
                        lookuper.lookup(own, ownResult)
                                .getSingleRow()
                                .orElseThrow()
                                .getDouble(2));
            }
        }
    }

    /** The official client with its defaults: a lookup waits 100 ms for others. */
    @State(Scope.Benchmark)
    public static class Official {
        private Connection connection;
        private Table table;
        private org.apache.fluss.client.lookup.Lookuper lookuper;
        private long number;

        /** Opens the client. */
        @Setup
        public void open() throws Exception {
            fill();
            connection = ConnectionFactory.createConnection(configuration());
            table = connection.getTable(org.apache.fluss.metadata.TablePath.of("fluss", TABLE));
            lookuper = table.newLookup().createLookuper();
        }

        Configuration configuration() {
            return official();
        }

        /** Closes it. */
        @TearDown
        public void close() throws Exception {
            table.close();
            connection.close();
        }

        /** A lookuper of the official client is for one thread. */
        void lookUp(final long begin, final long end) throws Exception {
            final org.apache.fluss.client.lookup.Lookuper own =
                    table.newLookup().createLookuper();
            for (long i = begin; i < end; i++) {
                check(
                        keyOf(i),
                        own.lookup(org.apache.fluss.row.GenericRow.of(keyOf(i)))
                                .get()
                                .getSingletonRow()
                                .getDouble(2));
            }
        }
    }

    /** The official client, in which a lookup waits 1 ms for others. */
    public static class OfficialTimeout1 extends Official {
        @Override
        Configuration configuration() {
            final Configuration configuration = official();
            configuration.set(ConfigOptions.CLIENT_LOOKUP_BATCH_TIMEOUT, Duration.ofMillis(1));
            return configuration;
        }
    }

    /** One caller, the server's smallest request. */
    @Benchmark
    public int ping(final Bare server) throws IOException {
        return server.ping();
    }

    /** One caller, the bytes of a lookup. */
    @Benchmark
    public int bareLookup(final Bare server) throws IOException {
        return server.lookUp();
    }

    /** One caller. */
    @Benchmark
    public void millrace(final Millrace client) {
        final long key = keyOf(client.number++);
        client.key.setLong(0, key);
        check(
                key,
                client.lookuper
                        .lookup(client.key, client.result)
                        .getSingleRow()
                        .orElseThrow()
                        .getDouble(2));
    }

    /** One caller. */
    @Benchmark
    public void official(final Official client) throws Exception {
        final long key = keyOf(client.number++);
        check(
                key,
                client.lookuper
                        .lookup(org.apache.fluss.row.GenericRow.of(key))
                        .get()
                        .getSingletonRow()
                        .getDouble(2));
    }

    /** One caller. */
    @Benchmark
    public void officialTimeout1(final OfficialTimeout1 client) throws Exception {
        official(client);
    }

    /** 16 callers; an operation is one lookup. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(FEW_THREADS * FEW_EACH)
    public void sixteenMillrace(final Millrace client) throws Exception {
        VirtualThreads.write(FEW_THREADS, 0, FEW_EACH, client::lookUpReusing);
    }

    /** 16 callers; an operation is one lookup. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(FEW_THREADS * EACH)
    public void sixteenOfficialTimeout1(final OfficialTimeout1 client) throws Exception {
        VirtualThreads.write(FEW_THREADS, 0, EACH, client::lookUp);
    }

    /** A thousand callers, each with a result of its own; an operation is one lookup. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(THREADS * EACH)
    public void thousandMillrace(final Millrace client) throws Exception {
        VirtualThreads.write(THREADS, 0, EACH, client::lookUpReusing);
    }

    /** A thousand callers, who get a new result each time; an operation is one lookup. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(THREADS * EACH)
    public void thousandMillraceNewResult(final Millrace client) throws Exception {
        VirtualThreads.write(THREADS, 0, EACH, client::lookUp);
    }

    /** A thousand callers; an operation is one lookup. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(THREADS * EACH)
    public void thousandOfficial(final Official client) throws Exception {
        VirtualThreads.write(THREADS, 0, EACH, client::lookUp);
    }

    /** A thousand callers; an operation is one lookup. */
    @Benchmark
    @BenchmarkMode(Mode.Throughput)
    @OutputTimeUnit(TimeUnit.SECONDS)
    @OperationsPerInvocation(THREADS * EACH)
    public void thousandOfficialTimeout1(final OfficialTimeout1 client) throws Exception {
        VirtualThreads.write(THREADS, 0, EACH, client::lookUp);
    }

    /** 128 keys in one call, which are what is sampled. */
    @Benchmark
    public void allMillrace(final Millrace client) {
        final List<InternalRow> keys = new ArrayList<>(MANY);
        final long first = client.number;
        client.number += MANY;
        for (long i = first; i < first + MANY; i++) {
            final GenericRow key = new GenericRow(1);
            key.setLong(0, keyOf(i));
            keys.add(key);
        }
        long number = first;
        for (final LookupResult found : client.lookuper.lookupAll(keys)) {
            check(keyOf(number++), found.getSingleRow().orElseThrow().getDouble(2));
        }
    }

    /** 128 keys one after the other without waiting, and then for all, which is what is sampled. */
    @Benchmark
    public void allOfficial(final Official client) throws Exception {
        final List<CompletableFuture<org.apache.fluss.client.lookup.LookupResult>> all = new ArrayList<>(MANY);
        final long first = client.number;
        client.number += MANY;
        for (long i = first; i < first + MANY; i++) {
            all.add(client.lookuper.lookup(org.apache.fluss.row.GenericRow.of(keyOf(i))));
        }
        long number = first;
        for (final var found : all) {
            check(keyOf(number++), found.get().getSingletonRow().getDouble(2));
        }
    }
}
