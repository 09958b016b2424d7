package dev.millrace.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.error.RowConversionException;
import dev.millrace.interop.ScalarRows;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.row.GenericArray;
import dev.millrace.row.GenericMap;
import dev.millrace.row.GenericRow;
import dev.millrace.scan.LogScanner;
import dev.millrace.scan.RecordBatchLogScanner;
import dev.millrace.scan.ScanBatch;
import dev.millrace.scan.ScanRecord;
import dev.millrace.table.FlussTable;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.DataField;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.StructVector;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@WithCluster
@Timeout(60)
class AppendArrowBatchTest {
    private static final long SEED = 20261124;
    private static final int ROWS = 3_000;
    private static final RowType PLACE = new RowType(
            true,
            List.of(
                    new DataField("x", DataTypes.DOUBLE()),
                    new DataField("names", DataTypes.ARRAY(DataTypes.STRING()))));

    private final FlussCluster cluster;
    private final Database database;

    AppendArrowBatchTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @ParameterizedTest
    @CsvSource({"ARROW, NONE, false", "ARROW, ZSTD, false", "ARROW, ZSTD, true", "INDEXED, NONE, true"})
    void shouldWriteTheVectorsOfEveryType(final LogFormat format, final String compression, final boolean keyed)
            throws Exception {
        final Random random = new Random(SEED);
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(32 * 1024))) {
            final String name = (format + "_" + compression + "_" + keyed).toLowerCase(Locale.ROOT);
            final FlussTable source =
                    create(connection, "from_" + name, LogFormat.ARROW, "NONE", false, ScalarRows.type());
            final FlussTable target = create(connection, "to_" + name, format, compression, keyed, ScalarRows.type());
            try (AppendWriter writer = source.newAppend().createWriter()) {
                for (final List<@Nullable Object> values : ScalarRows.random(random, ROWS)) {
                    final GenericRow scalars = ScalarRows.toOurs(ScalarRows.type(), values);
                    writer.append(withNested(scalars, ScalarRows.type().fieldCount(), random));
                }
            }
            try (AppendWriter writer = target.newAppend().createWriter()) {
                // Rows that do not begin at a byte of the validity, too.
                forEachBatch(source, root -> {
                    final int cut = Math.min(5, root.getRowCount());
                    try (VectorSchemaRoot head = root.slice(0, cut);
                            VectorSchemaRoot tail = root.slice(cut)) {
                        writer.appendArrowBatch(head);
                        writer.appendArrowBatch(tail).await();
                    }
                });
            }
            final List<String> expected = rows(source);
            final List<String> written = rows(target);
            assertThat(expected).hasSize(ROWS);
            if (keyed) {
                assertThat(written).containsExactlyInAnyOrderElementsOf(expected);
            } else {
                assertThat(written).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldCutALongBatchAndNeedItNoMoreAfterTheCall() throws Exception {
        final RowType type = new RowType(
                false,
                List.of(
                        new DataField("n", DataTypes.BIGINT()),
                        new DataField("text", DataTypes.STRING().copy(true))));
        try (FlussConnection connection = connect(Config.builder().writerBatchSize(16 * 1024))) {
            final FlussTable table = create(connection, "long", LogFormat.ARROW, "NONE", false, type, 1);
            final AppendWriter writer = table.newAppend().createWriter();
            final WriteResultFuture result;
            final List<String> expected = new ArrayList<>();
            try (BufferAllocator allocator = new RootAllocator();
                    BigIntVector numbers = new BigIntVector("n", allocator);
                    VarCharVector texts = new VarCharVector("text", allocator)) {
                for (int i = 0; i < 20_000; i++) {
                    numbers.setSafe(i, i);
                    if (i % 7 != 3) {
                        texts.setSafe(i, ("text " + i).getBytes(StandardCharsets.UTF_8));
                    }
                    expected.add("(" + i + ", " + (i % 7 == 3 ? "null" : "text " + i) + ")");
                }
                result = writer.appendArrowBatch(rootOf(20_000, numbers, texts));
            }
            result.await();
            assertThat(result.isDone()).isTrue();
            assertThat(rows(table)).isEqualTo(expected);
        }
    }

    @Test
    void shouldRefuseWhatIsNotOfTheTable() throws Exception {
        final RowType type = new RowType(
                false,
                List.of(new DataField("n", DataTypes.INT().copy(false)), new DataField("code", DataTypes.CHAR(3))));
        try (FlussConnection connection = connect(Config.builder());
                BufferAllocator allocator = new RootAllocator();
                IntVector numbers = new IntVector("n", allocator);
                IntVector renamed = new IntVector("m", allocator);
                BigIntVector longs = new BigIntVector("n", allocator);
                VarCharVector codes = new VarCharVector("code", allocator)) {
            final FlussTable table = create(connection, "refused", LogFormat.ARROW, "NONE", false, type, 1);
            final AppendWriter writer = table.newAppend().createWriter();
            numbers.setSafe(0, 1);
            renamed.setSafe(0, 1);
            longs.setSafe(0, 1);
            codes.setSafe(0, new byte[] {'a', 'b', 'c'});
            assertRefused(writer, rootOf(1, numbers), "1 vectors, the table has 2 columns");
            assertRefused(writer, rootOf(1, renamed, codes), "has m in the place of column n");
            assertRefused(
                    writer,
                    rootOf(1, longs, codes),
                    "column n of type INT NOT NULL cannot hold an Arrow vector of Int(64, true)");
            codes.setSafe(1, new byte[] {'a', 'b', 'c', 'd'});
            numbers.setSafe(1, 2);
            assertRefused(
                    writer,
                    rootOf(2, numbers, codes),
                    "column code of type CHAR(3) cannot hold a String of 4 characters, as at index 1");
            numbers.setNull(1);
            codes.setNull(1);
            assertRefused(
                    writer, rootOf(2, numbers, codes), "column n of type INT NOT NULL cannot hold null, as at index 1");
            numbers.setSafe(1, 7);
            writer.appendArrowBatch(rootOf(2, numbers, codes)).await();
            writer.appendArrowBatch(rootOf(0, numbers, codes)).await();
            assertThat(rows(table)).containsExactly("(1, abc)", "(7, null)");
        }
    }

    @Test
    void shouldRefuseAStructWhoseChildHasTooFewValues() throws Exception {
        final RowType inner = new RowType(true, List.of(new DataField("x", DataTypes.INT())));
        final RowType type = new RowType(false, List.of(new DataField("place", inner)));
        try (FlussConnection connection = connect(Config.builder());
                BufferAllocator allocator = new RootAllocator();
                StructVector places = StructVector.empty("place", allocator)) {
            final FlussTable table = create(connection, "short", LogFormat.ARROW, "NONE", false, type, 1);
            final AppendWriter writer = table.newAppend().createWriter();
            final IntVector x = places.addOrGet("x", FieldType.nullable(new ArrowType.Int(32, true)), IntVector.class);
            final VectorSchemaRoot root = rootOf(2, places);
            places.setIndexDefined(0);
            places.setIndexDefined(1);
            x.setValueCount(1);
            assertRefused(writer, root, "column place.x of type INT cannot hold 1 values for 2 rows");
        }
    }

    private static void assertRefused(final AppendWriter writer, final VectorSchemaRoot root, final String why) {
        assertThatThrownBy(() -> writer.appendArrowBatch(root))
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining(why);
    }

    private static VectorSchemaRoot rootOf(final int rows, final FieldVector... vectors) {
        for (final FieldVector vector : vectors) {
            vector.setValueCount(rows);
        }
        return new VectorSchemaRoot(
                Arrays.stream(vectors).map(FieldVector::getField).toList(), List.of(vectors), rows);
    }

    private static GenericRow withNested(final GenericRow scalars, final int count, final Random random) {
        final GenericRow row = new GenericRow(count + 4);
        for (int column = 0; column < count; column++) {
            row.setField(column, scalars.getField(column));
        }
        final List<@Nullable Object> tags = new ArrayList<>();
        for (int k = random.nextInt(4); k > 0; k--) {
            tags.add(random.nextInt(4) == 0 ? null : "tag" + random.nextInt(100));
        }
        row.setInt(count, random.nextInt());
        row.setField(count + 1, random.nextInt(5) == 0 ? null : GenericArray.of(tags));
        row.setField(
                count + 2,
                random.nextInt(5) == 0
                        ? null
                        : GenericMap.of(GenericArray.of("a", "b"), GenericArray.of(random.nextInt(), null)));
        row.setField(
                count + 3,
                random.nextInt(5) == 0
                        ? null
                        : GenericRow.fromData(
                                random.nextDouble(), random.nextInt(5) == 0 ? null : GenericArray.of(tags)));
        return row;
    }

    private static void forEachBatch(final FlussTable table, final Consumer<VectorSchemaRoot> action) {
        try (RecordBatchLogScanner scanner = table.newScan().createRecordBatchLogScanner()) {
            scanner.subscribe(0, LogScanner.EARLIEST_OFFSET);
            for (int rows = 0; rows < ROWS; ) {
                for (final ScanBatch batch : scanner.poll(Duration.ofSeconds(1))) {
                    rows += batch.numRecords();
                    try (batch) {
                        action.accept(batch.batch());
                    }
                }
            }
        }
    }

    private List<String> rows(final FlussTable table) {
        final List<String> rows = new ArrayList<>();
        try (LogScanner scanner = table.newScan().createLogScanner()) {
            final int buckets = table.getTableInfo().numBuckets();
            for (int bucket = 0; bucket < buckets; bucket++) {
                scanner.subscribe(bucket, LogScanner.EARLIEST_OFFSET);
            }
            for (int quiet = 0; quiet < 2; quiet++) {
                for (final ScanRecord record : scanner.poll(Duration.ofMillis(500))) {
                    // A BINARY in Arrow is filled up with zeros, which only a row of Arrow leaves out again.
                    rows.add(record.row().toString().replaceAll("(0x(?:[0-9a-f]{2})*?)(?:00)+(?=[,)])", "$1"));
                    quiet = 0;
                }
            }
        }
        return rows;
    }

    private FlussConnection connect(final Config.Builder config) {
        return FlussConnection.connect(
                config.bootstrapServers(cluster.bootstrapServers()).build());
    }

    private FlussTable create(
            final FlussConnection connection,
            final String name,
            final LogFormat format,
            final String compression,
            final boolean keyed,
            final RowType scalars) {
        final List<DataField> fields = new ArrayList<>(scalars.fields());
        fields.add(new DataField("id", DataTypes.INT().copy(false)));
        fields.add(new DataField("tags", DataTypes.ARRAY(DataTypes.STRING())));
        fields.add(new DataField("counts", DataTypes.MAP(DataTypes.STRING(), DataTypes.INT())));
        fields.add(new DataField("place", PLACE));
        return create(connection, name, format, compression, keyed, new RowType(false, fields), keyed ? 3 : 1);
    }

    private FlussTable create(
            final FlussConnection connection,
            final String name,
            final LogFormat format,
            final String compression,
            final boolean keyed,
            final RowType type,
            final int buckets) {
        final TablePath path = TablePath.of(database.name(), name);
        final Schema.Builder schema = Schema.builder();
        type.fields().forEach(field -> schema.column(field.name(), field.dataType()));
        final List<String> key = keyed ? List.of("id") : List.of();
        final TableDescriptor.Builder descriptor = TableDescriptor.builder()
                .schema(schema.build())
                .logFormat(format)
                .distributedBy(buckets, key);
        if (format == LogFormat.ARROW) {
            descriptor.property("table.log.arrow.compression.type", compression);
        }
        connection.getAdmin().createTable(path, descriptor.build(), false);
        return connection.getTable(path);
    }
}
