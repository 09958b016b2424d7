package dev.millrace.interop;

import dev.millrace.types.ArrayType;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Turns random rows in their neutral form into such as a format or the official client leaves as they are. */
public final class PlainRows {
    private PlainRows() {}

    /**
     * Maps in one order and with one entry of each key: the official scanner copies maps into hash maps, which keep
     * neither.
     */
    public static List<@Nullable Object> ordered(final RowType type, final List<@Nullable Object> row) {
        return ordered(type, row, (scalar, value) -> value);
    }

    /** The same, with each scalar that is not null turned into another. */
    public static List<@Nullable Object> ordered(
            final RowType type, final List<@Nullable Object> row, final BiFunction<DataType, Object, Object> scalars) {
        final List<@Nullable Object> made = new ArrayList<>();
        for (int column = 0; column < row.size(); column++) {
            made.add(value(type.typeAt(column), row.get(column), scalars));
        }
        return made;
    }

    @SuppressWarnings("unchecked") // the neutral form of rows, arrays and maps is a list
    private static @Nullable Object value(
            final DataType type, final @Nullable Object value, final BiFunction<DataType, Object, Object> scalars) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case RowType t -> ordered(t, (List<@Nullable Object>) value, scalars);
            case ArrayType t -> {
                final List<@Nullable Object> made = new ArrayList<>();
                ((List<@Nullable Object>) value).forEach(element -> made.add(value(t.elementType(), element, scalars)));
                yield made;
            }
            case MapType t -> {
                final Map<String, Object> made = new TreeMap<>(Comparator.naturalOrder());
                ((List<List<@Nullable Object>>) value).forEach(entry -> {
                    final List<@Nullable Object> pair = new ArrayList<>();
                    pair.add(value(t.keyType(), entry.get(0), scalars));
                    pair.add(value(t.valueType(), entry.get(1), scalars));
                    made.put(String.valueOf(pair.get(0)), pair);
                });
                yield new ArrayList<>(made.values());
            }
            default -> scalars.apply(type, value);
        };
    }
}
