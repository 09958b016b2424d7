package dev.millrace.metadata;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How an aggregation table joins the values of a column that come for one key. Immutable. A server decides whether the
 * function fits the column's type.
 */
public final class AggFunction {
    private static final String DELIMITER = "delimiter";

    private final String type;
    private final Map<String, String> parameters;

    private AggFunction(final String type, final Map<String, String> parameters) {
        this.type = type;
        this.parameters = Map.copyOf(parameters);
    }

    /** As a server sent it: its functions may be more than those of this version, and none is lost. */
    static AggFunction received(final String type, final Map<String, String> parameters) {
        return new AggFunction(type, parameters);
    }

    /**
     * Adds the values; for numbers.
     *
     * @return the function.
     */
    public static AggFunction sum() {
        return new AggFunction("sum", Map.of());
    }

    /**
     * Multiplies the values; for numbers.
     *
     * @return the function.
     */
    public static AggFunction product() {
        return new AggFunction("product", Map.of());
    }

    /**
     * Keeps the largest value.
     *
     * @return the function.
     */
    public static AggFunction max() {
        return new AggFunction("max", Map.of());
    }

    /**
     * Keeps the smallest value.
     *
     * @return the function.
     */
    public static AggFunction min() {
        return new AggFunction("min", Map.of());
    }

    /**
     * Keeps the last value, also if it is null.
     *
     * @return the function.
     */
    public static AggFunction lastValue() {
        return new AggFunction("last_value", Map.of());
    }

    /**
     * Keeps the last value that is not null. What columns without a function do.
     *
     * @return the function.
     */
    public static AggFunction lastValueIgnoreNulls() {
        return new AggFunction("last_value_ignore_nulls", Map.of());
    }

    /**
     * Keeps the first value, also if it is null.
     *
     * @return the function.
     */
    public static AggFunction firstValue() {
        return new AggFunction("first_value", Map.of());
    }

    /**
     * Keeps the first value that is not null.
     *
     * @return the function.
     */
    public static AggFunction firstValueIgnoreNulls() {
        return new AggFunction("first_value_ignore_nulls", Map.of());
    }

    /**
     * Joins texts with commas.
     *
     * @return the function.
     */
    public static AggFunction listagg() {
        return new AggFunction("listagg", Map.of());
    }

    /**
     * Joins texts.
     *
     * @param delimiter put between them; not empty.
     * @return the function.
     * @throws IllegalArgumentException if the delimiter is empty.
     */
    public static AggFunction listagg(final String delimiter) {
        return new AggFunction("listagg", delimiterParameter(delimiter));
    }

    /**
     * Joins texts with commas; another name of {@link #listagg()}.
     *
     * @return the function.
     */
    public static AggFunction stringAgg() {
        return new AggFunction("string_agg", Map.of());
    }

    /**
     * Joins texts; another name of {@link #listagg(String)}.
     *
     * @param delimiter put between them; not empty.
     * @return the function.
     * @throws IllegalArgumentException if the delimiter is empty.
     */
    public static AggFunction stringAgg(final String delimiter) {
        return new AggFunction("string_agg", delimiterParameter(delimiter));
    }

    /**
     * True if all values are.
     *
     * @return the function.
     */
    public static AggFunction boolAnd() {
        return new AggFunction("bool_and", Map.of());
    }

    /**
     * True if one value is.
     *
     * @return the function.
     */
    public static AggFunction boolOr() {
        return new AggFunction("bool_or", Map.of());
    }

    /**
     * Unites roaring bitmaps of 32-bit numbers.
     *
     * @return the function.
     */
    public static AggFunction rbm32() {
        return new AggFunction("rbm32", Map.of());
    }

    /**
     * Unites roaring bitmaps of 64-bit numbers.
     *
     * @return the function.
     */
    public static AggFunction rbm64() {
        return new AggFunction("rbm64", Map.of());
    }

    private static Map<String, String> delimiterParameter(final String delimiter) {
        if (delimiter.isEmpty()) {
            throw new IllegalArgumentException("The delimiter between aggregated texts must not be empty");
        }
        return Map.of(DELIMITER, delimiter);
    }

    /**
     * The name of the function.
     *
     * @return for example {@code last_value}.
     */
    public String type() {
        return type;
    }

    /**
     * What the function is told beyond its name.
     *
     * @return unmodifiable, mostly empty.
     */
    public Map<String, String> parameters() {
        return parameters;
    }

    @Override
    public boolean equals(final @Nullable Object other) {
        return other instanceof AggFunction that && type.equals(that.type) && parameters.equals(that.parameters);
    }

    @Override
    public int hashCode() {
        return 31 * type.hashCode() + parameters.hashCode();
    }

    @Override
    public String toString() {
        return parameters.isEmpty() ? type : type + parameters;
    }
}
