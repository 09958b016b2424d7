package dev.millrace.metadata;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Names a partition, or several if not all keys are given: a value as text for each partition key. Immutable. */
public final class PartitionSpec {
    private final Map<String, String> specMap;

    private PartitionSpec(final Map<String, String> specMap) {
        this.specMap = Collections.unmodifiableMap(new LinkedHashMap<>(specMap));
    }

    /**
     * The specification for the values given.
     *
     * @param specMap from partition column to value, copied in its order.
     * @return the specification.
     * @throws IllegalArgumentException if there is no entry.
     */
    public static PartitionSpec of(final Map<String, String> specMap) {
        if (specMap.isEmpty()) {
            throw new IllegalArgumentException("A partition specification needs at least one column with its value");
        }
        return new PartitionSpec(specMap);
    }

    /**
     * The values by partition column.
     *
     * @return unmodifiable, in the order given.
     */
    public Map<String, String> getSpecMap() {
        return specMap;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof PartitionSpec that && specMap.equals(that.specMap);
    }

    @Override
    public int hashCode() {
        return specMap.hashCode();
    }

    @Override
    public String toString() {
        return "PartitionSpec" + specMap;
    }
}
