package dev.millrace.metadata;

import dev.millrace.error.CorruptDataException;
import dev.millrace.types.BigIntType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.IntType;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a table, and which of them are its primary key. Immutable.
 *
 * <p>Columns and the fields of nested rows carry ids, by which the cluster knows them when a schema changes. A builder
 * gives them in order from 0; a schema read from a server keeps those it came with.
 */
public final class Schema {
    private final List<Column> columns;
    private final @Nullable PrimaryKey primaryKey;
    private final @Nullable String autoIncrementColumn;
    private final int highestFieldId;
    private final RowType rowType;

    /** Makes key columns NOT NULL and checks all that must hold whoever made the schema. */
    Schema(
            final List<Column> columns,
            final @Nullable PrimaryKey primaryKey,
            final @Nullable String autoIncrementColumn,
            final int highestFieldId) {
        final List<String> keyNames = primaryKey == null ? List.of() : primaryKey.columnNames();
        this.columns = columns.stream()
                .map(column -> keyNames.contains(column.name()) ? column.notNull() : column)
                .toList();
        this.primaryKey = primaryKey;
        this.autoIncrementColumn = autoIncrementColumn;
        this.highestFieldId = highestFieldId;
        checkColumns();
        rowType = new RowType(
                false,
                this.columns.stream()
                        .map(column -> new DataField(column.name(), column.dataType(), column.comment()))
                        .toList());
        SchemaRules.checkKey("Primary key", keyNames, this);
        checkAggregation(keyNames);
        checkAutoIncrement(keyNames);
        checkFieldIds();
    }

    private void checkColumns() {
        if (columns.isEmpty()) {
            throw new IllegalArgumentException("A schema needs at least one column");
        }
        final Set<String> names = new HashSet<>();
        for (final Column column : columns) {
            if (!names.add(column.name())) {
                throw new IllegalArgumentException("Column '" + column.name() + "' is there twice");
            }
        }
    }

    private void checkAggregation(final List<String> keyNames) {
        for (final Column column : columns) {
            if (column.aggFunction() != null && keyNames.contains(column.name())) {
                throw new IllegalArgumentException("Column '" + column.name()
                        + "' is part of the primary key and cannot have the aggregation function "
                        + column.aggFunction());
            }
        }
    }

    private void checkAutoIncrement(final List<String> keyNames) {
        if (autoIncrementColumn == null) {
            return;
        }
        final String subject = "Auto-increment column '" + autoIncrementColumn + "'";
        if (keyNames.isEmpty()) {
            throw new IllegalArgumentException(subject + " needs a table with a primary key");
        }
        if (keyNames.contains(autoIncrementColumn)) {
            throw new IllegalArgumentException(subject + " cannot be part of the primary key " + keyNames);
        }
        final int index = rowType.indexOf(autoIncrementColumn);
        if (index < 0) {
            throw new IllegalArgumentException(subject + " is not among the columns " + columnNames());
        }
        final DataType dataType = rowType.typeAt(index);
        if (!(dataType instanceof IntType || dataType instanceof BigIntType)) {
            throw new IllegalArgumentException(subject + " must be INT or BIGINT, not " + dataType);
        }
    }

    private void checkFieldIds() {
        final Set<Integer> ids = new HashSet<>();
        for (final Column column : columns) {
            FieldIds.of(column).forEach(id -> {
                if (id != FieldIds.NO_ID && !ids.add(id)) {
                    throw new IllegalArgumentException(
                            "Field id " + id + " is given twice, the second time in column '" + column.name() + "'");
                }
                if (id > highestFieldId) {
                    throw new IllegalArgumentException("Field id " + id + " in column '" + column.name()
                            + "' is above the highest field id " + highestFieldId);
                }
            });
        }
    }

    /**
     * Starts an empty schema.
     *
     * @return a new builder.
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads the JSON form that servers send.
     *
     * @param json UTF-8 text.
     * @return the schema.
     * @throws CorruptDataException if the text is not one, with what is wrong and where.
     */
    public static Schema fromJsonBytes(final byte[] json) {
        return SchemaJson.readSchema(json);
    }

    /**
     * The JSON form that servers take.
     *
     * @return UTF-8 text.
     */
    public byte[] toJsonBytes() {
        return SchemaJson.writeSchema(this);
    }

    /**
     * All columns.
     *
     * @return in order, unmodifiable.
     */
    public List<Column> columns() {
        return columns;
    }

    /**
     * The names of all columns.
     *
     * @return in order, unmodifiable.
     */
    public List<String> columnNames() {
        return columns.stream().map(Column::name).toList();
    }

    /**
     * The primary key.
     *
     * @return empty for a log table.
     */
    public Optional<PrimaryKey> primaryKey() {
        return Optional.ofNullable(primaryKey);
    }

    /**
     * Where the columns of the primary key are.
     *
     * @return a new array of positions from 0, in the order of the key; empty for a log table.
     */
    public int[] primaryKeyIndexes() {
        return primaryKey == null
                ? new int[0]
                : primaryKey.columnNames().stream().mapToInt(rowType::indexOf).toArray();
    }

    /**
     * The column the cluster fills with a running number.
     *
     * @return its name, if there is one.
     */
    public Optional<String> autoIncrementColumn() {
        return Optional.ofNullable(autoIncrementColumn);
    }

    /**
     * The type of a whole row.
     *
     * @return a NOT NULL row of all columns.
     */
    public RowType rowType() {
        return rowType;
    }

    /**
     * The highest id in use, or used by a column that is gone.
     *
     * @return ids of columns and nested fields are at most this.
     */
    public int highestFieldId() {
        return highestFieldId;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof Schema that
                && columns.equals(that.columns)
                && Objects.equals(primaryKey, that.primaryKey)
                && Objects.equals(autoIncrementColumn, that.autoIncrementColumn)
                && highestFieldId == that.highestFieldId;
    }

    @Override
    public int hashCode() {
        return Objects.hash(columns, primaryKey, autoIncrementColumn, highestFieldId);
    }

    /**
     * The schema as one writes it in SQL.
     *
     * @return for example {@code (id BIGINT NOT NULL, name STRING, PRIMARY KEY (id))}.
     */
    @Override
    public String toString() {
        final List<String> parts = new ArrayList<>();
        columns.forEach(column -> parts.add(column.toString()));
        if (primaryKey != null) {
            parts.add(primaryKey.toString());
        }
        if (autoIncrementColumn != null) {
            parts.add("AUTO INCREMENT (" + autoIncrementColumn + ")");
        }
        return "(" + String.join(", ", parts) + ")";
    }

    /**
     * A column. Immutable; made by {@link Builder}.
     *
     * @param name distinct in the schema.
     * @param dataType the type of its values.
     * @param comment what it is for, or null.
     * @param aggFunction how an aggregation table joins its values, or null.
     * @param id by which the cluster knows the column.
     * @param nestedFieldIds the ids of the fields of nested rows in its type, each field before those nested in it; -1
     *     for a field that came without one.
     */
    public record Column(
            String name,
            DataType dataType,
            @Nullable String comment,
            @Nullable AggFunction aggFunction,
            int id,
            List<Integer> nestedFieldIds) {
        /** Copies the list and checks that there is one id for each nested field. */
        public Column {
            if (name.isBlank()) {
                throw new IllegalArgumentException("A column needs a name that is not blank");
            }
            nestedFieldIds = List.copyOf(nestedFieldIds);
            final int nestedFields = FieldIds.countNested(dataType);
            if (nestedFieldIds.size() != nestedFields) {
                throw new IllegalArgumentException("Column '" + name + "' has " + nestedFields
                        + " nested fields, but ids for " + nestedFieldIds.size());
            }
        }

        private Column notNull() {
            return dataType.isNullable()
                    ? new Column(name, dataType.copy(false), comment, aggFunction, id, nestedFieldIds)
                    : this;
        }

        @Override
        public String toString() {
            return name + " " + dataType + (aggFunction == null ? "" : " AGGREGATED BY " + aggFunction);
        }
    }

    /**
     * A primary key. Immutable.
     *
     * @param columnNames the key columns in the order of the key, at least one.
     */
    public record PrimaryKey(List<String> columnNames) {
        /** Copies the list. */
        public PrimaryKey {
            columnNames = List.copyOf(columnNames);
            if (columnNames.isEmpty()) {
                throw new IllegalArgumentException("A primary key needs at least one column");
            }
        }

        @Override
        public String toString() {
            return "PRIMARY KEY (" + String.join(", ", columnNames) + ")";
        }
    }

    /** Collects the columns of a new schema and numbers them. For one thread. */
    public static final class Builder {
        private final List<Column> columns = new ArrayList<>();
        private @Nullable PrimaryKey primaryKey;
        private @Nullable String autoIncrementColumn;
        private int nextFieldId;

        private Builder() {}

        /**
         * Adds a column.
         *
         * @param name distinct in the schema.
         * @param dataType the type of its values; made NOT NULL if the column becomes part of the primary key.
         * @return this builder.
         */
        public Builder column(final String name, final DataType dataType) {
            return column(name, dataType, null, null);
        }

        /**
         * Adds a column with a comment.
         *
         * @param name distinct in the schema.
         * @param dataType the type of its values; made NOT NULL if the column becomes part of the primary key.
         * @param comment what it is for.
         * @return this builder.
         */
        public Builder column(final String name, final DataType dataType, final @Nullable String comment) {
            return column(name, dataType, comment, null);
        }

        /**
         * Adds a column of an aggregation table.
         *
         * @param name distinct in the schema.
         * @param dataType the type of its values.
         * @param comment what it is for, or null.
         * @param aggFunction how values that come for one key are joined, or null for the table's default.
         * @return this builder.
         */
        public Builder column(
                final String name,
                final DataType dataType,
                final @Nullable String comment,
                final @Nullable AggFunction aggFunction) {
            final int id = nextFieldId++;
            final List<Integer> nestedFieldIds = new ArrayList<>();
            for (int nested = FieldIds.countNested(dataType); nested > 0; nested--) {
                nestedFieldIds.add(nextFieldId++);
            }
            columns.add(new Column(name, dataType, comment, aggFunction, id, nestedFieldIds));
            return this;
        }

        /**
         * Says which columns are the primary key. They become NOT NULL.
         *
         * @param columnNames in the order of the key.
         * @return this builder.
         * @throws IllegalArgumentException if there is no name.
         */
        public Builder primaryKey(final String... columnNames) {
            return primaryKey(Arrays.asList(columnNames));
        }

        /**
         * Says which columns are the primary key. They become NOT NULL.
         *
         * @param columnNames in the order of the key.
         * @return this builder.
         * @throws IllegalArgumentException if there is no name.
         */
        public Builder primaryKey(final List<String> columnNames) {
            primaryKey = new PrimaryKey(columnNames);
            return this;
        }

        /**
         * Says which column the cluster fills with a running number.
         *
         * @param columnName an INT or BIGINT column that is not part of the primary key.
         * @return this builder.
         */
        public Builder autoIncrement(final String columnName) {
            autoIncrementColumn = columnName;
            return this;
        }

        /**
         * Makes the schema.
         *
         * @return a new schema; the builder may be used on.
         * @throws IllegalArgumentException if columns and keys do not fit, with the name of the column.
         */
        public Schema build() {
            return new Schema(columns, primaryKey, autoIncrementColumn, nextFieldId - 1);
        }
    }
}
