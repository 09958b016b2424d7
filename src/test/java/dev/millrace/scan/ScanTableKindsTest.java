package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.error.BufferExhaustedException;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.fluss.client.table.Table;
import org.apache.fluss.client.table.writer.UpsertWriter;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.GenericArray;
import org.apache.fluss.row.GenericMap;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataType;
import org.apache.fluss.types.DataTypes;
import org.apache.fluss.types.RowType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tables other than a plain log of scalars, and memory too small for what they hold. */
@WithCluster
@SuppressWarnings("try") // the official client's close() throws Exception
@Timeout(60)
class ScanTableKindsTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final RowType PAIR =
            RowType.of(new DataType[] {DataTypes.BIGINT(), DataTypes.STRING()}, new String[] {"n", "text"});

    private static OfficialClient official;
    private final String bootstrapServers;
    private final String database;

    ScanTableKindsTest(final FlussCluster cluster, final Database database) {
        this.bootstrapServers = cluster.bootstrapServers();
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        // Long enough that many rows go into one batch.
        official = new OfficialClient(cluster.bootstrapServers(), "500 ms");
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    @Test
    void shouldReadNestedColumnsAsRowsAndAsArrow() throws Exception {
        final RowType type = RowType.of(
                new DataType[] {
                    DataTypes.INT(),
                    DataTypes.ARRAY(DataTypes.INT()),
                    DataTypes.STRING(),
                    DataTypes.MAP(DataTypes.STRING().copy(false), DataTypes.INT()),
                    DataTypes.ROW(DataTypes.FIELD("x", DataTypes.INT()), DataTypes.FIELD("y", DataTypes.STRING())),
                    DataTypes.BIGINT()
                },
                new String[] {"a", "list", "b", "map", "row", "c"});
        try (OfficialTable table = official.createTable(database, "nested", type, 1, Map.of());
                ScanClient client = client(config().build());
                LogScanner rows = client.scan(table.path).createLogScanner();
                RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner()) {
            table.append(IntStream.range(0, 20)
                    .mapToObj(i -> GenericRow.of(
                            i,
                            i % 5 == 0 ? null : new GenericArray(new Object[] {i, null, i + 1}),
                            text("b" + i),
                            i % 3 == 0 ? null : new GenericMap(Map.of(text("k"), i)),
                            i % 4 == 0 ? null : GenericRow.of(i, text("y" + i)),
                            (long) i))
                    .toList());
            rows.subscribe(0, 0);
            int seen = 0;
            while (seen < 20) {
                try (ScanRecords records = rows.poll(LONG)) {
                    for (final ScanRecord record : records) {
                        assertThat(record.row().getInt(0)).isEqualTo(seen);
                        assertThat(record.row().isNullAt(1)).isEqualTo(seen % 5 == 0);
                        assertThat(record.row().getString(2)).isEqualTo("b" + seen);
                        assertThat(record.row().getLong(5)).isEqualTo(seen);
                        if (seen % 5 != 0) {
                            assertThat(record.row().getArray(1))
                                    .hasToString("[" + seen + ", null, " + (seen + 1) + "]");
                        }
                        if (seen % 4 != 0) {
                            assertThat(record.row().getRow(4, 2).getString(1)).isEqualTo("y" + seen);
                        }
                        seen++;
                    }
                }
            }
            batches.subscribe(0, 0);
            final List<String> read = new ArrayList<>();
            while (read.size() < 20) {
                for (final ScanBatch batch : batches.poll(LONG)) {
                    try (batch) {
                        for (int i = 0; i < batch.numRecords(); i++) {
                            read.add(batch.batch().getVector("list").getObject(i) + " "
                                    + batch.batch().getVector("map").getObject(i) + " "
                                    + batch.batch().getVector("row").getObject(i));
                        }
                    }
                }
            }
            assertThat(read.get(0)).isEqualTo("null null null");
            assertThat(read.get(7)).isEqualTo("[7,null,8] [{\"key\":\"k\",\"value\":7}] {\"x\":7,\"y\":\"y7\"}");
        }
    }

    @Test
    void shouldReadTheChangesOfAPrimaryKeyTable() throws Exception {
        final org.apache.fluss.metadata.TablePath path = org.apache.fluss.metadata.TablePath.of(database, "changes");
        official.connection()
                .getAdmin()
                .createTable(
                        path,
                        TableDescriptor.builder()
                                .schema(Schema.newBuilder()
                                        .column("n", DataTypes.BIGINT())
                                        .column("text", DataTypes.STRING())
                                        .primaryKey("n")
                                        .build())
                                .distributedBy(1)
                                .build(),
                        false)
                .get(20, TimeUnit.SECONDS);
        try (Table table = official.connection().getTable(path);
                ScanClient client = client(config().build());
                LogScanner scanner =
                        client.scan(TablePath.of(database, "changes")).createLogScanner()) {
            final UpsertWriter writer = table.newUpsert().createWriter();
            writer.upsert(GenericRow.of(1L, text("one")));
            writer.flush();
            writer.upsert(GenericRow.of(1L, text("uno")));
            writer.flush();
            writer.delete(GenericRow.of(1L, null));
            writer.flush();

            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            final List<String> changes = new ArrayList<>();
            while (changes.size() < 4) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    records.forEach(record -> changes.add(record.changeType().shortString()
                            + record.offset()
                            + record.row().getString(1)));
                }
            }
            assertThat(changes).containsExactly("+I0one", "-U1one", "+U2uno", "-D3uno");
        }
    }

    @Test
    void shouldNotTearTheTwoRowsOfAnUpdateApart() throws Exception {
        try (OfficialChanges table = new OfficialChanges(official, database, "updates", 2, "FULL")) {
            table.upsert(0, 31, "a");
            table.upsert(0, 31, "b");
            table.upsert(31, 33, "c");
            table.upsert(20, 33, "d");
            final int changes = 31 + 2 * 31 + 2 + 2 * 13;
            final Map<Integer, List<String>> expected = table.read(changes);
            for (final int limit : new int[] {1, 2, 3, 7, 500}) {
                assertThat(readWholeUpdates(table.path, limit, changes))
                        .as("%d a poll", limit)
                        .isEqualTo(expected);
            }
        }
    }

    private Map<Integer, List<String>> readWholeUpdates(final TablePath path, final int limit, final int changes) {
        try (ScanClient client = client(config().scannerLogMaxPollRecords(limit).build());
                LogScanner scanner = client.scan(path).createLogScanner()) {
            scanner.subscribeBuckets(Map.of(0, LogScanner.EARLIEST_OFFSET, 1, LogScanner.EARLIEST_OFFSET));
            final TreeMap<Integer, List<String>> read = new TreeMap<>();
            for (int seen = 0; seen < changes; ) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    assertThat(records.count()).isBetween(1, Math.max(2, limit));
                    seen += records.count();
                    records.recordsByBuckets().forEach((bucket, list) -> {
                        assertThat(list.getFirst().changeType()).isNotEqualTo(ChangeType.UPDATE_AFTER);
                        assertThat(list.getLast().changeType()).isNotEqualTo(ChangeType.UPDATE_BEFORE);
                        assertThat(records.nextOffsets())
                                .containsEntry(bucket, list.getLast().offset() + 1);
                        for (final ScanRecord record : list) {
                            read.computeIfAbsent(bucket.bucketId(), id -> new ArrayList<>())
                                    .add(OfficialChanges.describe(
                                            record.changeType().shortString(),
                                            record.offset(),
                                            record.row().getLong(0),
                                            record.row().getString(1)));
                        }
                    });
                }
            }
            return read;
        }
    }

    @Test
    void shouldNameTheMemoryThatIsTooSmallForAResponse() throws Exception {
        try (OfficialTable table = official.createTable(
                        database, "large", PAIR, 1, Map.of("table.log.arrow.compression.type", "NONE"));
                ScanClient client = client(little());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(large());
            scanner.subscribe(0, 0);
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("bucket 0, offset 0")
                    .hasMessageContaining("scannerBufferMemorySize");
        }
    }

    @Test
    void shouldNameTheMemoryThatIsTooSmallForABatchDecompressed() throws Exception {
        try (OfficialTable table = official.createTable(database, "compressed", PAIR, 1, Map.of());
                ScanClient client = client(little());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            table.append(large());
            scanner.subscribe(0, 0);
            assertThatThrownBy(() -> scanner.poll(LONG))
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("bucket 0, offset 0")
                    .hasMessageContaining("scannerBufferMemorySize");
        }
    }

    /** Takes ten seconds, for so long a poll hopes that memory comes back. */
    @Test
    @Tag("stress")
    void shouldNameTheMemoryThatTheApplicationHolds() throws Exception {
        final List<ScanRecords> kept = new ArrayList<>();
        try (OfficialTable table = official.createTable(database, "kept", PAIR, 1, Map.of());
                ScanClient client = client(little());
                LogScanner scanner = client.scan(table.path).createLogScanner()) {
            for (int i = 0; i < 20; i++) {
                table.append(large().subList(0, 1_000));
            }
            scanner.subscribe(0, 0);
            assertThatThrownBy(() -> {
                        while (true) {
                            kept.add(scanner.poll(LONG));
                        }
                    })
                    .isInstanceOf(BufferExhaustedException.class)
                    .hasMessageContaining("results that the application keeps");
            assertThat(kept).isNotEmpty();
            assertThat(kept.getFirst().cursor().next()).isTrue();
            int count = 0;
            for (final ScanRecords records : kept) {
                count += records.count();
                records.close();
            }
            while (count < 20_000) {
                try (ScanRecords records = scanner.poll(LONG)) {
                    count += records.count();
                }
            }
            assertThat(count).isEqualTo(20_000);
        }
    }

    private static List<GenericRow> large() {
        return IntStream.range(0, 20_000)
                .mapToObj(i -> GenericRow.of((long) i, text("always the same text")))
                .toList();
    }

    private Config little() {
        return config().scannerBufferMemorySize(256 * 1024)
                .scannerLogFetchMaxBytes(64 * 1024)
                .scannerLogFetchMaxBytesForBucket(64 * 1024)
                .build();
    }

    private static BinaryString text(final String text) {
        return BinaryString.fromString(text);
    }

    private Config.Builder config() {
        return Config.builder().bootstrapServers(bootstrapServers);
    }

    private static ScanClient client(final Config config) {
        return new ScanClient(config);
    }
}
