package dev.millrace.metadata;

import dev.millrace.error.CorruptDataException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a database is to be created with, or was. Immutable. */
public final class DatabaseDescriptor {
    private final @Nullable String comment;
    private final Map<String, String> customProperties;

    private DatabaseDescriptor(final Builder builder) {
        comment = builder.comment;
        customProperties = Collections.unmodifiableMap(new LinkedHashMap<>(builder.customProperties));
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
     * Reads the JSON form that servers send.
     *
     * @param json UTF-8 text.
     * @return the descriptor.
     * @throws CorruptDataException if the text is not one, with what is wrong and where.
     */
    public static DatabaseDescriptor fromJsonBytes(final byte[] json) {
        return DescriptorJson.readDatabase(json);
    }

    /**
     * The JSON form that servers take.
     *
     * @return UTF-8 text.
     */
    public byte[] toJsonBytes() {
        return DescriptorJson.writeDatabase(this);
    }

    /**
     * What the database is for.
     *
     * @return the comment, if there is one.
     */
    public Optional<String> comment() {
        return Optional.ofNullable(comment);
    }

    /**
     * Properties that mean nothing to the cluster.
     *
     * @return unmodifiable.
     */
    public Map<String, String> customProperties() {
        return customProperties;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof DatabaseDescriptor that
                && comment().equals(that.comment())
                && customProperties.equals(that.customProperties);
    }

    @Override
    public int hashCode() {
        return 31 * comment().hashCode() + customProperties.hashCode();
    }

    @Override
    public String toString() {
        return "DatabaseDescriptor[comment=" + comment + ", customProperties=" + customProperties + "]";
    }

    /** Collects what a database is to be created with. For one thread. */
    public static final class Builder {
        private @Nullable String comment;
        private final Map<String, String> customProperties = new LinkedHashMap<>();

        private Builder() {}

        /**
         * Says what the database is for.
         *
         * @param newComment free text, or null for none.
         * @return this builder.
         */
        public Builder comment(final @Nullable String newComment) {
            comment = newComment;
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
         * @param properties added to those there are.
         * @return this builder.
         */
        public Builder customProperties(final Map<String, String> properties) {
            customProperties.putAll(properties);
            return this;
        }

        /**
         * Makes the descriptor.
         *
         * @return a new descriptor; the builder may be used on.
         */
        public DatabaseDescriptor build() {
            return new DatabaseDescriptor(this);
        }
    }
}
