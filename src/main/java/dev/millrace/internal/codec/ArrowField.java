package dev.millrace.internal.codec;

import dev.millrace.types.ArrayType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import java.util.ArrayList;
import java.util.List;

/** A column of an Arrow batch that is written, or a child of one. Immutable. */
final class ArrowField {
    /** Of a field that has as many values as the batch has rows. */
    static final int ROWS = -1;

    /** The kinds of values that are put without much ado; {@link #OTHER} are the rest, {@link #NESTED} have children. */
    static final byte NESTED = 0;

    static final byte OTHER = 1;
    static final byte BOOLEAN = 2;
    static final byte BYTE = 3;
    static final byte SHORT = 4;
    static final byte INT = 5;
    static final byte LONG = 6;
    static final byte FLOAT = 7;
    static final byte DOUBLE = 8;
    static final byte DATE = 9;

    /** Of timestamps. */
    static final byte MILLIS = 10;

    /** Not CHAR, whose characters are counted. */
    static final byte STRING = 11;

    final String name;
    final ValueType type;
    final ArrowKind kind;
    final boolean notNull;

    /** The kind as a number for a switch. */
    final byte code;

    /** Bytes a value; 0 where that depends on the value. */
    final int width;

    /** The place among all fields, children behind their parent: the order of nodes and buffers on the wire. */
    final int node;

    /**
     * The field whose values count this field's: itself if it is the child of an array or map, its parent's if it is a
     * field of a row; {@link #ROWS} at the top.
     */
    final int counter;

    /** Whether the room that its values take cannot be known from their number. */
    final boolean isSized;

    /** Of ARRAY the elements, of MAP the entries, of ROW the fields. */
    final ArrowField[] children;

    private ArrowField(
            final String name,
            final DataType type,
            final boolean counted,
            final int counter,
            final List<ArrowField> all) {
        this.name = name;
        this.type = new ValueType(type);
        this.kind = ArrowKind.of(type);
        this.code = codeOf(kind, type);
        this.notNull = !type.isNullable();
        this.width = type instanceof BinaryType binary ? binary.length() : kind.width();
        this.node = all.size();
        this.counter = counted ? node : counter;
        all.add(this);
        this.children = childrenOf(type, all);
        this.isSized = kind.isVariable() || kind.hasElements() || anySized(children);
    }

    private static byte codeOf(final ArrowKind kind, final DataType type) {
        return switch (kind) {
            case BOOLEAN -> BOOLEAN;
            case INT8 -> BYTE;
            case INT16 -> SHORT;
            case INT32 -> INT;
            case INT64 -> LONG;
            case FLOAT32 -> FLOAT;
            case FLOAT64 -> DOUBLE;
            case DATE -> DATE;
            case TIMESTAMP_MILLI -> MILLIS;
            case UTF8 -> type instanceof CharType ? OTHER : STRING;
            case LIST, MAP, STRUCT -> NESTED;
            default -> OTHER;
        };
    }

    /** The columns of a table; all fields, in their order on the wire, go to {@code all}. */
    static ArrowField[] columnsOf(final RowType rowType, final List<ArrowField> all) {
        return fieldsOf(rowType, ROWS, all);
    }

    private ArrowField[] childrenOf(final DataType type, final List<ArrowField> all) {
        return switch (type) {
            case ArrayType t -> new ArrowField[] {new ArrowField("element", t.elementType(), true, 0, all)};
            case MapType t -> new ArrowField[] {new ArrowField("entries", entryOf(t), true, 0, all)};
            case RowType t -> fieldsOf(t, counter, all);
            default -> new ArrowField[0];
        };
    }

    private static RowType entryOf(final MapType map) {
        return new RowType(
                false,
                List.of(new DataField("key", map.keyType().copy(false)), new DataField("value", map.valueType())));
    }

    private static ArrowField[] fieldsOf(final RowType rowType, final int counter, final List<ArrowField> all) {
        final List<ArrowField> fields = new ArrayList<>();
        for (final DataField field : rowType.fields()) {
            fields.add(new ArrowField(field.name(), field.dataType(), false, counter, all));
        }
        return fields.toArray(new ArrowField[0]);
    }

    private static boolean anySized(final ArrowField[] fields) {
        for (final ArrowField field : fields) {
            if (field.isSized) {
                return true;
            }
        }
        return false;
    }
}
