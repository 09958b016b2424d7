package dev.millrace.row;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A value of MAP made of two arrays of one length. Two maps are equal if they have equal entries in the same order.
 * Immutable, as far as the arrays are.
 */
public final class GenericMap implements InternalMap {
    private final InternalArray keys;
    private final InternalArray values;

    private GenericMap(final InternalArray keys, final InternalArray values) {
        this.keys = keys;
        this.values = values;
    }

    /**
     * A map of the keys and values given.
     *
     * @param keys kept, not copied; no two of them should be equal.
     * @param values as many as keys; kept, not copied.
     * @return a new map.
     * @throws IllegalArgumentException if they are not of one length.
     */
    public static GenericMap of(final InternalArray keys, final InternalArray values) {
        if (keys.size() != values.size()) {
            throw new IllegalArgumentException(
                    "A map cannot have " + keys.size() + " keys and " + values.size() + " values");
        }
        return new GenericMap(keys, values);
    }

    /**
     * A map of the entries given.
     *
     * @param entries copied in their order; keys and values of the classes {@link GenericRow#setField} takes.
     * @return a new map.
     * @throws IllegalArgumentException if a key or value is of another class.
     */
    public static GenericMap of(final Map<? extends Object, ? extends @Nullable Object> entries) {
        final List<@Nullable Object> keys = new ArrayList<>(entries.size());
        final List<@Nullable Object> values = new ArrayList<>(entries.size());
        entries.forEach((key, value) -> {
            keys.add(key);
            values.add(value);
        });
        return new GenericMap(GenericArray.of(keys), GenericArray.of(values));
    }

    @Override
    public int size() {
        return keys.size();
    }

    @Override
    public InternalArray keys() {
        return keys;
    }

    @Override
    public InternalArray values() {
        return values;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof GenericMap that && keys.equals(that.keys) && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return Objects.hash(keys, values);
    }

    /**
     * The entries in braces.
     *
     * @return for example {@code {a=1, b=null}}.
     */
    @Override
    public String toString() {
        if (!(keys instanceof GenericArray genericKeys) || !(values instanceof GenericArray genericValues)) {
            return "{" + keys + "=" + values + "}";
        }
        final StringBuilder text = new StringBuilder("{");
        for (int pos = 0; pos < keys.size(); pos++) {
            text.append(pos == 0 ? "" : ", ")
                    .append(GenericRow.text(genericKeys.get(pos)))
                    .append('=')
                    .append(GenericRow.text(genericValues.get(pos)));
        }
        return text.append('}').toString();
    }
}
