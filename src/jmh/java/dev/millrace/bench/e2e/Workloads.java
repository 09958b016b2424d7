package dev.millrace.bench.e2e;

import dev.millrace.bench.client.BenchTable;
import dev.millrace.bench.client.Client;
import dev.millrace.bench.client.NestedShape;
import dev.millrace.bench.client.Shape;
import dev.millrace.bench.client.TextShape;
import dev.millrace.bench.client.TickShape;
import dev.millrace.bench.client.WideShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** All of them. Both clients run by their defaults, which agree where both have an option, unless settings are named. */
final class Workloads {
    private static final Map<String, String> DEFAULTS = Map.of();
    private static final Map<String, String> PLATFORM = Map.of("readerThread", "PLATFORM");
    private static final Map<String, String> NO_LINGER = Map.of("client.writer.batch-timeout", "0ms");
    private static final Map<String, String> SHORT_LOOKUP = Map.of("client.lookup.batch-timeout", "1ms");
    private static final Map<String, String> LARGE_POLLS = Map.of("client.scanner.log.max-poll-records", "10000");
    private static final Map<String, String> LARGE_BATCHES =
            Map.of("client.writer.batch-size", "8mb", "client.writer.buffer.memory-size", "256mb");

    private static final long UNBOUNDED = Long.MAX_VALUE;
    private static final int THREADS = 1_000;
    private static final int CHUNK = 200_000;
    private static final long SCANNED = 2_000_000;
    private static final long KEYS = 500_000;
    private static final long LOOKED_UP = 100_000;
    private static final int LOOKUP_BUCKETS = 4;
    private static final int MANY_KEYS = 128;
    /** Rows of more bytes come in smaller numbers. */
    private static final long LARGE_ROWS = 100_000;

    private static final int LARGE_CHUNK = 10_000;

    private final String database;
    private final List<Workload> all = new ArrayList<>();

    private Workloads(final String database) {
        this.database = database;
    }

    /** Their tables are in this database. */
    static List<Workload> in(final String database) {
        final Workloads workloads = new Workloads(database);
        workloads.addWrites();
        workloads.addScans();
        workloads.addLookups();
        workloads.addShapes();
        workloads.addBuckets();
        workloads.addStart();
        return List.copyOf(workloads.all);
    }

    private BenchTable log(final String name, final Shape shape) {
        return BenchTable.log(database, name.replace('-', '_'), shape);
    }

    private BenchTable ticks(final String name) {
        return log(name, new TickShape());
    }

    private void add(
            final String name,
            final String title,
            final String group,
            final BenchTable table,
            final long filled,
            final long most,
            final Contestant... contestants) {
        final String unit = group.equals("lookup") ? "lookup" : "row";
        all.add(new Workload(name, title, group, unit, table, filled, most, Optional.empty(), List.of(contestants)));
    }

    private static Contestant millrace(final Work.OfClient work) {
        return Contestant.millrace("millrace", "Millrace", DEFAULTS, work);
    }

    private static Contestant official(final Work.OfClient work) {
        return Contestant.official("official", "official", DEFAULTS, work);
    }

    private void addWrites() {
        for (final String compression : List.of("NONE", "ZSTD")) {
            final String name = "append-" + compression.toLowerCase(Locale.ROOT);
            final BenchTable table = ticks(name).withCompression(compression);
            final Work.OfClient work = ClientWork.write(table, CHUNK);
            add(
                    name,
                    compression.equals("NONE") ? "Append" : "Append, zstd",
                    "append",
                    table,
                    0,
                    UNBOUNDED,
                    millrace(work),
                    official(work),
                    Contestant.official("official-large", "official, larger batches", LARGE_BATCHES, work),
                    Contestant.rust("append"));
        }
        final BenchTable threads = ticks("append-threads");
        final Work.OfClient together = ClientWork.writeTogether(threads, THREADS, CHUNK / THREADS);
        add(
                "append-threads",
                "Append, 1,000 virtual threads",
                "append",
                threads,
                0,
                UNBOUNDED,
                millrace(together),
                official(together));
        final BenchTable keyed = ticks("upsert").withKeys(KEYS);
        final Work.OfClient upsert = ClientWork.write(keyed, CHUNK / 2);
        add(
                "upsert",
                "Upsert",
                "upsert",
                keyed,
                0,
                UNBOUNDED,
                millrace(upsert),
                official(upsert),
                Contestant.rust("upsert"));
        addWaits();
        addMixed();
    }

    private void addWaits() {
        final BenchTable one = ticks("append-wait");
        final Work.OfClient wait = ClientWork.writeAndWait(one, 10);
        add(
                "append-wait",
                "Append a row and wait",
                "latency",
                one,
                0,
                UNBOUNDED,
                millrace(wait),
                Contestant.official("official-linger-0", "official, linger 0", NO_LINGER, wait),
                official(wait),
                Contestant.rust("append-wait"));
        final BenchTable many = ticks("append-wait-threads");
        final Work.OfClient together = ClientWork.writeAndWaitTogether(many, THREADS, 20);
        add(
                "append-wait-threads",
                "Append and wait, 1,000 threads",
                "append",
                many,
                0,
                UNBOUNDED,
                millrace(together),
                Contestant.official("official-linger-0", "official, linger 0", NO_LINGER, together));
    }

    private void addMixed() {
        final BenchTable written = ticks("mixed");
        final BenchTable lookedUp = ticks("mixed-lookup").withKeys(LOOKED_UP).withBuckets(LOOKUP_BUCKETS);
        final Work.OfClient work = ClientWork.mixed(written, lookedUp, CHUNK);
        all.add(new Workload(
                "mixed",
                "Append, scan and look up at once",
                "mixed",
                "row",
                written,
                0,
                UNBOUNDED,
                Optional.of(lookedUp),
                List.of(
                        millrace(work),
                        Contestant.official("official-lookup-1", "official, lookups wait 1 ms", SHORT_LOOKUP, work),
                        official(work))));
    }

    private void addScans() {
        final BenchTable plain = ticks("scan-none");
        addScan("scan-none", "Scan", plain, SCANNED, false);
        addScan("scan-zstd", "Scan, zstd", ticks("scan-zstd").withCompression("ZSTD"), SCANNED, false);
        addScan("scan-column", "Scan, one column of six", ticks("scan-column"), SCANNED, true);
        final BenchTable batches = ticks("scan-batches");
        add(
                "scan-batches",
                "Scan Arrow batches",
                "scan",
                batches,
                SCANNED,
                UNBOUNDED,
                millrace(ClientWork.scan(batches, SCANNED, Client.Form.BATCHES, false)),
                Contestant.millrace(
                        "millrace-platform",
                        "Millrace, platform readers",
                        PLATFORM,
                        ClientWork.scan(batches, SCANNED, Client.Form.BATCHES, false)),
                Contestant.limit(
                        "fetch-checksum",
                        "the same requests, bare, with checksums",
                        Limits.fetch(batches, SCANNED, true)),
                Contestant.limit("fetch", "the same requests, bare", Limits.fetch(batches, SCANNED, false)),
                Contestant.limit("socket", "the bytes through a socket", Limits.socket(batches, SCANNED)),
                Contestant.limit("copy", "the bytes copied", Limits.copy(batches, SCANNED)),
                Contestant.limit("crc32c", "the bytes' CRC-32C", Limits.checksum(batches, SCANNED)));
    }

    private void addScan(
            final String name, final String title, final BenchTable table, final long rows, final boolean oneColumn) {
        final Work.OfClient cursor = ClientWork.scan(table, rows, Client.Form.CURSOR, oneColumn);
        final Work.OfClient iterator = ClientWork.scan(table, rows, Client.Form.ITERATOR, oneColumn);
        add(
                name,
                title,
                "scan",
                table,
                rows,
                UNBOUNDED,
                millrace(cursor),
                official(iterator),
                Contestant.millrace("millrace-iterator", "Millrace, iterator", DEFAULTS, iterator),
                Contestant.millrace("millrace-platform", "Millrace, platform readers", PLATFORM, cursor),
                Contestant.official("official-large", "official, larger polls", LARGE_POLLS, iterator),
                Contestant.rust(oneColumn ? "scan-column" : "scan"));
    }

    private void addLookups() {
        final BenchTable table = ticks("lookup-one").withKeys(LOOKED_UP).withBuckets(LOOKUP_BUCKETS);
        addLookup("lookup-one", "Look up, one caller", table, ClientWork.lookUp(table, 10));
        addLookup(
                "lookup-threads",
                "Look up, 1,000 virtual threads",
                table,
                ClientWork.lookUpTogether(table, THREADS, 20));
        addLookup("lookup-all", "Look up 128 keys at once", table, ClientWork.lookUpAll(table, MANY_KEYS));
    }

    private void addLookup(final String name, final String title, final BenchTable table, final Work.OfClient work) {
        final List<Contestant> contestants = new ArrayList<>(List.of(
                millrace(work),
                Contestant.official("official-1", "official, lookups wait 1 ms", SHORT_LOOKUP, work),
                Contestant.millrace("millrace-platform", "Millrace, platform readers", PLATFORM, work),
                official(work)));
        if (name.equals("lookup-one")) {
            contestants.add(Contestant.limit("request", "the same requests, bare", Limits.lookUp(table)));
            contestants.add(Contestant.limit("ping", "a ping", Limits.ping()));
        }
        add(name, title, "lookup", table, LOOKED_UP, UNBOUNDED, contestants.toArray(Contestant[]::new));
    }

    private void addShapes() {
        addShape("wide", "100 columns", new WideShape());
        addShape("text", "texts of 2,000 to 6,000", new TextShape());
        addShape("nested", "nested types", new NestedShape());
    }

    private void addShape(final String name, final String title, final Shape shape) {
        final BenchTable written = log("append-" + name, shape);
        final Work.OfClient write = ClientWork.write(written, LARGE_CHUNK);
        add(
                "append-" + name,
                "Append, " + title,
                "shapes",
                written,
                0,
                10 * LARGE_ROWS,
                millrace(write),
                official(write));
        final BenchTable read = log("scan-" + name, shape);
        add(
                "scan-" + name,
                "Scan, " + title,
                "shapes",
                read,
                LARGE_ROWS,
                UNBOUNDED,
                millrace(ClientWork.scan(read, LARGE_ROWS, Client.Form.CURSOR, false)),
                official(ClientWork.scan(read, LARGE_ROWS, Client.Form.ITERATOR, false)));
    }

    private void addBuckets() {
        for (final int buckets : new int[] {16, 1_000}) {
            final BenchTable written = ticks("append-buckets-" + buckets).withBuckets(buckets);
            final Work.OfClient write = ClientWork.write(written, CHUNK);
            add(
                    "append-buckets-" + buckets,
                    "Append, %,d buckets".formatted(buckets),
                    "buckets",
                    written,
                    0,
                    UNBOUNDED,
                    millrace(write),
                    official(write));
            final BenchTable read = ticks("scan-buckets-" + buckets).withBuckets(buckets);
            add(
                    "scan-buckets-" + buckets,
                    "Scan, %,d buckets".formatted(buckets),
                    "buckets",
                    read,
                    SCANNED,
                    UNBOUNDED,
                    millrace(ClientWork.scan(read, SCANNED, Client.Form.CURSOR, false)),
                    official(ClientWork.scan(read, SCANNED, Client.Form.ITERATOR, false)));
        }
    }

    private void addStart() {
        final BenchTable table = ticks("start-up");
        final Work.OfClient first = ClientWork.writeAndWait(table, 1);
        add("start-up", "Start to the first acknowledged row", "start", table, 0, 1, millrace(first), official(first));
    }
}
