package dev.millrace.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.Config;
import dev.millrace.FlussConnection;
import dev.millrace.internal.codec.RowCases;
import dev.millrace.metadata.LogFormat;
import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableDescriptor;
import dev.millrace.metadata.TablePath;
import dev.millrace.testkit.Database;
import dev.millrace.testkit.FlussCluster;
import dev.millrace.testkit.WithCluster;
import dev.millrace.types.BinaryType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.RowType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import dev.millrace.write.AppendWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What our writer writes, through a real server, is what the official client reads: every format, every type. */
@WithCluster
@Timeout(60)
class LogFormatsInteropTest {
    private static final long SEED = 20261124;
    private static final int ROWS = 400;
    private static final int MILLIS_PER_SECOND = 1_000;

    private static OfficialConnection official;

    private final FlussCluster cluster;
    private final Database database;

    LogFormatsInteropTest(final FlussCluster cluster, final Database database) {
        this.cluster = cluster;
        this.database = database;
    }

    @BeforeAll
    static void connect(final FlussCluster cluster) {
        official = new OfficialConnection(cluster.bootstrapServers());
    }

    @AfterAll
    static void close() {
        official.close();
    }

    @ParameterizedTest
    @CsvSource({"ARROW, NONE", "ARROW, LZ4_FRAME", "ARROW, ZSTD", "INDEXED, NONE", "COMPACTED, NONE"})
    void shouldWriteTheExtremesOfEveryScalarType(final LogFormat format, final String compression) throws Exception {
        for (final boolean nullable : new boolean[] {true, false}) {
            final RowType type = new RowType(
                    false,
                    ScalarRows.type().fields().stream()
                            .map(field ->
                                    new DataField(field.name(), field.dataType().copy(nullable)))
                            .toList());
            final RowCases cases = new RowCases(SEED);
            final List<List<@Nullable Object>> rows = new ArrayList<>();
            for (int i = 0; i < ROWS; i++) {
                final List<@Nullable Object> row = cases.row(type);
                rows.add(
                        format == LogFormat.ARROW
                                ? PlainRows.ordered(type, row, LogFormatsInteropTest::asArrowKeepsIt)
                                : row);
            }
            assertRoundTrip(
                    "scalars_" + compression + "_" + (nullable ? "null" : "not_null"), format, compression, type, rows);
        }
    }

    @ParameterizedTest
    @EnumSource(value = LogFormat.class, names = "ARROW", mode = EnumSource.Mode.EXCLUDE)
    void shouldWriteNestedValues(final LogFormat format) throws Exception {
        for (int schema = 0; schema < 8; schema++) {
            final RowCases cases = new RowCases(SEED + schema);
            final List<DataField> fields = new ArrayList<>(cases.schema(6, 3).fields());
            // However the dice fall, there is something nested.
            while (fields.stream().allMatch(field -> field.dataType().toString().indexOf('<') < 0)) {
                fields.add(new DataField("f" + fields.size(), cases.type(3)));
            }
            final RowType type = new RowType(false, fields);
            final List<List<@Nullable Object>> rows = new ArrayList<>();
            for (int i = 0; i < ROWS / 4; i++) {
                rows.add(PlainRows.ordered(type, cases.row(type)));
            }
            assertRoundTrip("nested_" + schema, format, "NONE", type, rows);
        }
    }

    private void assertRoundTrip(
            final String name,
            final LogFormat format,
            final String compression,
            final RowType type,
            final List<List<@Nullable Object>> rows)
            throws Exception {
        final TablePath path = TablePath.of(database.name(), (name + "_" + format).toLowerCase(Locale.ROOT));
        final Schema.Builder schema = Schema.builder();
        type.fields().forEach(field -> schema.column(field.name(), field.dataType()));
        try (FlussConnection connection = FlussConnection.connect(
                Config.builder().bootstrapServers(cluster.bootstrapServers()).build())) {
            connection
                    .getAdmin()
                    .createTable(
                            path,
                            TableDescriptor.builder()
                                    .schema(schema.build())
                                    .logFormat(format)
                                    .property("table.log.arrow.compression.type", compression)
                                    .distributedBy(1, List.of())
                                    .build(),
                            false);
            try (AppendWriter writer = connection.getTable(path).newAppend().createWriter()) {
                rows.forEach(row -> writer.append(RowCases.toOurs(type, row)));
            }
        }
        final List<List<@Nullable Object>> read = official.read(
                        path, rows.size(), row -> PlainRows.ordered(type, RowCases.fromOfficial(type, row)))
                .get(OfficialConnection.NO_PARTITION)
                .get(0);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(read.get(i)).as("row %d of %s, seed %d", i, type, SEED).isEqualTo(rows.get(i));
        }
    }

    /** Arrow cuts times and timestamps to the unit of their column, has fewer years in the finer ones, and pads nothing. */
    private static Object asArrowKeepsIt(final DataType type, final Object value) {
        return switch (type) {
            case BinaryType t -> ((String) value + "00".repeat(t.length())).substring(0, 2 * t.length());
            case TimeType t -> t.precision() == 0 ? (Integer) value / MILLIS_PER_SECOND * MILLIS_PER_SECOND : value;
            case TimestampType t -> asArrowKeepsIt(t.precision(), (RowCases.Millis) value);
            case TimestampLtzType t -> asArrowKeepsIt(t.precision(), (RowCases.Millis) value);
            default -> value;
        };
    }

    private static RowCases.Millis asArrowKeepsIt(final int precision, final RowCases.Millis value) {
        if (precision == 0) {
            return new RowCases.Millis(value.millis() / MILLIS_PER_SECOND * MILLIS_PER_SECOND, 0);
        } else if (precision <= 3) {
            return new RowCases.Millis(value.millis(), 0);
        }
        final long millis = precision <= 6 ? value.millis() : value.millis() % 9_000_000_000_000L;
        // The official client cannot read fractions of a millisecond before 1970.
        final int nanos = millis < 0 ? 0 : precision <= 6 ? value.nanos() / 1_000 * 1_000 : value.nanos();
        return new RowCases.Millis(millis, nanos);
    }
}
