package dev.millrace.lookup;

import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.TableSchemas;
import dev.millrace.internal.codec.KvRow;
import dev.millrace.internal.codec.RootWriter;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.codec.RowView;
import dev.millrace.metadata.KvFormat;
import dev.millrace.metadata.TableInfo;
import dev.millrace.types.RowType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How the rows that one lookuper finds are read: in the columns that its table had when it was got, whatever schema they
 * were written with. Safe for any number of threads.
 */
final class LookupRows {
    private final TableInfo table;
    private final RowType columns;
    // Never moved: others are made like them.
    private final KvRow row;
    private final RowView view;
    private final RowFormat format;
    private final TableSchemas schemas;
    // Of schemas that rows were found to have, but for the table's own.
    private final Map<Integer, RowView> others = new ConcurrentHashMap<>();

    LookupRows(final TableInfo table, final TableSchemas schemas) {
        this.table = table;
        this.columns = table.rowType();
        this.format = table.kvFormat() == KvFormat.COMPACTED ? RowFormat.COMPACTED : RowFormat.INDEXED;
        this.schemas = schemas;
        this.row = new KvRow(columns);
        this.view = format.newView(columns);
    }

    /**
     * Sees to it that rows of a schema can be read. Asks a server for one that is not known, until the deadline.
     *
     * @throws FlussException there is no such schema, or no answer; then it is retriable.
     */
    void learn(final int schemaId, final long deadlineNs) {
        if (schemaId == table.schemaId() || others.containsKey(schemaId)) {
            return;
        }
        try {
            others.put(schemaId, format.newView(schemas.rowType(schemaId, deadlineNs)));
        } catch (final FlussException e) {
            throw e.again("table " + table.tablePath() + ", a row of schema " + schemaId + ": " + e.getMessage());
        }
    }

    /** A reader of rows of a schema that was learnt. */
    RowView newView(final int schemaId) {
        final RowView written = schemaId == table.schemaId() ? view : others.get(schemaId);
        if (written == null) {
            throw new IllegalStateException(
                    "schema " + schemaId + " of table " + table.tablePath() + " was not learnt");
        }
        return written.sibling();
    }

    KvRow newRow() {
        return row.sibling();
    }

    RootWriter newRootWriter() {
        return new RootWriter(columns);
    }

    /** How to call the table in messages. */
    String describe() {
        return "table " + table.tablePath();
    }
}
