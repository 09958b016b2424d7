package dev.millrace.lookup;

import dev.millrace.metadata.Schema;
import dev.millrace.metadata.TableInfo;
import java.util.List;
import java.util.Optional;

/**
 * What lookups in a table are to be: by the primary key, unless {@link #lookupBy} says otherwise. Immutable; safe for any
 * number of threads.
 *
 * <pre>{@code
 * Lookuper byKey = table.newLookup().createLookuper();
 * Lookuper byPrefix = table.newLookup().lookupBy("customer").createLookuper();
 * }</pre>
 */
public final class TableLookup {
    private final LookupClient client;
    private final TableInfo table;
    // Empty for the primary key.
    private final List<String> columns;
    private final boolean insertsIfNotExists;

    /**
     * Made by {@code FlussTable}; not for applications.
     *
     * @param client of the connection.
     * @param table what to look up in.
     */
    public TableLookup(final LookupClient client, final TableInfo table) {
        this(client, table, List.of(), false);
        if (!table.hasPrimaryKey()) {
            throw new UnsupportedOperationException(
                    "table " + table.tablePath() + " is a log and has no primary key to look up by; use newScan()");
        }
    }

    private TableLookup(
            final LookupClient client,
            final TableInfo table,
            final List<String> columns,
            final boolean insertsIfNotExists) {
        this.client = client;
        this.table = table;
        this.columns = columns;
        this.insertsIfNotExists = insertsIfNotExists;
    }

    /**
     * As {@link #lookupBy(List)}.
     *
     * @param lookupColumns in the order in which keys have them.
     * @return a lookup like this one, by these columns; {@link #createLookuper} checks them.
     */
    public TableLookup lookupBy(final String... lookupColumns) {
        return lookupBy(List.of(lookupColumns));
    }

    /**
     * Looks up all rows whose keys begin with some columns, instead of the one row of a whole key: in a table that was
     * distributed by the first columns of its primary key, and no more, by these columns. In a partitioned table the
     * partition columns are given too, anywhere among them.
     *
     * @param lookupColumns in the order in which keys have them.
     * @return a lookup like this one, by these columns; {@link #createLookuper} checks them.
     */
    public TableLookup lookupBy(final List<String> lookupColumns) {
        if (lookupColumns.isEmpty()) {
            throw new IllegalArgumentException("a prefix lookup in table " + table.tablePath() + " by no columns");
        }
        return new TableLookup(client, table, List.copyOf(lookupColumns), insertsIfNotExists);
    }

    /**
     * Inserts a row for each key that is looked up and not there: with the key, values for columns that count by
     * themselves, and null in all other columns. The lookup gives that row. It is acknowledged as {@code writerAcks} says.
     *
     * @return a lookup like this one, that inserts; {@link #createLookuper} checks whether the table allows it.
     */
    public TableLookup enableInsertIfNotExists() {
        return new TableLookup(client, table, columns, true);
    }

    /**
     * Makes a lookuper. Asks no server.
     *
     * @return a lookuper; one serves any number of threads.
     * @throws UnsupportedOperationException the table does not allow such lookups; the message says why.
     * @throws IllegalArgumentException the columns given to {@link #lookupBy} are not those that they have to be; the
     *     message says which.
     * @throws IllegalStateException the connection is closed.
     */
    public Lookuper createLookuper() {
        if (columns.isEmpty()) {
            if (insertsIfNotExists) {
                checkInserts();
            }
            return client.newLookuper(new LookupTarget(
                    table, insertsIfNotExists ? LookupKind.LOOKUP_OR_INSERT : LookupKind.LOOKUP, table.primaryKeys()));
        }
        if (insertsIfNotExists) {
            throw new UnsupportedOperationException("a prefix lookup in table " + table.tablePath() + " by " + columns
                    + " cannot insert: a prefix is not a key");
        }
        new PrefixRules(table, columns).check();
        return client.newLookuper(new LookupTarget(table, LookupKind.PREFIX, columns));
    }

    private void checkInserts() {
        if (table.isPartitioned()) {
            // It takes the key for one with the partition columns, and fails or stores a row of nonsense.
            throw new UnsupportedOperationException("a lookup in table " + table.tablePath()
                    + " cannot insert missing rows: servers of Fluss 0.9.1 cannot make a row of a partitioned table out of"
                    + " its key; look up without enableInsertIfNotExists(), and upsert what is missing");
        }
        final Schema schema = table.schema();
        final List<String> unfilled = schema.columns().stream()
                .filter(column -> !column.dataType().isNullable())
                .map(Schema.Column::name)
                .filter(column -> !table.primaryKeys().contains(column))
                .filter(column -> !schema.autoIncrementColumn().equals(Optional.of(column)))
                .toList();
        if (!unfilled.isEmpty()) {
            throw new UnsupportedOperationException("a lookup in table " + table.tablePath()
                    + " cannot insert missing rows: columns " + unfilled
                    + " are NOT NULL, and there would be no value for them");
        }
    }
}
