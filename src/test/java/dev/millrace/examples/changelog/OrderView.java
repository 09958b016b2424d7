package dev.millrace.examples.changelog;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.FlussAdmin;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.OffsetOutOfRangeException;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.scan.LimitBatchScanner;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.scan.ScanRecords;
import dev.millrace.table.FlussTable;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Keeps a table of orders in memory, and with it how much each customer has open: the rows as they are at the start, and
 * then every change. For one thread.
 *
 * <p>The changelog from its beginning would do as well, but servers keep it for a while only ({@code table.log.ttl}), and
 * the table for ever. The rows are read after the offsets from which the changes are followed, so they may have some of the
 * first changes already. That does no harm: each change brings the whole row, and to apply one twice is to apply it once.
 */
public final class OrderView implements AutoCloseable {
    private static final int MOST_ROWS_OF_BUCKET = 1_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final FlussAdmin admin;
    private final TableInfo info;
    private final Map<Long, Order> orders = new HashMap<>();
    private final Map<String, Long> openCents = new HashMap<>();
    private final Map<Integer, Long> positions;
    private final LogScanner changes;

    OrderView(FlussConnection connection, TablePath path) {
        admin = connection.getAdmin();
        FlussTable table = connection.getTable(path);
        info = table.getTableInfo();
        positions = new HashMap<>(ends());
        positions.keySet().forEach(bucket -> readRows(table, bucket));
        changes = table.newScan().createLogScanner();
        changes.subscribeBuckets(positions);
    }

    private void readRows(FlussTable table, int bucket) {
        TableBucket of = TableBucket.of(info.tableId(), bucket);
        int before = orders.size();
        try (LimitBatchScanner rows = table.newScan().limit(MOST_ROWS_OF_BUCKET).createBucketBatchScanner(of)) {
            for (ScanBatch batch : rows.collectAllBatches()) {
                try (batch) {
                    Order.of(batch.batch()).forEach(this::put);
                }
            }
        }
        if (orders.size() - before == MOST_ROWS_OF_BUCKET) {
            throw new IllegalStateException(info.tablePath() + " is too large for a view in memory");
        }
    }

    /**
     * Applies the changes that are there, or the next ones to come.
     *
     * @param timeout how long to wait for them.
     * @return whether anything was read.
     * @throws OffsetOutOfRangeException the view has not been polled for so long that changes it needs are gone; make a new
     *     one.
     */
    boolean poll(Duration timeout) {
        try (ScanRecords records = changes.poll(timeout)) {
            ScanRecords.Cursor cursor = records.cursor();
            while (cursor.next()) {
                switch (cursor.changeType()) {
                    case INSERT, UPDATE_AFTER -> put(Order.of(cursor.row()));
                    case DELETE -> remove(cursor.row().getLong(0));
                    case UPDATE_BEFORE -> {
                        // The view knows the row itself; the one that takes its place comes next.
                    }
                    case APPEND_ONLY -> throw new IllegalStateException(info.tablePath() + " has no primary key");
                }
            }
            records.nextOffsets().forEach((bucket, offset) -> positions.put(bucket.bucketId(), offset));
            return !records.nextOffsets().isEmpty();
        }
    }

    /** Applies all changes up to now: what was acknowledged to any writer before this call is in the view after it. */
    void catchUp() {
        Map<Integer, Long> ends = ends();
        while (ends.entrySet().stream().anyMatch(end -> positions.get(end.getKey()) < end.getValue())) {
            if (!poll(PATIENCE)) {
                throw new IllegalStateException("no change of " + info.tablePath() + " came for " + PATIENCE
                        + " between " + positions + " and " + ends);
            }
        }
    }

    private Map<Integer, Long> ends() {
        List<Integer> buckets = IntStream.range(0, info.numBuckets()).boxed().toList();
        return admin.listOffsets(info.tablePath(), buckets, OffsetSpec.latest());
    }

    /** Takes away what the view itself has added for an order before: so an order counts once, however often it comes. */
    private void put(Order order) {
        remove(order.id());
        orders.put(order.id(), order);
        addOpen(order.customer(), order.openCents());
    }

    private void remove(long id) {
        Order before = orders.remove(id);
        if (before != null) {
            addOpen(before.customer(), -before.openCents());
        }
    }

    private void addOpen(String customer, long cents) {
        if (openCents.merge(customer, cents, Long::sum) == 0) {
            openCents.remove(customer);
        }
    }

    Map<Long, Order> orders() {
        return Collections.unmodifiableMap(orders);
    }

    /** How much each customer has open, of those who have anything. */
    Map<String, Long> openCents() {
        return Collections.unmodifiableMap(openCents);
    }

    @Override
    public void close() {
        changes.close();
    }

    /** Prints what is open whenever it has changed. Takes the bootstrap servers, the database, and for how many seconds. */
    public static void main(String[] args) {
        Config config = Config.builder().bootstrapServers(args[0]).build();
        long endNs =
                System.nanoTime() + Duration.ofSeconds(Long.parseLong(args[2])).toNanos();
        try (FlussConnection connection = FlussConnection.connect(config);
                OrderView view = new OrderView(connection, TablePath.of(args[1], "orders"))) {
            System.out.println(view.openCents());
            while (System.nanoTime() - endNs < 0) {
                if (view.poll(Duration.ofSeconds(1))) {
                    System.out.println(view.openCents());
                }
            }
        }
    }
}
