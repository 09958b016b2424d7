package dev.millrace.metadata;

import dev.millrace.types.ArrayType;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What holds for primary, bucket and partition keys alike. */
final class SchemaRules {
    private SchemaRules() {}

    static void checkKey(final String kind, final List<String> keyNames, final Schema schema) {
        final Set<String> seen = new HashSet<>();
        for (final String name : keyNames) {
            final int index = schema.rowType().indexOf(name);
            if (index < 0) {
                throw new IllegalArgumentException(
                        kind + " column '" + name + "' is not among the columns " + schema.columnNames());
            }
            if (!seen.add(name)) {
                throw new IllegalArgumentException(kind + " has the column '" + name + "' twice");
            }
            final DataType dataType = schema.rowType().typeAt(index);
            if (dataType instanceof ArrayType || dataType instanceof MapType || dataType instanceof RowType) {
                throw new IllegalArgumentException(kind + " column '" + name + "' cannot be of type " + dataType
                        + ": ARRAY, MAP and ROW are no keys");
            }
        }
    }
}
