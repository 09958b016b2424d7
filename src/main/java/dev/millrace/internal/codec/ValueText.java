package dev.millrace.internal.codec;

import dev.millrace.row.InternalArray;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TypedValues;
import dev.millrace.types.TimestampLtzType;
import java.util.HexFormat;

/** What rows, arrays and maps print as: the same as the generic ones that hold the same values. For people and logs. */
final class ValueText {
    private static final HexFormat HEX = HexFormat.of();

    private ValueText() {}

    static String ofRow(final InternalRow row, final RowFields fields) {
        final StringBuilder text = new StringBuilder("(");
        for (int field = 0; field < fields.count; field++) {
            text.append(field == 0 ? "" : ", ").append(of(row, field, fields.types[field]));
        }
        return text.append(')').toString();
    }

    static String ofArray(final InternalArray array, final ValueType element) {
        final StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < array.size(); i++) {
            text.append(i == 0 ? "" : ", ").append(of(array, i, element));
        }
        return text.append(']').toString();
    }

    static String ofMap(final InternalMap map, final ValueType type) {
        final StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < map.size(); i++) {
            text.append(i == 0 ? "" : ", ")
                    .append(of(map.keys(), i, NestedEncoder.keyOf(type)))
                    .append('=')
                    .append(of(map.values(), i, NestedEncoder.elementOf(type)));
        }
        return text.append('}').toString();
    }

    private static String of(final TypedValues values, final int pos, final ValueType type) {
        if (values.isNullAt(pos)) {
            return "null";
        }
        return switch (type.kind) {
            case ValueKind.BOOLEAN -> String.valueOf(values.getBoolean(pos));
            case ValueKind.BYTE -> String.valueOf(values.getByte(pos));
            case ValueKind.SHORT -> String.valueOf(values.getShort(pos));
            case ValueKind.INT -> String.valueOf(values.getInt(pos));
            case ValueKind.LONG -> String.valueOf(values.getLong(pos));
            case ValueKind.FLOAT -> String.valueOf(values.getFloat(pos));
            case ValueKind.DOUBLE -> String.valueOf(values.getDouble(pos));
            case ValueKind.DATE -> String.valueOf(values.getDate(pos));
            case ValueKind.TIME -> String.valueOf(values.getTime(pos));
            case ValueKind.COMPACT_TIMESTAMP, ValueKind.TIMESTAMP ->
                type.type instanceof TimestampLtzType
                        ? values.getTimestampLtz(pos, type.precision).toString()
                        : values.getTimestampNtz(pos, type.precision).toString();
            case ValueKind.COMPACT_DECIMAL, ValueKind.DECIMAL ->
                values.getDecimal(pos, type.precision, type.scale).toString();
            case ValueKind.CHAR, ValueKind.STRING -> values.getString(pos);
            case ValueKind.BINARY, ValueKind.BYTES -> "0x" + HEX.formatHex(values.getBytes(pos));
            case ValueKind.ARRAY -> values.getArray(pos).toString();
            case ValueKind.MAP -> values.getMap(pos).toString();
            default -> values.getRow(pos, NestedEncoder.fieldsOf(type).count).toString();
        };
    }
}
