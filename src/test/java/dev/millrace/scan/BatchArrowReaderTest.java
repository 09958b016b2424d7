package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.internal.codec.ArrowCases;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.metadata.TableBucket;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.RowType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.TinyIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.apache.arrow.vector.ipc.ArrowStreamReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.ArrowWriter;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.util.ByteArrayReadableSeekableByteChannel;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.types.DataTypes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bounded reads as Arrow's own readers and writers take them. */
@WithCluster
@Timeout(120)
class BatchArrowReaderTest {
    private static final long SEED = 20261205;

    private static OfficialClient official;
    private final Config config;
    private final String database;

    BatchArrowReaderTest(final FlussCluster cluster, final Database database) {
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
    @CsvSource({"NONE, false", "ZSTD, false", "NONE, true", "LZ4_FRAME, true"})
    void shouldComeBackEqualThroughArrowsFiles(final String codec, final boolean asFile) throws Exception {
        final RowCases cases = new RowCases(SEED);
        final RowType type = cases.schema(12, 3);
        final List<List<@Nullable Object>> rows = ArrowCases.rows(cases, type, 600);
        try (OfficialTable table = official.createTable(
                        database,
                        "files_" + codec + asFile,
                        RowCases.official(type),
                        1,
                        Map.of("table.log.arrow.compression.type", codec));
                ScanClient client = new ScanClient(config);
                BufferAllocator allocator = new RootAllocator()) {
            for (int i = 0; i < 3; i++) {
                table.append(rows.subList(200 * i, 200 * i + 200).stream()
                        .map(row -> RowCases.toOfficial(type, row))
                        .toList());
            }
            final Map<TableBucket, Long> stops = Map.of(TableBucket.of(client.tableId(table.path), 0), 590L);
            final byte[] bytes;
            final RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner(allocator);
            scanner.subscribe(0, 10);
            try (ArrowReader reader =
                    RecordBatchLogReader.untilOffsets(scanner, stops).toArrowReader()) {
                bytes = written(reader, asFile);
                assertThat(reader.bytesRead()).isPositive();
                assertThat(reader.loadNextBatch()).isFalse();
                assertThat(reader.getVectorSchemaRoot().getRowCount()).isZero();
            }
            assertThat(allocator.getAllocatedMemory()).isZero();

            final RecordBatchLogScanner again = client.scan(table.path).createRecordBatchLogScanner(allocator);
            again.subscribe(0, 10);
            int count = 0;
            try (RecordBatchLogReader batches = RecordBatchLogReader.untilOffsets(again, stops);
                    ArrowReader back = reader(bytes, asFile, allocator)) {
                while (back.loadNextBatch()) {
                    try (ScanBatch batch = batches.nextBatch().orElseThrow()) {
                        assertThat(back.getVectorSchemaRoot().getSchema())
                                .isEqualTo(batch.batch().getSchema());
                        assertThat(back.getVectorSchemaRoot().equals(batch.batch()))
                                .as("seed %d, %s, from offset %d", SEED, type, batch.baseOffset())
                                .isTrue();
                        count += batch.numRecords();
                    }
                }
                assertThat(batches.nextBatch()).isEmpty();
            }
            assertThat(count).isEqualTo(580);
        }
    }

    private static byte[] written(final ArrowReader reader, final boolean asFile) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        final VectorSchemaRoot root = reader.getVectorSchemaRoot();
        try (ArrowWriter writer = asFile
                ? new ArrowFileWriter(root, reader, Channels.newChannel(bytes))
                : new ArrowStreamWriter(root, reader, bytes)) {
            writer.start();
            while (reader.loadNextBatch()) {
                writer.writeBatch();
            }
            writer.end();
        }
        return bytes.toByteArray();
    }

    private static ArrowReader reader(final byte[] bytes, final boolean asFile, final BufferAllocator allocator) {
        return asFile
                ? new ArrowFileReader(new ByteArrayReadableSeekableByteChannel(bytes), allocator)
                : new ArrowStreamReader(new ByteArrayInputStream(bytes), allocator);
    }

    @Test
    void shouldCarryTheChangeTypesAsTheLastColumn() throws Exception {
        try (OfficialChanges table = new OfficialChanges(official, database, "changes", 2, "FULL");
                ScanClient client = new ScanClient(config);
                BufferAllocator allocator = new RootAllocator()) {
            table.upsert(0, 30, "a");
            table.upsert(0, 10, "b");
            table.delete(5, 15);
            final RecordBatchLogScanner scanner =
                    client.scan(table.path).project(1, 0).createRecordBatchLogScanner(allocator);
            scanner.subscribeBuckets(new HashMap<>(Map.of(0, LogScanner.EARLIEST_OFFSET, 1, 0L)));
            final List<String> read = new ArrayList<>();
            try (ArrowReader reader = RecordBatchLogReader.untilLatest(scanner).toArrowReader()) {
                final byte[] bytes = written(reader, false);
                try (ArrowReader back = reader(bytes, false, allocator)) {
                    assertThat(back.getVectorSchemaRoot().getSchema().getFields())
                            .extracting(Field::getName)
                            .containsExactly("text", "n", "_change_type");
                    final Field types =
                            back.getVectorSchemaRoot().getSchema().getFields().getLast();
                    assertThat(types.isNullable()).isFalse();
                    assertThat(types.getType()).isEqualTo(new ArrowType.Int(8, true));
                    while (back.loadNextBatch()) {
                        addChanges(back.getVectorSchemaRoot(), read);
                    }
                }
            }
            final List<String> expected = new ArrayList<>();
            table.read(60).values().forEach(list -> list.forEach(change -> expected.add(change.replace(' ', '|'))));
            assertThat(read)
                    .containsExactlyInAnyOrderElementsOf(expected.stream()
                            .map(change -> change.replaceFirst("\\|\\d+\\|", "|"))
                            .toList());
            assertThat(allocator.getAllocatedMemory()).isZero();
        }
    }

    private static void addChanges(final VectorSchemaRoot root, final List<String> changes) {
        for (int row = 0; row < root.getRowCount(); row++) {
            changes.add(ChangeType.values()[((TinyIntVector) root.getVector("_change_type")).get(row)].shortString()
                    + "|" + ((BigIntVector) root.getVector("n")).get(row) + "|"
                    + root.getVector("text").getObject(row));
        }
    }

    @Test
    void shouldMoveVectorsWithoutACopy() throws Exception {
        final org.apache.fluss.types.RowType numbers = org.apache.fluss.types.RowType.of(
                new org.apache.fluss.types.DataType[] {DataTypes.BIGINT()}, new String[] {"n"});
        try (OfficialTable table = official.createTable(
                        database, "moved", numbers, 1, Map.of("table.log.arrow.compression.type", "NONE"));
                ScanClient client = new ScanClient(config);
                BufferAllocator allocator = new RootAllocator()) {
            table.append(LongStream.range(0, 1_000).mapToObj(GenericRow::of).toList());
            final RecordBatchLogScanner scanner = client.scan(table.path).createRecordBatchLogScanner(allocator);
            scanner.subscribe(0, 0);
            final RecordBatchLogReader batches = RecordBatchLogReader.untilLatest(scanner);
            try (ArrowReader reader = batches.toArrowReader()) {
                final VectorSchemaRoot root = reader.getVectorSchemaRoot();
                int count = 0;
                while (reader.loadNextBatch()) {
                    assertThat(reader.getVectorSchemaRoot()).isSameAs(root);
                    count += root.getRowCount();
                }
                assertThat(count).isEqualTo(1_000);
                assertThat(batches.isDone()).isTrue();
            }
            assertThat(allocator.getPeakMemoryAllocation())
                    .as("what was received, and a bit a row")
                    .isBetween(8_000L, 12_000L);
            assertThatThrownBy(batches::nextBatch).isInstanceOf(IllegalStateException.class);
            assertThat(allocator.getAllocatedMemory()).isZero();
        }
    }
}
