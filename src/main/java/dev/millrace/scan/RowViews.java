package dev.millrace.scan;

import dev.millrace.error.FlussException;
import dev.millrace.internal.cluster.TableSchemas;
import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.codec.RowView;
import dev.millrace.metadata.TableInfo;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Views for rows of all schemas that a table has had. Asks a server for those that it does not know. For one thread. */
final class RowViews {
    private final ScanContext context;
    private final RowFormat format;
    private final TableSchemas schemas;
    private final Map<Integer, RowView> bySchema = new HashMap<>();
    // The last one, since rows of one schema mostly follow each other.
    private int lastSchemaId;
    private @Nullable RowView last;

    RowViews(final ScanContext context, final RowFormat format) {
        this.context = context;
        this.format = format;
        this.schemas = new TableSchemas(
                context.rpc(), context.cluster(), context.table().tablePath());
    }

    /**
     * A view for rows of a schema. Blocks for the request timeout at most.
     *
     * @throws FlussException there is no such schema, or no answer; then it is retriable.
     */
    RowView of(final int schemaId) {
        final RowView known = last;
        if (known != null && lastSchemaId == schemaId) {
            return known;
        }
        final RowView view = bySchema.computeIfAbsent(schemaId, this::newView);
        last = view;
        lastSchemaId = schemaId;
        return view;
    }

    private RowView newView(final int schemaId) {
        final TableInfo table = context.table();
        if (schemaId == table.schemaId()) {
            return format.newView(table.rowType());
        }
        try {
            return format.newView(schemas.rowType(
                    schemaId,
                    System.nanoTime() + context.config().requestTimeout().toNanos()));
        } catch (final FlussException e) {
            throw e.again("table " + table.tablePath() + ", a row of schema " + schemaId + ": " + e.getMessage());
        }
    }
}
