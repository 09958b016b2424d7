package dev.millrace.admin;

import dev.millrace.metadata.TablePath;

/**
 * What access is controlled to. Immutable. It need not exist: a table may be created after the entries for it.
 *
 * @param type what it is.
 * @param name {@code database.table} for a table.
 */
public record Resource(ResourceType type, String name) {
    private static final String FLUSS_CLUSTER = "fluss-cluster";

    /**
     * The cluster.
     *
     * @return the resource.
     */
    public static Resource cluster() {
        return new Resource(ResourceType.CLUSTER, FLUSS_CLUSTER);
    }

    /**
     * A database with all its tables.
     *
     * @param databaseName its name.
     * @return the resource.
     */
    public static Resource database(final String databaseName) {
        return new Resource(ResourceType.DATABASE, databaseName);
    }

    /**
     * A table.
     *
     * @param tablePath its name.
     * @return the resource.
     */
    public static Resource table(final TablePath tablePath) {
        return new Resource(ResourceType.TABLE, tablePath.database() + "." + tablePath.table());
    }
}
