package dev.millrace.internal.codec;

import dev.millrace.types.ArrayType;
import dev.millrace.types.BigIntType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.BooleanType;
import dev.millrace.types.BytesType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataType;
import dev.millrace.types.DateType;
import dev.millrace.types.DecimalType;
import dev.millrace.types.DoubleType;
import dev.millrace.types.FloatType;
import dev.millrace.types.IntType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import dev.millrace.types.SmallIntType;
import dev.millrace.types.StringType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import dev.millrace.types.TinyIntType;

/**
 * How a value lies in the row formats: the data types, told apart only where the bytes differ. Plain numbers, so that
 * encoders keep them in arrays and switch over them without a detour.
 */
final class ValueKind {
    /** No value; never the kind of a type. */
    static final byte NULL = 0;

    /** A column that is not written whatever the row holds; never the kind of a type. */
    static final byte ABSENT = 1;

    static final byte BOOLEAN = 2;
    static final byte BYTE = 3;
    static final byte SHORT = 4;
    static final byte INT = 5;
    static final byte DATE = 6;
    static final byte TIME = 7;
    static final byte LONG = 8;
    static final byte FLOAT = 9;
    static final byte DOUBLE = 10;

    /** An unscaled value of at most 18 digits. */
    static final byte COMPACT_DECIMAL = 11;

    /** Milliseconds; either timestamp type. */
    static final byte COMPACT_TIMESTAMP = 12;

    /** Milliseconds, and nanoseconds of the millisecond; either timestamp type. */
    static final byte TIMESTAMP = 13;

    static final byte CHAR = 14;
    static final byte STRING = 15;
    static final byte BINARY = 16;
    static final byte BYTES = 17;
    static final byte DECIMAL = 18;
    static final byte ARRAY = 19;
    static final byte MAP = 20;
    static final byte ROW = 21;

    private ValueKind() {}

    static byte of(final DataType type) {
        return switch (type) {
            case BooleanType t -> BOOLEAN;
            case TinyIntType t -> BYTE;
            case SmallIntType t -> SHORT;
            case IntType t -> INT;
            case BigIntType t -> LONG;
            case FloatType t -> FLOAT;
            case DoubleType t -> DOUBLE;
            case CharType t -> CHAR;
            case StringType t -> STRING;
            case BinaryType t -> BINARY;
            case BytesType t -> BYTES;
            case DecimalType t -> t.isCompact() ? COMPACT_DECIMAL : DECIMAL;
            case DateType t -> DATE;
            case TimeType t -> TIME;
            case TimestampType t -> t.isCompact() ? COMPACT_TIMESTAMP : TIMESTAMP;
            case TimestampLtzType t -> t.isCompact() ? COMPACT_TIMESTAMP : TIMESTAMP;
            case ArrayType t -> ARRAY;
            case MapType t -> MAP;
            case RowType t -> ROW;
        };
    }

    /** Whether the values are UTF-8. */
    static boolean isText(final byte kind) {
        return kind == CHAR || kind == STRING;
    }

    /** Whether the values are plain bytes. */
    static boolean isBytes(final byte kind) {
        return kind == BINARY || kind == BYTES;
    }

    static boolean isTimestamp(final byte kind) {
        return kind == COMPACT_TIMESTAMP || kind == TIMESTAMP;
    }
}
