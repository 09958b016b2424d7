package dev.millrace.types;

import org.jspecify.annotations.Nullable;

/**
 * A named field of a {@link RowType}. Immutable.
 *
 * @param name with at least one character that is not white space.
 * @param dataType the type of its values.
 * @param description what it is for, or null.
 */
public record DataField(
        String name, DataType dataType, @Nullable String description) {
    /** Checks the name. */
    public DataField {
        if (name.isBlank()) {
            throw new IllegalArgumentException("A field needs a name that is not blank");
        }
    }

    /**
     * Creates a field without a description.
     *
     * @param name with at least one character that is not white space.
     * @param dataType the type of its values.
     */
    public DataField(final String name, final DataType dataType) {
        this(name, dataType, null);
    }

    /**
     * The field in SQL form.
     *
     * @return for example {@code `price` DOUBLE 'in euro'}.
     */
    @Override
    public String toString() {
        final String field = "`" + name.replace("`", "``") + "` " + dataType.asSummaryString();
        return description == null ? field : field + " '" + description.replace("'", "''") + "'";
    }
}
