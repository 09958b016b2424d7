package dev.millrace.quickstart;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.FlussException;
import dev.millrace.metadata.DatabaseDescriptor;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.scan.LogScanner;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.write.AppendWriter;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Streams rows into a Fluss cluster from several virtual threads while another one reads them, and ends well only if what
 * was read is what was written, by count and by checksum. See {@link Arguments#USAGE}.
 */
public final class Quickstart {
    static final int WELL = 0;
    static final int LOST_ROWS = 1;
    static final int BAD_INPUT = 2;

    private static final int BUCKETS = 4;
    private static final long SEED = 42;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final PrintStream out;
    private final Arguments arguments;
    private long accepted;

    private Quickstart(PrintStream out, Arguments arguments) {
        this.out = out;
        this.arguments = arguments;
    }

    public static void main(String[] args) {
        System.exit(run(System.out, System.err, args));
    }

    /** Runs once and returns the exit code; what goes wrong is one line on {@code err}. */
    static int run(PrintStream out, PrintStream err, String... args) {
        Quickstart quickstart = null;
        try {
            Arguments arguments = Arguments.parse(args);
            if (arguments.help()) {
                out.print(Arguments.USAGE);
                return WELL;
            }
            quickstart = new Quickstart(out, arguments);
            return quickstart.run();
        } catch (QuickstartException | FlussException e) {
            long accepted = quickstart == null ? 0 : quickstart.accepted;
            err.println("quickstart: " + oneLine(e) + String.format(Locale.ROOT, "; %,d rows were accepted", accepted));
            return BAD_INPUT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            err.println("quickstart: interrupted");
            return LOST_ROWS;
        }
    }

    private static String oneLine(Exception e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private int run() throws InterruptedException {
        try (Feed feed = openFeed()) {
            String bootstrap = arguments.bootstrap();
            if (bootstrap != null) {
                return stream(feed, bootstrap);
            }
            long startNs = System.nanoTime();
            try (FlussCluster cluster = FlussCluster.embedded(1)) {
                out.printf(
                        Locale.ROOT,
                        "A Fluss cluster is up in this JVM at %s after %.1f s.%n",
                        cluster.bootstrapServers(),
                        (System.nanoTime() - startNs) / 1e9);
                return stream(feed, cluster.bootstrapServers());
            }
        }
    }

    private Feed openFeed() {
        return arguments.csv() == null
                ? new TickFeed(arguments.rows(), SEED, Instant.now())
                : CsvFeed.open(arguments.csv());
    }

    private int stream(Feed feed, String bootstrap) throws InterruptedException {
        TablePath wanted = arguments.table();
        TablePath path = wanted == null ? feed.defaultTable() : wanted;
        try (FlussConnection connection = connect(bootstrap)) {
            TableInfo info = prepareTable(connection.getAdmin(), path, feed.schema());
            out.printf(
                    Locale.ROOT,
                    "Streaming %s into %s (%d buckets): %s%n",
                    feed.description(),
                    path,
                    info.numBuckets(),
                    describe(feed.schema()));
            return stream(feed, connection.getTable(path), endOffsets(connection.getAdmin(), info));
        }
    }

    private static FlussConnection connect(String bootstrap) {
        Config config = Config.builder()
                .bootstrapServers(bootstrap)
                .connectTimeout(CONNECT_TIMEOUT)
                .build();
        try {
            return FlussConnection.connect(config);
        } catch (FlussException e) {
            throw new QuickstartException("no Fluss cluster answers at " + bootstrap + ": " + oneLine(e), e);
        }
    }

    private static TableInfo prepareTable(FlussAdmin admin, TablePath path, Schema schema) {
        admin.createDatabase(path.database(), DatabaseDescriptor.builder().build(), true);
        TableDescriptor descriptor =
                TableDescriptor.builder().schema(schema).distributedBy(BUCKETS).build();
        admin.createTable(path, descriptor, true);
        TableInfo info = admin.getTableInfo(path);
        if (info.hasPrimaryKey()
                || info.isPartitioned()
                || !columns(info.schema()).equals(columns(schema))) {
            throw new QuickstartException("table " + path + " exists with another schema: it has "
                    + describe(info.schema()) + keys(info) + ", the rows have " + describe(schema));
        }
        return info;
    }

    private static List<String> columns(Schema schema) {
        return schema.columns().stream()
                .map(column -> column.name() + " " + column.dataType().asSummaryString())
                .toList();
    }

    private static String describe(Schema schema) {
        return columns(schema).stream().collect(Collectors.joining(", ", "(", ")"));
    }

    private static String keys(TableInfo info) {
        return (info.hasPrimaryKey() ? " with primary key " + info.primaryKeys() : "")
                + (info.isPartitioned() ? " partitioned by " + info.partitionKeys() : "");
    }

    /** Where the log of each bucket ends now: in a table that was there before, rows of others lie before that. */
    private static Map<Integer, Long> endOffsets(FlussAdmin admin, TableInfo info) {
        return admin.listOffsets(
                info.tablePath(), IntStream.range(0, info.numBuckets()).boxed().toList(), OffsetSpec.latest());
    }

    private int stream(Feed feed, FlussTable table, Map<Integer, Long> offsets) throws InterruptedException {
        ColumnSums written;
        ColumnSums read;
        Counters counters = new Counters();
        try (LogScanner scanner = table.newScan().createLogScanner();
                AppendWriter writer = table.newAppend().createWriter();
                Progress progress = new Progress(out, counters)) {
            progress.start();
            Tail tail = new Tail(scanner, feed.schema(), offsets, counters);
            written = awaitWritten(new Ingest(writer, feed, counters, tail::hasFailed), tail);
            tail.expect(written.rows());
            read = tail.await();
        }
        return new Report(feed.schema(), written, read).print(out) ? WELL : LOST_ROWS;
    }

    /** A failure of the reader alone shows when it is joined; one of the writers ends the reader, too. */
    private ColumnSums awaitWritten(Ingest ingest, Tail tail) throws InterruptedException {
        try {
            return ingest.await();
        } catch (RuntimeException e) {
            tail.stop();
            try {
                tail.await();
            } catch (RuntimeException reading) {
                e.addSuppressed(reading);
            }
            throw e;
        } finally {
            accepted = ingest.accepted();
        }
    }
}
