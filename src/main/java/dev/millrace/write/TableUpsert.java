package dev.millrace.write;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Makes writers that upsert into a primary-key table and delete from it. Immutable; each method gives a new one. */
public final class TableUpsert {
    private static final String MERGE_ENGINE = "table.merge-engine";

    private final RecordAccumulator accumulator;
    private final TableInfo table;
    private final KvTarget target;

    /**
     * Made by {@code FlussTable}; not for applications.
     *
     * @param accumulator of the connection.
     * @param table what to write to.
     */
    public TableUpsert(final RecordAccumulator accumulator, final TableInfo table) {
        this(accumulator, table, KvTarget.WHOLE_ROWS);
        if (!table.hasPrimaryKey()) {
            throw new UnsupportedOperationException(
                    "table " + table.tablePath() + " has no primary key; use newAppend() instead of newUpsert()");
        }
    }

    private TableUpsert(final RecordAccumulator accumulator, final TableInfo table, final KvTarget target) {
        this.accumulator = accumulator;
        this.table = table;
        this.target = target;
    }

    /**
     * Writes some columns only: the others keep their values, or are null in a new row. A delete sets these columns to null,
     * and deletes the row only if all others are null, too.
     *
     * <p>Rows still have all columns of the table; those that are not written are not read. A table with the merge engine
     * {@code first_row} or {@code versioned} takes whole rows only, and its server refuses others.
     *
     * @param columnIndexes the positions of the columns in the table, from 0, in any order. All columns of the primary key
     *     are among them, and an auto-increment column is not.
     * @return another upsert; this one stays as it is.
     * @throws IllegalArgumentException there is no such column or it is given twice; a key column is missing; the
     *     auto-increment column is given; or the table has other columns outside the key that cannot be null.
     */
    public TableUpsert partialUpdate(final int... columnIndexes) {
        final TreeSet<Integer> targets = new TreeSet<>();
        for (final int column : columnIndexes) {
            if (column < 0 || column >= table.rowType().fieldCount()) {
                throw refused("has no column " + column + " but 0 to "
                        + (table.rowType().fieldCount() - 1));
            }
            if (!targets.add(column)) {
                throw refused("is to be written with column " + nameOf(column) + " twice");
            }
        }
        checkTargets(targets);
        return new TableUpsert(accumulator, table, new KvTarget(List.copyOf(targets), target.mergeMode()));
    }

    /**
     * As {@link #partialUpdate}, with the columns' names.
     *
     * @param columnNames each at most once.
     * @return another upsert; this one stays as it is.
     * @throws IllegalArgumentException as {@link #partialUpdate}.
     */
    public TableUpsert partialUpdateWithColumnNames(final List<String> columnNames) {
        return partialUpdate(columnNames.stream().mapToInt(this::positionOf).toArray());
    }

    private int positionOf(final String column) {
        final int position = table.rowType().indexOf(column);
        if (position < 0) {
            throw refused("has no column " + column + " but " + table.schema().columnNames());
        }
        return position;
    }

    private void checkTargets(final TreeSet<Integer> targets) {
        final Schema schema = table.schema();
        final List<Integer> keys =
                IntStream.of(schema.primaryKeyIndexes()).boxed().toList();
        final List<String> missing = keys.stream()
                .filter(key -> !targets.contains(key))
                .map(this::nameOf)
                .toList();
        if (!missing.isEmpty()) {
            throw refused("is to be written without key column " + String.join(", ", missing)
                    + "; a partial update needs the whole primary key " + table.primaryKeys());
        }
        final int autoIncrement =
                schema.autoIncrementColumn().map(table.rowType()::indexOf).orElse(-1);
        if (targets.contains(autoIncrement)) {
            throw refused(
                    "gives column " + nameOf(autoIncrement) + " its values itself (auto-increment); leave it out");
        }
        final List<String> notNull = new ArrayList<>();
        for (int column = 0; column < table.rowType().fieldCount(); column++) {
            if (!keys.contains(column)
                    && column != autoIncrement
                    && !table.rowType().typeAt(column).isNullable()) {
                notNull.add(nameOf(column));
            }
        }
        if (!notNull.isEmpty()) {
            throw refused("takes no partial updates, since column " + String.join(", ", notNull)
                    + " cannot be null; all columns outside the primary key must be nullable");
        }
    }

    private String nameOf(final int column) {
        return table.schema().columnNames().get(column);
    }

    private IllegalArgumentException refused(final String reason) {
        return new IllegalArgumentException("table " + table.tablePath() + " " + reason);
    }

    /**
     * Says what the table's merge engine does with the rows.
     *
     * @param mode {@link MergeMode#DEFAULT} unless this is called.
     * @return another upsert; this one stays as it is.
     * @throws IllegalArgumentException the engine is to be passed over, and the table has none.
     */
    public TableUpsert mergeMode(final MergeMode mode) {
        if (mode == MergeMode.OVERWRITE && !table.properties().containsKey(MERGE_ENGINE)) {
            throw refused("has no merge engine (" + MERGE_ENGINE + ") that " + mode + " could pass over");
        }
        return new TableUpsert(accumulator, table, new KvTarget(target.columns(), mode));
    }

    /**
     * Makes a writer.
     *
     * @return a writer; one serves any number of threads.
     * @throws IllegalArgumentException the table has an auto-increment column, and {@link #partialUpdate} has not said that
     *     it is left out.
     * @throws UnsupportedOperationException the table has columns, or keys of columns, that cannot be written; the message
     *     says which.
     */
    public UpsertWriter createWriter() {
        final Optional<String> autoIncrement = table.schema().autoIncrementColumn();
        if (autoIncrement.isPresent() && target.columns().isEmpty()) {
            throw refused(
                    "gives column " + autoIncrement.get() + " its values itself (auto-increment); call partialUpdate"
                            + " with all other columns to leave it out");
        }
        return new UpsertWriter(accumulator, accumulator.table(table), table, target);
    }
}
