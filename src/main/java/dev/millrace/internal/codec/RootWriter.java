package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.row.InternalRow;
import dev.millrace.types.RowType;
import java.util.stream.IntStream;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Copies rows into Arrow roots, one root after the other. How a column is written is found out once, when this object is
 * made. For one thread.
 *
 * <pre>{@code
 * try (writer) {
 *     writer.begin(allocator, expectedRows);
 *     for (InternalRow row : rows) {
 *         writer.write(row);
 *     }
 *     return writer.finish();
 * }
 * }</pre>
 */
public final class RootWriter implements AutoCloseable {
    /** What is allocated for at first, whatever a header promises; vectors grow by themselves. */
    private static final int MAX_FIRST_ROWS = 1 << 14;

    private final Schema schema;
    private final RowFields fields;
    private final int[] positions;
    private final VectorWriter[] writers;
    private @Nullable VectorSchemaRoot root;
    private int rowCount;

    /** Of rows that have exactly the columns of the roots. */
    public RootWriter(final RowType rowType) {
        this(rowType, IntStream.range(0, rowType.fieldCount()).toArray());
    }

    /**
     * Of rows that have more or other columns than the roots.
     *
     * @param rowType the columns of the roots.
     * @param positions where rows have each of them. In a row that is too short to have one it is null.
     */
    public RootWriter(final RowType rowType, final int[] positions) {
        this.schema = ArrowSchema.of(rowType);
        this.fields = new RowFields(rowType);
        this.positions = positions.clone();
        this.writers = VectorWriter.ofAll(fields);
    }

    /**
     * Begins a root.
     *
     * @param allocator of all its memory.
     * @param expectedRows how many rows will come; more or fewer may.
     */
    public void begin(final BufferAllocator allocator, final int expectedRows) {
        close();
        final VectorSchemaRoot fresh = VectorSchemaRoot.create(schema, allocator);
        root = fresh;
        rowCount = 0;
        final int firstRows = Math.clamp(expectedRows, 1, MAX_FIRST_ROWS);
        for (int column = 0; column < writers.length; column++) {
            final FieldVector vector = fresh.getVector(column);
            vector.setInitialCapacity(firstRows);
            vector.allocateNew();
            writers[column].bind(vector);
        }
    }

    /**
     * Copies a row.
     *
     * @throws RowConversionException a value does not fit the Arrow type of its column. The root is of no use then.
     */
    public void write(final InternalRow row) {
        final int known = row.fieldCount();
        for (int column = 0; column < writers.length; column++) {
            if (positions[column] < known) {
                write(row, column);
            }
        }
        rowCount++;
    }

    private void write(final InternalRow row, final int column) {
        try {
            writers[column].write(rowCount, row, positions[column]);
        } catch (Misfit e) {
            throw new RowConversionException(
                    fields.describe(column) + " cannot hold " + e.getMessage() + " in an Arrow vector", e);
        }
    }

    /** The root of the rows written since {@link #begin}; the caller's to close. */
    public VectorSchemaRoot finish() {
        final VectorSchemaRoot written = root;
        if (written == null) {
            throw new IllegalStateException("no root was begun");
        }
        written.setRowCount(rowCount);
        root = null;
        return written;
    }

    /** Closes a root that was begun and not finished. This object may begin another one. */
    @Override
    public void close() {
        final VectorSchemaRoot unfinished = root;
        if (unfinished != null) {
            root = null;
            unfinished.close();
        }
    }
}
