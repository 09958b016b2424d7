package dev.millrace.metadata;

import dev.millrace.types.RowType;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A table as the cluster has it. Immutable.
 *
 * @param tablePath its name.
 * @param tableId its number; a table dropped and created anew has another.
 * @param schemaId the number of its current schema.
 * @param descriptor all it was created with, completed by the server.
 * @param createdTime when it was created, by the clock of the cluster.
 * @param modifiedTime when it was last changed.
 */
public record TableInfo(
        TablePath tablePath,
        long tableId,
        int schemaId,
        TableDescriptor descriptor,
        Instant createdTime,
        Instant modifiedTime) {
    /** Checks that the server said how many buckets there are. */
    public TableInfo {
        if (bucketCountOf(descriptor).isEmpty()) {
            throw new IllegalArgumentException(
                    "The descriptor of " + tablePath + " does not tell how many buckets it has");
        }
    }

    private static Optional<Integer> bucketCountOf(final TableDescriptor descriptor) {
        return descriptor.distribution().map(TableDescriptor.Distribution::bucketCount);
    }

    /**
     * The columns.
     *
     * @return the current schema.
     */
    public Schema schema() {
        return descriptor.schema();
    }

    /**
     * The type of a whole row.
     *
     * @return a NOT NULL row of all columns.
     */
    public RowType rowType() {
        return schema().rowType();
    }

    /**
     * Tells a primary-key table from a log table.
     *
     * @return true if there is a primary key.
     */
    public boolean hasPrimaryKey() {
        return descriptor.hasPrimaryKey();
    }

    /**
     * The columns of the primary key.
     *
     * @return in the order of the key, unmodifiable; empty for a log table.
     */
    public List<String> primaryKeys() {
        return schema().primaryKey().map(Schema.PrimaryKey::columnNames).orElse(List.of());
    }

    /**
     * The columns the table is partitioned by.
     *
     * @return in order, unmodifiable; empty if it is not partitioned.
     */
    public List<String> partitionKeys() {
        return descriptor.partitionKeys();
    }

    /**
     * The columns of the primary key that tell the rows of one partition apart.
     *
     * @return the primary key without the partition columns, in the order of the key, unmodifiable.
     */
    public List<String> physicalPrimaryKeys() {
        return primaryKeys().stream()
                .filter(column -> !partitionKeys().contains(column))
                .toList();
    }

    /**
     * Tells whether the table has partitions.
     *
     * @return true if there are partition keys.
     */
    public boolean isPartitioned() {
        return descriptor.isPartitioned();
    }

    /**
     * The columns whose values decide the bucket of a row.
     *
     * @return in order, unmodifiable; empty if rows are spread over all buckets.
     */
    public List<String> bucketKeys() {
        return descriptor.bucketKeys();
    }

    /**
     * The number of buckets of the table, or of each of its partitions.
     *
     * @return at least 1.
     */
    public int numBuckets() {
        return bucketCountOf(descriptor).orElseThrow();
    }

    /**
     * The table's options, which the cluster acts on.
     *
     * @return unmodifiable.
     */
    public Map<String, String> properties() {
        return descriptor.properties();
    }

    /**
     * Properties that mean nothing to the cluster.
     *
     * @return unmodifiable.
     */
    public Map<String, String> customProperties() {
        return descriptor.customProperties();
    }

    /**
     * What the table is for.
     *
     * @return the comment, if there is one.
     */
    public Optional<String> comment() {
        return descriptor.comment();
    }

    /**
     * How the log stores records.
     *
     * @return the option {@code table.log.format} or its default, ARROW.
     * @throws UnsupportedOperationException if the table has a format this version does not know.
     */
    public LogFormat logFormat() {
        return option(TableOptions.LOG_FORMAT, LogFormat.class, TableOptions.DEFAULT_LOG_FORMAT);
    }

    /**
     * How a primary-key table stores rows.
     *
     * @return the option {@code table.kv.format} or its default, COMPACTED.
     * @throws UnsupportedOperationException if the table has a format this version does not know.
     */
    public KvFormat kvFormat() {
        return option(TableOptions.KV_FORMAT, KvFormat.class, TableOptions.DEFAULT_KV_FORMAT);
    }

    /**
     * How the buffers of Arrow batches are compressed.
     *
     * @return the option {@code table.log.arrow.compression.type} or its default, ZSTD.
     * @throws UnsupportedOperationException if the table has a compression this version does not know.
     */
    public CompressionType compressionType() {
        return option(TableOptions.COMPRESSION_TYPE, CompressionType.class, TableOptions.DEFAULT_COMPRESSION_TYPE);
    }

    /**
     * How the keys of a primary-key table are laid out.
     *
     * @return the option {@code table.kv.format-version} or its default, 1.
     * @throws UnsupportedOperationException if the option is not a number.
     */
    public int kvFormatVersion() {
        return number(TableOptions.KV_FORMAT_VERSION, TableOptions.DEFAULT_KV_FORMAT_VERSION, "a number");
    }

    /**
     * The lake the table goes to, or may go to later. It decides how keys are laid out and rows spread over buckets.
     *
     * @return the option {@code table.datalake.format}, if the table has it.
     * @throws UnsupportedOperationException if the table has a format this version does not know.
     */
    public Optional<DataLakeFormat> dataLakeFormat() {
        return properties().containsKey(TableOptions.DATA_LAKE_FORMAT)
                ? Optional.of(option(TableOptions.DATA_LAKE_FORMAT, DataLakeFormat.class, DataLakeFormat.PAIMON))
                : Optional.empty();
    }

    /**
     * How hard ZSTD tries.
     *
     * @return the option {@code table.log.arrow.compression.zstd.level} or its default, 3.
     * @throws UnsupportedOperationException if the option is not a number.
     */
    public int zstdLevel() {
        return number(TableOptions.ZSTD_LEVEL, TableOptions.DEFAULT_ZSTD_LEVEL, "a number from 1 to 22");
    }

    private int number(final String key, final int defaultValue, final String expected) {
        final String value = properties().get(key);
        if (value == null) {
            return defaultValue;
        }
        try {
            return Integer.parseInt(value.trim());
        } catch (final NumberFormatException e) {
            throw unsupported(key, value, expected, e);
        }
    }

    private <E extends Enum<E>> E option(final String key, final Class<E> values, final E defaultValue) {
        final String value = properties().get(key);
        if (value == null) {
            return defaultValue;
        }
        try {
            return Enum.valueOf(values, value.trim().toUpperCase(Locale.ROOT));
        } catch (final IllegalArgumentException e) {
            throw unsupported(key, value, "one of " + Arrays.toString(values.getEnumConstants()), e);
        }
    }

    private UnsupportedOperationException unsupported(
            final String key, final String value, final String expected, final Exception cause) {
        return new UnsupportedOperationException(
                "Table " + tablePath + " has " + key + "=" + value + ", which should be " + expected, cause);
    }
}
