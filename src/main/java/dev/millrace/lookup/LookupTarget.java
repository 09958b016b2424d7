package dev.millrace.lookup;

import dev.millrace.metadata.TableInfo;
import java.util.List;

/**
 * What the lookups of one lookuper have in common. Those of the same table and kind may go in one request.
 *
 * @param columns the columns of a key.
 */
record LookupTarget(TableInfo table, LookupKind kind, List<String> columns) {
    /** Whether lookups of the other may go in one request with those of this one. */
    boolean sharesRequestsWith(final LookupTarget other) {
        return other == this || kind == other.kind && table.tableId() == other.table.tableId();
    }

    @Override
    public String toString() {
        return (kind == LookupKind.PREFIX ? "prefix lookup" : "lookup") + " in table " + table.tablePath() + " by "
                + columns;
    }
}
