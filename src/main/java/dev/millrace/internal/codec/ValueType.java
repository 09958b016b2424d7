package dev.millrace.internal.codec;

import dev.millrace.types.ArrayType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataType;
import dev.millrace.types.DecimalType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import org.jspecify.annotations.Nullable;

/** A data type taken apart once, so that neither writing nor reading a value asks it anything. Immutable. */
final class ValueType {
    final DataType type;
    final byte kind;
    final boolean notNull;

    /** Of CHAR in characters, of BINARY in bytes; otherwise 0. */
    final int length;

    final int precision;
    final int scale;

    /** Of an ARRAY the elements, of a MAP the values. */
    final @Nullable ValueType element;

    /** Of a MAP. */
    final @Nullable ValueType key;

    /** Of a ROW. */
    final @Nullable RowFields fields;

    ValueType(final DataType type) {
        this(type, ValueKind.of(type), !type.isNullable());
    }

    private ValueType(final DataType type, final byte kind, final boolean notNull) {
        this.type = type;
        this.kind = kind;
        this.notNull = notNull;
        this.length = type instanceof CharType t ? t.length() : type instanceof BinaryType t ? t.length() : 0;
        this.precision = precisionOf(type);
        this.scale = type instanceof DecimalType t ? t.scale() : 0;
        this.element = type instanceof ArrayType t
                ? new ValueType(t.elementType())
                : type instanceof MapType t ? new ValueType(t.valueType()) : null;
        this.key = type instanceof MapType t ? new ValueType(t.keyType()) : null;
        this.fields = type instanceof RowType t ? new RowFields(t) : null;
    }

    /** The same type for a column that is always written as null. */
    ValueType absent() {
        return new ValueType(type, ValueKind.ABSENT, false);
    }

    private static int precisionOf(final DataType type) {
        return switch (type) {
            case DecimalType t -> t.precision();
            case TimestampType t -> t.precision();
            case TimestampLtzType t -> t.precision();
            default -> 0;
        };
    }

    /** The bytes of a slot in an array; 8 also where they point to what does not fit. */
    int slotLength() {
        return switch (kind) {
            case ValueKind.BOOLEAN, ValueKind.BYTE -> Byte.BYTES;
            case ValueKind.SHORT -> Short.BYTES;
            case ValueKind.INT, ValueKind.DATE, ValueKind.TIME, ValueKind.FLOAT -> Integer.BYTES;
            default -> Long.BYTES;
        };
    }

    /** Whether the length of the bytes depends on the value. */
    boolean isVariable() {
        return kind >= ValueKind.CHAR;
    }

    @Override
    public String toString() {
        return type.asSummaryString();
    }
}
