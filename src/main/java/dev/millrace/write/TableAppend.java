package dev.millrace.write;

import dev.millrace.metadata.TableInfo;

/** Makes writers that append to a log table. Immutable. */
public final class TableAppend {
    private final RecordAccumulator accumulator;
    private final TableInfo table;

    /** Made by {@code FlussTable}. */
    public TableAppend(final RecordAccumulator accumulator, final TableInfo table) {
        if (table.hasPrimaryKey()) {
            throw new UnsupportedOperationException(
                    "table " + table.tablePath() + " has a primary key; use newUpsert() instead of newAppend()");
        }
        if (table.isPartitioned()) {
            throw cannotWrite(table, "it is partitioned");
        }
        if (!table.bucketKeys().isEmpty()) {
            throw cannotWrite(table, "its buckets are chosen by the key " + table.bucketKeys());
        }
        this.accumulator = accumulator;
        this.table = table;
    }

    private static UnsupportedOperationException cannotWrite(final TableInfo table, final String reason) {
        return new UnsupportedOperationException("table " + table.tablePath() + " cannot be written yet: " + reason);
    }

    /** A writer; one serves any number of threads. */
    public AppendWriter createWriter() {
        return new AppendWriter(accumulator, accumulator.table(table));
    }
}
