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

/** How the values of a column lie in an Arrow buffer; the mapping from data types is Fluss's own. */
public enum ArrowKind {
    /** One bit a value. */
    BOOLEAN(0),
    INT8(1),
    INT16(2),
    INT32(4),
    INT64(8),
    FLOAT32(4),
    FLOAT64(8),
    /** 32-bit offsets, then UTF-8. */
    UTF8(0),
    /** 32-bit offsets, then bytes. */
    BINARY(0),
    /** As many bytes a value as the type says. */
    FIXED_BINARY(0),
    /** 16 bytes, two's complement. */
    DECIMAL128(16),
    /** Days since the epoch. */
    DATE(4),
    TIME_SECOND(4),
    TIME_MILLI(4),
    TIME_MICRO(8),
    TIME_NANO(8),
    TIMESTAMP_SECOND(8),
    TIMESTAMP_MILLI(8),
    TIMESTAMP_MICRO(8),
    TIMESTAMP_NANO(8),
    /** 32-bit offsets into one child. */
    LIST(0),
    /** 32-bit offsets into one child, a struct of key and value. */
    MAP(0),
    /** No buffer but validity; one child a field. */
    STRUCT(0);

    private final int width;

    ArrowKind(final int width) {
        this.width = width;
    }

    /** Bytes a value; 0 where the kind alone does not say. */
    public int width() {
        return width;
    }

    /** Whether 32-bit offsets and a data buffer hold the values. */
    public boolean isVariable() {
        return this == UTF8 || this == BINARY;
    }

    /** Whether the values lie in child columns. */
    public boolean isNested() {
        return this == LIST || this == MAP || this == STRUCT;
    }

    /** Whether 32-bit offsets tell how many values of a child column belong to one of its own. */
    boolean hasElements() {
        return this == LIST || this == MAP;
    }

    /** The buffers of one column of this kind, its children's apart: validity, offsets, data as far as it has them. */
    public int bufferCount() {
        return switch (this) {
            case STRUCT -> 1;
            case UTF8, BINARY -> 3;
            default -> 2;
        };
    }

    /** The kind that holds the values of a data type. */
    public static ArrowKind of(final DataType type) {
        return switch (type) {
            case BooleanType t -> BOOLEAN;
            case TinyIntType t -> INT8;
            case SmallIntType t -> INT16;
            case IntType t -> INT32;
            case BigIntType t -> INT64;
            case FloatType t -> FLOAT32;
            case DoubleType t -> FLOAT64;
            case CharType t -> UTF8;
            case StringType t -> UTF8;
            case BinaryType t -> FIXED_BINARY;
            case BytesType t -> BINARY;
            case DecimalType t -> DECIMAL128;
            case DateType t -> DATE;
            case TimeType t -> byPrecision(t.precision(), TIME_SECOND, TIME_MILLI, TIME_MICRO, TIME_NANO);
            case TimestampType t -> timestamp(t.precision());
            case TimestampLtzType t -> timestamp(t.precision());
            case ArrayType t -> LIST;
            case MapType t -> MAP;
            case RowType t -> STRUCT;
        };
    }

    private static ArrowKind timestamp(final int precision) {
        return byPrecision(precision, TIMESTAMP_SECOND, TIMESTAMP_MILLI, TIMESTAMP_MICRO, TIMESTAMP_NANO);
    }

    private static ArrowKind byPrecision(
            final int precision,
            final ArrowKind second,
            final ArrowKind milli,
            final ArrowKind micro,
            final ArrowKind nano) {
        if (precision == 0) {
            return second;
        }
        return precision <= 3 ? milli : precision <= 6 ? micro : nano;
    }
}
