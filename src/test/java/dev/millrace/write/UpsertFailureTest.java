package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.admin.OffsetSpec;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.interop.OfficialConnection;
import dev.millrace.metadata.AggFunction;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.ScanRecord;
import dev.millrace.scan.ScanRecords;
import dev.millrace.support.Cases;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FaultProxy;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that break between an upsert writer and a real server: each change takes effect once, in order. */
@WithCluster(proxied = true)
@Timeout(60)
class UpsertFailureTest {
    private static final int CHANGES = 40_000;
    private static final int KEYS = 500;

    private final FlussCluster cluster;
    private final Database database;
    private final FaultProxy proxy;

    UpsertFailureTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
        this.proxy = cluster.tabletServer(0).proxy();
    }

    @AfterEach
    void heal() {
        proxy.heal();
    }

    /** What became of each key, change by change: as the changelog must have it. */
    private static final class Model {
        final Map<Integer, @Nullable String> values = new TreeMap<>();
        final Map<Integer, List<String>> changes = new TreeMap<>();

        void upsert(final int key, final long a, final boolean onlyA) {
            final String old = values.get(key);
            final String kept = old == null ? "null" : old.substring(old.indexOf(' ') + 1);
            set(key, a + " " + (onlyA ? kept : Long.toString(a)));
        }

        void delete(final int key) {
            set(key, null);
        }

        private void set(final int key, final @Nullable String value) {
            final String old = values.put(key, value);
            final List<String> ofKey = changes.computeIfAbsent(key, k -> new ArrayList<>());
            if (old == null && value != null) {
                ofKey.add("+I" + value);
            } else if (old != null && value == null) {
                ofKey.add("-D" + old);
            } else if (old != null) {
                ofKey.add("-U" + old);
                ofKey.add("+U" + value);
            }
        }
    }

    @Test
    void shouldMakeEachChangeOnceAndInOrderWhileConnectionsAreCut() throws Exception {
        final Random random = new Random(Cases.SEED);
        final Model model = new Model();
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(16 * 1024))) {
            final TablePath path = create(
                    connection,
                    "cut",
                    Schema.builder()
                            .column("key", DataTypes.INT())
                            .column("a", DataTypes.BIGINT())
                            .column("b", DataTypes.BIGINT())
                            .primaryKey("key")
                            .build(),
                    2);
            final TableUpsert upsert = connection.getTable(path).newUpsert();
            final UpsertWriter whole = upsert.createWriter();
            final UpsertWriter part = upsert.partialUpdate(0, 1).createWriter();
            for (long n = 0; n < CHANGES; n++) {
                final int key = random.nextInt(KEYS);
                final GenericRow row = GenericRow.fromData(key, n, n);
                if (random.nextInt(10) == 0) {
                    whole.delete(row);
                    model.delete(key);
                } else {
                    // Long runs of either kind, since a change of it ends a batch.
                    final boolean onlyA = n / 500 % 4 == 0;
                    (onlyA ? part : whole).upsert(row);
                    model.upsert(key, n, onlyA);
                }
                if (n % 8_000 == 4_000) {
                    proxy.cut();
                } else if (n % 16_000 == 15_000) {
                    // The requests arrive, a few bytes of their answers leave, then the connection is gone.
                    proxy.toClient().cutAfter(5);
                }
            }
            whole.flush();
            part.flush();
            final Map<Integer, List<String>> changes = changes(connection, path, 2);
            assertThat(changes).as("seed %d", Cases.SEED).isEqualTo(model.changes);
            assertThat(lookup(path)).as("seed %d", Cases.SEED).isEqualTo(new ArrayList<>(model.values.values()));
        }
    }

    private List<@Nullable String> lookup(final TablePath path) throws Exception {
        final RowType key = Schema.builder()
                .column("key", DataTypes.INT().copy(false))
                .build()
                .rowType();
        try (OfficialConnection official = new OfficialConnection(cluster.bootstrapServers())) {
            return official.lookup(
                    path,
                    IntStream.range(0, KEYS)
                            .mapToObj(k -> RowCases.toOfficial(key, List.of(k)))
                            .toList(),
                    row -> row.getLong(1) + " " + (row.isNullAt(2) ? "null" : row.getLong(2)));
        }
    }

    private static Map<Integer, List<String>> changes(
            final FlussConnection connection, final TablePath path, final int buckets) {
        final List<Integer> all = IntStream.range(0, buckets).boxed().toList();
        final Map<Integer, Long> ends = connection.getAdmin().listOffsets(path, all, OffsetSpec.latest());
        final Map<Integer, Long> next = new TreeMap<>();
        final Map<Integer, List<String>> changes = new TreeMap<>();
        try (LogScanner scanner = connection.getTable(path).newScan().createLogScanner()) {
            all.forEach(bucket -> scanner.subscribe(bucket, LogScanner.EARLIEST_OFFSET));
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (!next.equals(ends) && System.nanoTime() < deadlineNs) {
                try (ScanRecords records = scanner.poll(Duration.ofSeconds(1))) {
                    for (final ScanRecord record : records) {
                        changes.computeIfAbsent(record.row().getInt(0), key -> new ArrayList<>())
                                .add(record.changeType().shortString()
                                        + record.row().getLong(1) + " "
                                        + (record.row().isNullAt(2)
                                                ? "null"
                                                : record.row().getLong(2)));
                    }
                    records.nextOffsets().forEach((bucket, offset) -> next.put(bucket.bucketId(), offset));
                }
            }
        }
        return changes;
    }

    /** A sum shows each change that counted twice or not at all. */
    @Test
    void shouldCountEachChangeOnceWhereverAFrameIsCut() throws Exception {
        try (FlussConnection connection = connect(Config.builder())) {
            final TablePath path = TablePath.of(database.name(), "sums");
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(Schema.builder()
                                            .column("key", DataTypes.INT())
                                            .column("count", DataTypes.BIGINT(), null, AggFunction.sum())
                                            .column("sum", DataTypes.BIGINT(), null, AggFunction.sum())
                                            .primaryKey("key")
                                            .build())
                                    .property("table.merge-engine", "aggregation")
                                    .distributedBy(1, List.of())
                                    .build(),
                            false);
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            long n = 1;
            writer.upsert(GenericRow.fromData(0, 1L, n)).await();
            final long sentBefore = proxy.toServer().forwardedBytes();
            final long receivedBefore = proxy.toClient().forwardedBytes();
            writer.upsert(GenericRow.fromData(0, 1L, ++n)).await();
            final long requestLength = proxy.toServer().forwardedBytes() - sentBefore;
            final long responseLength = proxy.toClient().forwardedBytes() - receivedBefore;
            assertThat(requestLength).isGreaterThan(60);
            assertThat(responseLength).isPositive();
            for (long bytes = 0; bytes <= requestLength; bytes += 3) {
                proxy.toServer().cutAfter(bytes);
                writer.upsert(GenericRow.fromData(0, 1L, ++n)).await();
            }
            proxy.heal();
            for (long bytes = 0; bytes <= responseLength; bytes++) {
                proxy.toClient().cutAfter(bytes);
                writer.upsert(GenericRow.fromData(0, 1L, ++n)).await();
            }
            proxy.heal();
            assertThat(lookup(path).get(0)).isEqualTo(n + " " + n * (n + 1) / 2);
        }
    }

    @Test
    void shouldWaitForMemoryNoLongerThanAllowed() throws Exception {
        final Config.Builder config = Config.builder()
                .writerBufferMemorySize(128 * 1024)
                .writerBatchSize(32 * 1024)
                .writerBufferWaitTimeout(Duration.ofMillis(300));
        try (FlussConnection connection = connect(config)) {
            final TablePath path = create(
                    connection,
                    "stalled",
                    Schema.builder()
                            .column("key", DataTypes.INT())
                            .column("a", DataTypes.BIGINT())
                            .column("b", DataTypes.BIGINT())
                            .primaryKey("key")
                            .build(),
                    1);
            final UpsertWriter writer = connection.getTable(path).newUpsert().createWriter();
            writer.upsert(GenericRow.fromData(0, 0L, 0L)).await();
            proxy.toServer().mute();
            final List<WriteResultFuture> accepted = new ArrayList<>();
            assertThatThrownBy(() -> {
                        while (true) {
                            final long n = accepted.size();
                            accepted.add(writer.upsert(GenericRow.fromData((int) n % KEYS, n, n)));
                        }
                    })
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("nothing was written");
            assertThat(writer.tryUpsert(GenericRow.fromData(0, -1L, -1L))).isNull();
            assertThat(writer.tryDelete(GenericRow.fromData(0, -1L, -1L))).isNull();
            proxy.heal();
            writer.flush();
            assertThat(accepted).hasSizeGreaterThan(KEYS).allMatch(WriteResultFuture::isDone);
            final List<@Nullable String> found = lookup(path);
            for (int n = accepted.size() - KEYS; n < accepted.size(); n++) {
                assertThat(found.get(n % KEYS)).isEqualTo(n + " " + n);
            }
        }
    }

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private TablePath create(
            final FlussConnection connection, final String name, final Schema schema, final int buckets) {
        final TablePath path = TablePath.of(database.name(), name);
        connection
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(schema)
                                .distributedBy(buckets, List.of())
                                .build(),
                        false);
        return path;
    }
}
