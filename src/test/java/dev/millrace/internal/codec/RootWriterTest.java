package dev.millrace.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.error.RowConversionException;
import dev.millrace.row.GenericRow;
import dev.millrace.row.TimestampNtz;
import dev.millrace.support.Cases;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.DataTypes;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.OutOfMemoryException;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.message.ArrowRecordBatch;
import org.apache.arrow.vector.util.ValueVectorUtility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RootWriterTest {
    private static final int ROWS_A_SCHEMA = 50;

    private final RootAllocator allocator = new RootAllocator();

    /** Fails if anything is still allocated. */
    @AfterEach
    void closeAllocator() {
        allocator.close();
    }

    @Test
    void shouldWriteRandomRowsOfAnyType() {
        for (int schema = 0; schema * ROWS_A_SCHEMA < Cases.COUNT; schema++) {
            final long seed = Cases.SEED + schema;
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(10, 3);
            final RootWriter writer = new RootWriter(type);
            // The second root shows what the first one left behind in the writer.
            for (int round = 0; round < 2; round++) {
                final List<List<@Nullable Object>> rows = ArrowCases.rows(cases, type, ROWS_A_SCHEMA);
                try (VectorSchemaRoot root = write(writer, type, rows, 1 + 40 * round)) {
                    assertThat(root.getSchema()).isEqualTo(ArrowSchema.of(type));
                    assertThat(read(root, type))
                            .as("seed %d, %s", seed, type.asSummaryString())
                            .isEqualTo(rows);
                    assertThat(moved(root, type))
                            .as("seed %d, %s, as others get it", seed, type.asSummaryString())
                            .isEqualTo(rows);
                }
            }
        }
    }

    /** What the row formats hold, read in place. */
    @Test
    void shouldWriteRowsInPlace() {
        for (int schema = 0; schema < 60; schema++) {
            final long seed = Cases.SEED + schema;
            final RowCases cases = new RowCases(seed);
            final RowType type = cases.schema(10, 3);
            final RowFormat format = RowFormat.values()[schema % 2];
            final List<@Nullable Object> row = ArrowCases.rows(cases, type, 1).get(0);
            final RowView view = format.newView(type);
            final var memory = RowCases.usedMemory(64 << 10);
            view.wrap(
                    memory,
                    0,
                    format.newEncoder(type).encode(RowCases.toOurs(type, row), memory, 0, memory.capacity()));
            final RootWriter writer = new RootWriter(type);
            try (writer) {
                writer.begin(allocator, 2);
                writer.write(view);
                writer.write(view);
                try (VectorSchemaRoot root = writer.finish()) {
                    assertThat(read(root, type))
                            .as("seed %d, %s", seed, type.asSummaryString())
                            .containsExactly(row, row);
                }
            }
        }
    }

    @Test
    void shouldTakeColumnsFromWhereRowsHaveThemAndLeaveNullWhatAShortRowHasNot() {
        final RowType type = type(DataTypes.STRING(), DataTypes.ARRAY(DataTypes.INT()), DataTypes.BIGINT());
        try (RootWriter writer = new RootWriter(type, new int[] {3, 2, 0})) {
            writer.begin(allocator, 1);
            writer.write(row(7L, true, null, "seven"));
            writer.write(row(8L, true));
            writer.write(row(9L, true, null, "nine", "later"));
            try (VectorSchemaRoot root = writer.finish()) {
                final List<List<@Nullable Object>> rows = read(root, type);
                assertThat(rows.get(0)).containsExactly("seven", null, 7L);
                assertThat(rows.get(1)).containsExactly(null, null, 8L);
                assertThat(rows.get(2)).containsExactly("nine", null, 9L);
            }
        }
    }

    @Test
    void shouldGrowFarBeyondWhatWasExpected() {
        final RowType type = type(DataTypes.BIGINT(), DataTypes.STRING(), DataTypes.ARRAY(DataTypes.STRING()));
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (long i = 0; i < 30_000; i++) {
            final String text = i % 1_000 == 0 ? "x".repeat(20_000) : "text " + i;
            final List<@Nullable Object> row = new ArrayList<>(List.of(i, text, List.of(text, "", text)));
            row.set(1, i % 7 == 0 ? null : text);
            rows.add(row);
        }
        try (VectorSchemaRoot root = write(new RootWriter(type), type, rows, 0)) {
            ValueVectorUtility.validateFull(root);
            assertThat(read(root, type)).isEqualTo(rows);
        }
    }

    @Test
    void shouldMakeAnEmptyRoot() {
        final RowType type = new RowCases(Cases.SEED).schema(10, 3);
        try (VectorSchemaRoot root = write(new RootWriter(type), type, List.of(), 5)) {
            assertThat(root.getRowCount()).isZero();
            assertThat(moved(root, type)).isEmpty();
        }
    }

    @Test
    void shouldRefuseWhatArrowCannotHoldAndGiveAllMemoryBack() {
        final RowType type = type(DataTypes.STRING(), DataTypes.TIMESTAMP(9));
        final RootWriter writer = new RootWriter(type);
        assertThatThrownBy(() -> {
                    try (writer) {
                        writer.begin(allocator, 1);
                        writer.write(row("now", new TimestampNtz(1_700_000_000_000L, 1)));
                        writer.write(row("later", new TimestampNtz(90_000_000_000_000L, 1)));
                    }
                })
                .isInstanceOf(RowConversionException.class)
                .hasMessageContaining("column f1 of type TIMESTAMP(9)")
                .hasMessageContaining("a timestamp of 90000000000000 ms");
        assertThat(allocator.getAllocatedMemory()).isZero();

        try (VectorSchemaRoot root = write(writer, type, List.of(), 1)) {
            assertThat(root.getRowCount()).as("of another root").isZero();
        }
    }

    @Test
    void shouldGiveAllMemoryBackWhereverItRunsOut() {
        final RowCases cases = new RowCases(Cases.SEED);
        final List<DataField> fields = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            fields.add(new DataField("f" + i, cases.type(2)));
        }
        final RowType type = new RowType(false, fields);
        final List<List<@Nullable Object>> rows = ArrowCases.rows(cases, type, 200);
        final RootWriter writer = new RootWriter(type);
        int failures = 0;
        boolean isDone = false;
        for (long budget = 1_024; !isDone; budget += budget / 8) {
            try (BufferAllocator small = allocator.newChildAllocator("small", 0, budget)) {
                try (VectorSchemaRoot root = write(writer, type, rows, 4, small)) {
                    assertThat(read(root, type)).isEqualTo(rows);
                    isDone = true;
                } catch (OutOfMemoryException e) {
                    assertThat(small.getAllocatedMemory()).isZero();
                    failures++;
                }
            }
        }
        assertThat(failures).isGreaterThan(20);
    }

    @Test
    void shouldFinishOnlyWhatWasBegun() {
        final RootWriter writer = new RootWriter(type(DataTypes.INT()));
        assertThatThrownBy(writer::finish)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("no root was begun");
        writer.begin(allocator, 1);
        writer.close();
        writer.close();
        assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
    }

    private VectorSchemaRoot write(
            final RootWriter writer,
            final RowType type,
            final List<List<@Nullable Object>> rows,
            final int expectedRows) {
        return write(writer, type, rows, expectedRows, allocator);
    }

    private static VectorSchemaRoot write(
            final RootWriter writer,
            final RowType type,
            final List<List<@Nullable Object>> rows,
            final int expectedRows,
            final BufferAllocator memory) {
        try (writer) {
            writer.begin(memory, expectedRows);
            rows.forEach(row -> writer.write(RowCases.toOurs(type, row)));
            return writer.finish();
        }
    }

    private static List<List<@Nullable Object>> read(final VectorSchemaRoot root, final RowType type) {
        final VectorRows vectors = new VectorRows(type, root);
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (int i = 0; i < root.getRowCount(); i++) {
            rows.add(RowCases.fromOurs(type, vectors.row(i)));
        }
        return rows;
    }

    /** The rows after Arrow has taken the root apart into its buffers, as it does to send it. */
    private List<List<@Nullable Object>> moved(final VectorSchemaRoot root, final RowType type) {
        try (VectorSchemaRoot other = VectorSchemaRoot.create(root.getSchema(), allocator);
                ArrowRecordBatch batch = new VectorUnloader(root).getRecordBatch()) {
            new VectorLoader(other).load(batch);
            return read(other, type);
        }
    }

    private static GenericRow row(final @Nullable Object... values) {
        final GenericRow row = new GenericRow(values.length);
        for (int i = 0; i < values.length; i++) {
            row.setField(i, values[i]);
        }
        return row;
    }

    private static RowType type(final DataType... types) {
        final List<DataField> fields = new ArrayList<>();
        for (final DataType type : types) {
            fields.add(new DataField("f" + fields.size(), type));
        }
        return new RowType(false, fields);
    }
}
