package dev.millrace.examples.marketdata;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.scan.LogReader;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Reads again the ticks that were written in a range of time, however many came before and after. */
public final class TickReplay {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final FlussAdmin admin;
    private final FlussTable table;

    TickReplay(FlussConnection connection, TablePath path) {
        admin = connection.getAdmin();
        table = connection.getTable(path);
    }

    /**
     * Hands on the ticks from one time until before another. The ticks of a symbol come in their order.
     *
     * @param from by the clock of the cluster, as all that follows: when the ticks were written, not when they were quoted.
     * @param until not in the future, where the server does not know yet what there will be.
     * @return how many there were.
     */
    long replay(Instant from, Instant until, Consumer<Tick> consumer) {
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            scanner.subscribeBuckets(offsetsAt(from));
            try (LogReader reader = LogReader.untilOffsets(scanner, stopsAt(until))) {
                long ticks = 0;
                while (!reader.isDone()) {
                    ticks += readSome(reader, consumer);
                }
                return ticks;
            }
        }
    }

    private static int readSome(LogReader reader, Consumer<Tick> consumer) {
        try (ScanRecords records = reader.poll(PATIENCE)) {
            if (records.nextOffsets().isEmpty() && !reader.isDone()) {
                throw new IllegalStateException("the replay got no tick for " + PATIENCE);
            }
            ScanRecords.Cursor cursor = records.cursor();
            while (cursor.next()) {
                consumer.accept(Tick.of(cursor.row()));
            }
            return records.count();
        }
    }

    private Map<Integer, Long> offsetsAt(Instant time) {
        TableInfo info = table.getTableInfo();
        List<Integer> buckets = IntStream.range(0, info.numBuckets()).boxed().toList();
        return admin.listOffsets(info.tablePath(), buckets, OffsetSpec.timestamp(time));
    }

    private Map<TableBucket, Long> stopsAt(Instant time) {
        Map<TableBucket, Long> stops = new HashMap<>();
        long tableId = table.getTableInfo().tableId();
        offsetsAt(time).forEach((bucket, offset) -> stops.put(TableBucket.of(tableId, bucket), offset));
        return stops;
    }

    /** Takes the bootstrap servers, the database, and the two ends of the range, as in {@code 2026-03-01T09:30:00Z}. */
    public static void main(String[] args) {
        Config config = Config.builder().bootstrapServers(args[0]).build();
        try (FlussConnection connection = FlussConnection.connect(config)) {
            TickReplay replay = new TickReplay(connection, MarketDataRecorder.ticks(args[1]));
            long ticks = replay.replay(Instant.parse(args[2]), Instant.parse(args[3]), System.out::println);
            System.out.println(ticks + " ticks");
        }
    }
}
