package dev.millrace.internal.codec;

import dev.millrace.internal.memory.Lease;
import dev.millrace.types.RowType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the batches of a table with an indexed or compacted log hold. Nobody but the schema that a batch names says how
 * many columns its rows have, so the schemas must be known before their batches are wrapped. The server sends all
 * columns; those that the application does not want are left out when rows are read.
 *
 * <p>Safe for any number of threads.
 */
public final class RowLogLayout implements LogLayout {
    private final RowFormat format;
    private final RowType rowType;
    private final RowFields rowFields;
    // For each column as the application counts them: its position in the table.
    private final int[] columns;
    private final Map<Integer, RowFields> schemas = new ConcurrentHashMap<>();

    private RowLogLayout(final RowFormat format, final RowType table, final int[] columns) {
        this.format = format;
        this.rowType = table.project(columns);
        this.rowFields = new RowFields(rowType);
        this.columns = columns.clone();
    }

    /**
     * @param schemaId of the table's columns.
     * @param columns the positions of those that the application sees, in its order.
     */
    public static RowLogLayout of(
            final RowFormat format, final int schemaId, final RowType table, final int... columns) {
        final RowLogLayout layout = new RowLogLayout(format, table, columns);
        layout.addSchema(schemaId, table);
        return layout;
    }

    /** Whether batches of a schema can be wrapped. */
    public boolean knows(final int schemaId) {
        return schemas.containsKey(schemaId);
    }

    /** Makes an earlier or later schema of the table known: one with fewer or more columns at the end. */
    public void addSchema(final int schemaId, final RowType type) {
        schemas.put(schemaId, new RowFields(type));
    }

    @Override
    public RowType rowType() {
        return rowType;
    }

    @Override
    public BatchRows newBatch() {
        return new RowLogBatch(this);
    }

    @Override
    public LogRow newRow(final Lease lease) {
        return new RowLogRow(lease, this);
    }

    /** What the application sees, taken apart. */
    RowFields rowFields() {
        return rowFields;
    }

    /** Where rows of the table have a column of the application. */
    int fieldOfColumn(final int column) {
        return columns[column];
    }

    /** The columns of rows of a schema that is known. */
    RowFields fields(final int schemaId) {
        final RowFields fields = schemas.get(schemaId);
        if (fields == null) {
            throw new IllegalStateException("schema " + schemaId + " is not known");
        }
        return fields;
    }

    RowView newView(final RowFields fields) {
        return format == RowFormat.COMPACTED ? new CompactedRowView(fields) : new IndexedRowView(fields);
    }
}
