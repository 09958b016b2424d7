package dev.millrace.metadata;

/**
 * The full name of a table. Immutable.
 *
 * <p>Both names have 1 to 200 characters out of {@code A-Z a-z 0-9 _ -}. Servers refuse to create names that start with
 * two underscores.
 *
 * @param database the name of the database.
 * @param table the name of the table in it.
 */
public record TablePath(String database, String table) {
    private static final int MAX_NAME_LENGTH = 200;

    /** Checks the names. */
    public TablePath {
        checkDatabaseName(database);
        checkName("Table", table);
    }

    /**
     * The path of a table.
     *
     * @param database the name of the database.
     * @param table the name of the table in it.
     * @return the path.
     * @throws IllegalArgumentException if a name breaks the rules.
     */
    public static TablePath of(final String database, final String table) {
        return new TablePath(database, table);
    }

    /**
     * Checks the name of a database.
     *
     * @param name must have 1 to 200 characters out of {@code A-Z a-z 0-9 _ -}.
     * @return the name.
     * @throws IllegalArgumentException if it breaks the rules, with the rule and the offending character.
     */
    public static String checkDatabaseName(final String name) {
        return checkName("Database", name);
    }

    private static String checkName(final String kind, final String name) {
        if (name.isEmpty() || name.length() > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(kind + " name must have 1 to " + MAX_NAME_LENGTH
                    + " characters, and this one has " + name.length() + ": '" + name + "'");
        }
        for (int i = 0; i < name.length(); i++) {
            if (!isAllowed(name.charAt(i))) {
                throw new IllegalArgumentException(kind + " name '" + name + "' has the character '" + name.charAt(i)
                        + "' at position " + i + "; allowed are A-Z, a-z, 0-9, _ and -");
            }
        }
        return name;
    }

    private static boolean isAllowed(final char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-';
    }

    /**
     * The path as one writes it in SQL.
     *
     * @return {@code database.table}.
     */
    @Override
    public String toString() {
        return database + "." + table;
    }
}
