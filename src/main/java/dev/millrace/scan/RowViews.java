package dev.millrace.scan;

import dev.millrace.internal.codec.RowFormat;
import dev.millrace.internal.codec.RowView;
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
        this.schemas = new TableSchemas(context);
    }

    /**
     * A view for rows of a schema. Blocks for the request timeout at most.
     *
     * @throws dev.millrace.error.FlussException there is no such schema, or no answer; then it is retriable.
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
        return format.newView(
                schemaId == context.table().schemaId() ? context.table().rowType() : schemas.rowType(schemaId));
    }
}
