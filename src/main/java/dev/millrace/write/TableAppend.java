package dev.millrace.write;

import dev.millrace.metadata.TableInfo;

/** Makes writers that append to a log table. Immutable. */
public final class TableAppend {
    private final RecordAccumulator accumulator;
    private final TableInfo table;

    /**
     * Made by {@code FlussTable}; not for applications.
     *
     * @param accumulator of the connection.
     * @param table what to write to.
     */
    public TableAppend(final RecordAccumulator accumulator, final TableInfo table) {
        if (table.hasPrimaryKey()) {
            throw new UnsupportedOperationException(
                    "table " + table.tablePath() + " has a primary key; use newUpsert() instead of newAppend()");
        }
        this.accumulator = accumulator;
        this.table = table;
    }

    /**
     * Makes a writer.
     *
     * @return a writer; one serves any number of threads.
     * @throws UnsupportedOperationException the table has columns, or keys of columns, that cannot be written; the message
     *     says which.
     */
    public AppendWriter createWriter() {
        return new AppendWriter(accumulator, accumulator.table(table), table);
    }
}
