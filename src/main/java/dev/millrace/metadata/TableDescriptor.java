package dev.millrace.metadata;

import dev.millrace.error.CorruptDataException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a table is to be created with, or was: schema, distribution over buckets and partitions, options. Immutable.
 *
 * <p>The bucket key of a primary-key table is its primary key without the partition keys, unless another is given. What
 * else is left out, as the number of buckets, the server fills in.
 */
public final class TableDescriptor {
    private final Schema schema;
    private final @Nullable String comment;
    private final List<String> partitionKeys;
    private final @Nullable Distribution distribution;
    private final Map<String, String> properties;
    private final Map<String, String> customProperties;

    private TableDescriptor(final Builder builder) {
        if (builder.schema == null) {
            throw new IllegalArgumentException("A table descriptor needs a schema");
        }
        schema = builder.schema;
        comment = builder.comment;
        partitionKeys = builder.partitionKeys;
        properties = Collections.unmodifiableMap(new LinkedHashMap<>(builder.properties));
        customProperties = Collections.unmodifiableMap(new LinkedHashMap<>(builder.customProperties));
        checkPartitionKeys();
        distribution = withDefaultBucketKeys(builder.distribution);
        checkBucketKeys();
    }

    private void checkPartitionKeys() {
        SchemaRules.checkKey("Partition key", partitionKeys, schema);
        if (hasPrimaryKey() && !primaryKeys().containsAll(partitionKeys)) {
            throw new IllegalArgumentException(
                    "Partition keys " + partitionKeys + " must all be part of the primary key " + primaryKeys());
        }
    }

    private @Nullable Distribution withDefaultBucketKeys(final @Nullable Distribution given) {
        if (!hasPrimaryKey() || given != null && !given.bucketKeys().isEmpty()) {
            return given;
        }
        final List<String> bucketKeys = primaryKeys().stream()
                .filter(name -> !partitionKeys.contains(name))
                .toList();
        if (bucketKeys.isEmpty()) {
            throw new IllegalArgumentException("Primary key " + primaryKeys()
                    + " needs a column that is no partition key: it is what rows are distributed by");
        }
        return new Distribution(given == null ? null : given.bucketCount(), bucketKeys);
    }

    private void checkBucketKeys() {
        SchemaRules.checkKey("Bucket key", bucketKeys(), schema);
        for (final String name : bucketKeys()) {
            if (partitionKeys.contains(name)) {
                throw new IllegalArgumentException("Bucket key column '" + name + "' is a partition key");
            }
            if (hasPrimaryKey() && !primaryKeys().contains(name)) {
                throw new IllegalArgumentException(
                        "Bucket key column '" + name + "' is not part of the primary key " + primaryKeys());
            }
        }
    }

    /**
     * A table of these columns and this key, if any, with the cluster's defaults for all else.
     *
     * @param schema of its rows.
     * @return the descriptor.
     */
    public static TableDescriptor of(final Schema schema) {
        return builder().schema(schema).build();
    }

    /**
     * Starts an empty descriptor.
     *
     * @return a new builder.
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Starts from what a descriptor has.
     *
     * @param origin left as it is.
     * @return a new builder.
     */
    public static Builder builder(final TableDescriptor origin) {
        final Builder builder = new Builder()
                .schema(origin.schema)
                .comment(origin.comment)
                .partitionedBy(origin.partitionKeys)
                .properties(origin.properties)
                .customProperties(origin.customProperties);
        builder.distribution = origin.distribution;
        return builder;
    }

    /**
     * Reads the JSON form that servers send.
     *
     * @param json UTF-8 text.
     * @return the descriptor.
     * @throws CorruptDataException if the text is not one, with what is wrong and where.
     */
    public static TableDescriptor fromJsonBytes(final byte[] json) {
        return DescriptorJson.readTable(json);
    }

    /**
     * The JSON form that servers take.
     *
     * @return UTF-8 text.
     */
    public byte[] toJsonBytes() {
        return DescriptorJson.writeTable(this);
    }

    /**
     * The columns.
     *
     * @return the schema.
     */
    public Schema schema() {
        return schema;
    }

    /**
     * What the table is for.
     *
     * @return the comment, if there is one.
     */
    public Optional<String> comment() {
        return Optional.ofNullable(comment);
    }

    /**
     * Tells a primary-key table from a log table.
     *
     * @return true if the schema has a primary key.
     */
    public boolean hasPrimaryKey() {
        return schema.primaryKey().isPresent();
    }

    /**
     * The columns the table is partitioned by.
     *
     * @return in order, unmodifiable; empty if it is not partitioned.
     */
    public List<String> partitionKeys() {
        return partitionKeys;
    }

    /**
     * Tells whether the table has partitions.
     *
     * @return true if there are partition keys.
     */
    public boolean isPartitioned() {
        return !partitionKeys.isEmpty();
    }

    /**
     * How rows are distributed over buckets.
     *
     * @return empty if nothing was said and the server decides.
     */
    public Optional<Distribution> distribution() {
        return Optional.ofNullable(distribution);
    }

    /**
     * The columns whose values decide the bucket of a row.
     *
     * @return in order, unmodifiable; empty if rows are spread over all buckets.
     */
    public List<String> bucketKeys() {
        return distribution == null ? List.of() : distribution.bucketKeys();
    }

    /**
     * The table's options, which the cluster acts on; their keys start with {@code table.}.
     *
     * @return unmodifiable.
     */
    public Map<String, String> properties() {
        return properties;
    }

    /**
     * Properties that mean nothing to the cluster.
     *
     * @return unmodifiable.
     */
    public Map<String, String> customProperties() {
        return customProperties;
    }

    private List<String> primaryKeys() {
        return schema.primaryKey().map(Schema.PrimaryKey::columnNames).orElse(List.of());
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof TableDescriptor that
                && schema.equals(that.schema)
                && Objects.equals(comment, that.comment)
                && partitionKeys.equals(that.partitionKeys)
                && Objects.equals(distribution, that.distribution)
                && properties.equals(that.properties)
                && customProperties.equals(that.customProperties);
    }

    @Override
    public int hashCode() {
        return Objects.hash(schema, comment, partitionKeys, distribution, properties, customProperties);
    }

    @Override
    public String toString() {
        return "TableDescriptor[schema=" + schema + ", comment=" + comment + ", partitionKeys=" + partitionKeys
                + ", distribution=" + distribution + ", properties=" + properties + ", customProperties="
                + customProperties + "]";
    }

    /**
     * How rows are distributed over buckets. Immutable.
     *
     * @param bucketCount how many buckets there are, or null for the cluster's default.
     * @param bucketKeys the columns whose values decide the bucket; empty to spread rows over all.
     */
    public record Distribution(@Nullable Integer bucketCount, List<String> bucketKeys) {
        /** Copies the list and checks the count. */
        public Distribution {
            bucketKeys = List.copyOf(bucketKeys);
            if (bucketCount != null && bucketCount <= 0) {
                throw new IllegalArgumentException("Bucket count must be at least 1, not " + bucketCount);
            }
        }
    }

    /** Collects what a table is to be created with. For one thread. */
    public static final class Builder {
        private @Nullable Schema schema;
        private @Nullable String comment;
        private List<String> partitionKeys = List.of();
        private @Nullable Distribution distribution;
        private final Map<String, String> properties = new LinkedHashMap<>();
        private final Map<String, String> customProperties = new LinkedHashMap<>();

        private Builder() {}

        /**
         * Sets the columns. There must be a schema.
         *
         * @param newSchema the schema.
         * @return this builder.
         */
        public Builder schema(final Schema newSchema) {
            schema = newSchema;
            return this;
        }

        /**
         * Says what the table is for.
         *
         * @param newComment free text, or null for none.
         * @return this builder.
         */
        public Builder comment(final @Nullable String newComment) {
            comment = newComment;
            return this;
        }

        /**
         * Sets how the log stores records; the option {@code table.log.format}.
         *
         * @param format ARROW where nothing is said.
         * @return this builder.
         */
        public Builder logFormat(final LogFormat format) {
            return property(TableOptions.LOG_FORMAT, format.name());
        }

        /**
         * Sets how a primary-key table stores rows; the option {@code table.kv.format}.
         *
         * @param format COMPACTED where nothing is said.
         * @return this builder.
         */
        public Builder kvFormat(final KvFormat format) {
            return property(TableOptions.KV_FORMAT, format.name());
        }

        /**
         * Sets an option of the table. The server checks key and value.
         *
         * @param key starts with {@code table.}; replaces an earlier one.
         * @param value as text.
         * @return this builder.
         */
        public Builder property(final String key, final String value) {
            properties.put(key, value);
            return this;
        }

        /**
         * Sets options of the table. The server checks keys and values.
         *
         * @param newProperties added to those there are.
         * @return this builder.
         */
        public Builder properties(final Map<String, String> newProperties) {
            properties.putAll(newProperties);
            return this;
        }

        /**
         * Adds a property that means nothing to the cluster.
         *
         * @param key replaces an earlier one.
         * @param value free text.
         * @return this builder.
         */
        public Builder customProperty(final String key, final String value) {
            customProperties.put(key, value);
            return this;
        }

        /**
         * Adds properties that mean nothing to the cluster.
         *
         * @param newProperties added to those there are.
         * @return this builder.
         */
        public Builder customProperties(final Map<String, String> newProperties) {
            customProperties.putAll(newProperties);
            return this;
        }

        /**
         * Sets the columns the table is partitioned by.
         *
         * @param columnNames in order; in a primary-key table all part of the primary key.
         * @return this builder.
         */
        public Builder partitionedBy(final String... columnNames) {
            return partitionedBy(Arrays.asList(columnNames));
        }

        /**
         * Sets the columns the table is partitioned by.
         *
         * @param columnNames in order; in a primary-key table all part of the primary key.
         * @return this builder.
         */
        public Builder partitionedBy(final List<String> columnNames) {
            partitionKeys = List.copyOf(columnNames);
            return this;
        }

        /**
         * Sets how rows are distributed over buckets.
         *
         * @param bucketCount how many buckets there are, at least 1.
         * @param bucketKeys the columns whose values decide the bucket, in order; none for the primary key, or in a log
         *     table to spread rows over all buckets.
         * @return this builder.
         * @throws IllegalArgumentException if the count is below 1.
         */
        public Builder distributedBy(final int bucketCount, final String... bucketKeys) {
            return distributedBy(bucketCount, Arrays.asList(bucketKeys));
        }

        /**
         * Sets how rows are distributed over buckets.
         *
         * @param bucketCount how many buckets there are, at least 1.
         * @param bucketKeys the columns whose values decide the bucket, in order; none for the primary key, or in a log
         *     table to spread rows over all buckets.
         * @return this builder.
         * @throws IllegalArgumentException if the count is below 1.
         */
        public Builder distributedBy(final int bucketCount, final List<String> bucketKeys) {
            distribution = new Distribution(bucketCount, bucketKeys);
            return this;
        }

        /**
         * Sets what rows are distributed by, and leaves the number of buckets to the cluster.
         *
         * @param bucketKeys the columns whose values decide the bucket, in order.
         * @return this builder.
         */
        public Builder distributedBy(final List<String> bucketKeys) {
            distribution = new Distribution(null, bucketKeys);
            return this;
        }

        /**
         * Makes the descriptor.
         *
         * @return a new descriptor; the builder may be used on.
         * @throws IllegalArgumentException if there is no schema, or keys do not fit it, with the name of the column.
         */
        public TableDescriptor build() {
            return new TableDescriptor(this);
        }
    }
}
