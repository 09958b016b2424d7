package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.ValueVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.util.TransferPair;
import org.apache.fluss.metadata.Schema;
import org.apache.fluss.metadata.TableDescriptor;
import org.apache.fluss.types.DataTypes;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The changes of tables with a primary key as Arrow batches. */
@WithCluster
@Timeout(120)
class ChangelogBatchesTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    private static OfficialClient official;
    private final Config config;
    private final String database;

    ChangelogBatchesTest(final FlussCluster cluster, final Database database) {
        this.config =
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build();
        this.database = database.name();
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialClient(cluster.bootstrapServers());
    }

    @AfterAll
    static void disconnect() {
        official.close();
    }

    @ParameterizedTest
    @CsvSource({"FULL, 340", "WAL, 250"})
    void shouldTellTheChangesOfBothImages(final String image, final int changes) throws Exception {
        try (OfficialChanges table = new OfficialChanges(official, database, "changes_" + image, 2, image);
                ScanClient client = new ScanClient(config);
                BufferAllocator allocator = new RootAllocator();
                LogScanner rows = client.scan(table.path).createLogScanner();
                RecordBatchLogScanner batches = client.scan(table.path).createRecordBatchLogScanner(allocator);
                RecordBatchLogScanner projected =
                        client.scan(table.path).project(1).createRecordBatchLogScanner(allocator)) {
            table.upsert(0, 100, "a");
            table.upsert(10, 100, "b");
            table.delete(40, 100);
            final TreeMap<Integer, List<String>> expected = table.read(changes);
            assertThat(expected).hasSize(2);

            assertThat(readRows(rows, changes)).isEqualTo(expected);
            assertThat(readBatches(batches, changes)).isEqualTo(expected);
            final TreeMap<Integer, List<String>> texts = new TreeMap<>();
            expected.forEach((bucket, list) -> texts.put(
                    bucket,
                    list.stream()
                            .map(change -> change.replaceFirst(" \\d+ (?=\\D)", " -1 "))
                            .toList()));
            assertThat(readBatches(projected, changes)).isEqualTo(texts);
            assertThat(allocator.getAllocatedMemory()).isZero();
        }
    }

    @Test
    void shouldCutChangeTypesBelowTheOffsetLikeRows() throws Exception {
        try (OfficialChanges table = new OfficialChanges(official, database, "cut", 1, "FULL");
                ScanClient client = new ScanClient(config);
                RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner()) {
            table.upsert(0, 20, "a");
            table.upsert(0, 20, "b");
            for (long from = 15; from < 60; from += 3) {
                scanner.subscribe(0, from);
                final TreeMap<Integer, List<String>> expected = table.read(60);
                expected.replaceAll(fromOffset(from));
                assertThat(readSubscribed(scanner, 60 - (int) from))
                        .as("from %d", from)
                        .isEqualTo(expected);
            }
        }
    }

    private static BiFunction<Integer, List<String>, List<String>> fromOffset(final long from) {
        return (bucket, changes) -> changes.subList((int) from, changes.size());
    }

    @Test
    void shouldLetVectorsMoveOnAndOutliveTheScanner() throws Exception {
        try (OfficialChanges table = new OfficialChanges(official, database, "moved", 1, "FULL");
                ScanClient client = new ScanClient(config);
                BufferAllocator root = new RootAllocator();
                BufferAllocator other = root.newChildAllocator("other", 0, Long.MAX_VALUE)) {
            table.upsert(0, 10, "a");
            table.upsert(0, 1, "b");
            table.delete(0, 1);
            final RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner(root);
            scanner.subscribe(0, 0);
            final List<VarCharVector> texts = new ArrayList<>();
            final List<TinyIntVector> types = new ArrayList<>();
            int count = 0;
            while (count < 13) {
                for (final ScanBatch batch : scanner.poll(LONG)) {
                    count += batch.numRecords();
                    texts.add((VarCharVector) moved(batch.batch().getVector("text"), other));
                    types.add((TinyIntVector) moved(batch.changeTypes(), other));
                    assertThatThrownBy(() -> batch.changeType(0))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("moved on");
                    batch.close();
                }
            }
            scanner.close();
            assertThat(root.getAllocatedMemory()).isEqualTo(other.getAllocatedMemory());
            assertThat(client.memory.freeBytes()).isLessThan(client.memory.budgetBytes());
            final List<String> read = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                for (int row = 0; row < texts.get(i).getValueCount(); row++) {
                    read.add(ChangeType.of(types.get(i).get(row)).shortString()
                            + texts.get(i).getObject(row));
                }
                texts.get(i).close();
                types.get(i).close();
            }
            assertThat(read).startsWith("+Ia0", "+Ia1").endsWith("+Ia9", "-Ua0", "+Ub0", "-Db0");
            assertThat(root.getAllocatedMemory()).isZero();
            assertThat(client.memory.freeBytes()).isEqualTo(client.memory.budgetBytes());
        }
    }

    private static ValueVector moved(final ValueVector vector, final BufferAllocator allocator) {
        final TransferPair pair = vector.getTransferPair(allocator);
        pair.transfer();
        return pair.getTo();
    }

    @Test
    void shouldThrowOnUseOfAClosedBatch() throws Exception {
        try (OfficialChanges table = new OfficialChanges(official, database, "closed", 1, "FULL");
                ScanClient client = new ScanClient(config);
                RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner()) {
            table.upsert(0, 5, "a");
            scanner.subscribe(0, 0);
            for (final ScanBatch batch : scanner.poll(LONG)) {
                final VectorSchemaRoot root = batch.batch();
                final TinyIntVector types = batch.changeTypes();
                final BigIntVector numbers = (BigIntVector) root.getVector("n");
                assertThat(batch.changeType(0)).isEqualTo(ChangeType.INSERT);
                assertThatThrownBy(() -> batch.changeType(-1)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> batch.changeType(batch.numRecords()))
                        .isInstanceOf(IndexOutOfBoundsException.class);
                batch.close();
                batch.close();
                assertThatThrownBy(batch::batch).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(batch::changeTypes).isInstanceOf(IllegalStateException.class);
                assertThatThrownBy(() -> batch.changeType(0))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("is closed");
                assertThatThrownBy(() -> numbers.get(0)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> types.get(0)).isInstanceOf(IndexOutOfBoundsException.class);
                assertThat(batch.numRecords()).isEqualTo(5);
                assertThat(batch.baseOffset()).isZero();
                assertThat(batch.lastOffset()).isEqualTo(4);
            }
        }
    }

    @Test
    void shouldRefuseAChangelogOfRows() throws Exception {
        final String name = "compacted";
        official.connection()
                .getAdmin()
                .createTable(
                        org.apache.fluss.metadata.TablePath.of(database, name),
                        TableDescriptor.builder()
                                .schema(Schema.newBuilder()
                                        .column("n", DataTypes.BIGINT())
                                        .primaryKey("n")
                                        .build())
                                .distributedBy(1)
                                .property("table.log.format", "COMPACTED")
                                .build(),
                        false)
                .get(OfficialClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
        try (ScanClient client = new ScanClient(config)) {
            final TableScan scan = client.scan(TablePath.of(database, name));
            assertThatThrownBy(scan::createRecordBatchLogScanner)
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("COMPACTED")
                    .hasMessageContaining("createLogScanner");
        }
    }

    private static TreeMap<Integer, List<String>> readRows(final LogScanner scanner, final int count) {
        scanner.subscribeBuckets(Map.of(0, 0L, 1, 0L));
        final TreeMap<Integer, List<String>> changes = new TreeMap<>();
        int seen = 0;
        while (seen < count) {
            try (ScanRecords records = scanner.poll(LONG)) {
                seen += records.count();
                final ScanRecords.Cursor cursor = records.cursor();
                while (cursor.next()) {
                    changes.computeIfAbsent(cursor.bucket().bucketId(), key -> new ArrayList<>())
                            .add(OfficialChanges.describe(
                                    cursor.changeType().shortString(),
                                    cursor.offset(),
                                    cursor.row().getLong(0),
                                    cursor.row().getString(1)));
                }
            }
        }
        return changes;
    }

    private static TreeMap<Integer, List<String>> readBatches(final RecordBatchLogScanner scanner, final int count) {
        scanner.subscribeBuckets(new HashMap<>(Map.of(0, 0L, 1, 0L)));
        return readSubscribed(scanner, count);
    }

    private static TreeMap<Integer, List<String>> readSubscribed(final RecordBatchLogScanner scanner, final int count) {
        final TreeMap<Integer, List<String>> changes = new TreeMap<>();
        int seen = 0;
        while (seen < count) {
            for (final ScanBatch batch : scanner.poll(LONG)) {
                try (batch) {
                    addChanges(batch, changes.computeIfAbsent(batch.bucket().bucketId(), key -> new ArrayList<>()));
                    seen += batch.numRecords();
                }
            }
        }
        return changes;
    }

    private static void addChanges(final ScanBatch batch, final List<String> changes) {
        final BigIntVector numbers = (BigIntVector) batch.batch().getVector("n");
        for (int row = 0; row < batch.numRecords(); row++) {
            assertThat(batch.changeTypes().get(row))
                    .isEqualTo((byte) batch.changeType(row).ordinal());
            changes.add(OfficialChanges.describe(
                    batch.changeType(row).shortString(),
                    batch.baseOffset() + row,
                    numbers == null ? -1 : numbers.get(row),
                    batch.batch().getVector("text").getObject(row).toString()));
        }
        assertThat(batch.changeTypes().getValueCount()).isEqualTo(batch.numRecords());
        assertThat(batch.changeTypes().getNullCount()).isZero();
    }
}
