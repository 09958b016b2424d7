package dev.millrace.metadata;

import dev.millrace.types.ArrayType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import java.util.stream.IntStream;

/** Knows which parts of a type carry a field id: the fields of nested rows, in arrays and maps too. */
final class FieldIds {
    /** What a field has that came without an id. */
    static final int NO_ID = -1;

    private FieldIds() {}

    static int countNested(final DataType dataType) {
        return switch (dataType) {
            case RowType row -> {
                int count = row.fieldCount();
                for (final DataField field : row.fields()) {
                    count += countNested(field.dataType());
                }
                yield count;
            }
            case ArrayType array -> countNested(array.elementType());
            case MapType map -> countNested(map.keyType()) + countNested(map.valueType());
            default -> 0;
        };
    }

    /** The id of the column and of all fields within it. */
    static IntStream of(final Schema.Column column) {
        return IntStream.concat(
                IntStream.of(column.id()), column.nestedFieldIds().stream().mapToInt(Integer::intValue));
    }
}
