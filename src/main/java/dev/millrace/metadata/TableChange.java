package dev.millrace.metadata;

import dev.millrace.types.DataType;
import org.jspecify.annotations.Nullable;

/** A change of a table. Immutable. */
public sealed interface TableChange {
    /**
     * Adds a column behind the others. In the rows that are there it is null.
     *
     * @param name none that the table has.
     * @param dataType nullable.
     * @return the change.
     * @throws IllegalArgumentException the type is not nullable.
     */
    static TableChange addColumn(final String name, final DataType dataType) {
        return new AddColumn(name, dataType, null);
    }

    /**
     * Adds a column behind the others. In the rows that are there it is null.
     *
     * @param name none that the table has.
     * @param dataType nullable.
     * @param comment for people.
     * @return the change.
     * @throws IllegalArgumentException the type is not nullable.
     */
    static TableChange addColumn(final String name, final DataType dataType, final String comment) {
        return new AddColumn(name, dataType, comment);
    }

    /**
     * Sets a property, whether it was set or not.
     *
     * @param key with {@code table.} before it a property that servers act on, of which few can be changed; any other one is a
     *     custom property, which they only keep.
     * @param value the new one.
     * @return the change.
     */
    static TableChange set(final String key, final String value) {
        return new SetOption(key, value);
    }

    /**
     * Removes a property; for one that servers act on, the default counts again. One that is not set is no error.
     *
     * @param key as in {@link #set}.
     * @return the change.
     */
    static TableChange reset(final String key) {
        return new ResetOption(key);
    }

    /**
     * Adds a column behind the others.
     *
     * @param name none that the table has.
     * @param dataType nullable.
     * @param comment null for none.
     */
    record AddColumn(
            String name, DataType dataType, @Nullable String comment) implements TableChange {
        /** Checks the type. */
        public AddColumn {
            if (!dataType.isNullable()) {
                throw new IllegalArgumentException("Column '" + name
                        + "' must be nullable to be added: in the rows that are there it has no value, but its type is "
                        + dataType);
            }
        }

        /**
         * The JSON form of the type that servers take.
         *
         * @return UTF-8 text.
         */
        public byte[] dataTypeToJsonBytes() {
            return SchemaJson.writeNewType(dataType);
        }
    }

    /**
     * Sets a property.
     *
     * @param key as in {@link TableChange#set}.
     * @param value the new one.
     */
    record SetOption(String key, String value) implements TableChange {}

    /**
     * Removes a property.
     *
     * @param key as in {@link TableChange#set}.
     */
    record ResetOption(String key) implements TableChange {}
}
