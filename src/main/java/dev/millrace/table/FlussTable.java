package dev.millrace.table;

import dev.millrace.lookup.LookupClient;
import dev.millrace.lookup.TableLookup;
import dev.millrace.metadata.TableInfo;
import dev.millrace.metadata.TablePath;
import dev.millrace.scan.TableScan;
import dev.millrace.write.RecordAccumulator;
import dev.millrace.write.TableAppend;
import dev.millrace.write.TableUpsert;

/**
 * A table of a connection: what it is, and the makers of writers, scans and lookups. Holds no resources of its own. Immutable;
 * safe for any number of threads.
 */
public final class FlussTable {
    private final TableInfo info;
    private final RecordAccumulator accumulator;
    private final TableScan scan;
    private final LookupClient lookups;

    /**
     * Made by {@code FlussConnection.getTable}; not for applications.
     *
     * @param info the table as it is now.
     * @param accumulator of the connection, as are the others.
     * @param scan all of the table.
     * @param lookups stays the connection's.
     */
    public FlussTable(
            final TableInfo info,
            final RecordAccumulator accumulator,
            final TableScan scan,
            final LookupClient lookups) {
        this.info = info;
        this.accumulator = accumulator;
        this.scan = scan;
        this.lookups = lookups;
    }

    /** {@return the table as it was when this object was got: id, schema, options} */
    public TableInfo getTableInfo() {
        return info;
    }

    /** {@return its database and name} */
    public TablePath tablePath() {
        return info.tablePath();
    }

    /** {@return whether it is a primary-key table; otherwise it is a log table} */
    public boolean hasPrimaryKey() {
        return info.hasPrimaryKey();
    }

    /**
     * Begins to append to a log table.
     *
     * @return what makes the writer.
     * @throws UnsupportedOperationException the table has a primary key.
     */
    public TableAppend newAppend() {
        return new TableAppend(accumulator, info);
    }

    /**
     * Begins to upsert into a primary-key table, or to delete from it.
     *
     * @return what makes the writer.
     * @throws UnsupportedOperationException the table has no primary key.
     */
    public TableUpsert newUpsert() {
        return new TableUpsert(accumulator, info);
    }

    /**
     * Begins to scan the table.
     *
     * @return a scan of all columns, until {@code project} says otherwise.
     */
    public TableScan newScan() {
        return scan;
    }

    /**
     * Begins to look up rows of a primary-key table.
     *
     * @return what makes the lookuper.
     * @throws UnsupportedOperationException the table has no primary key.
     */
    public TableLookup newLookup() {
        return new TableLookup(lookups, info);
    }
}
