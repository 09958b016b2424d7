package dev.millrace.internal.codec;

import dev.millrace.types.ArrayType;
import dev.millrace.types.BigIntType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.BooleanType;
import dev.millrace.types.BytesType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataField;
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
import java.util.List;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.types.DateUnit;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.TimeUnit;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/** The Arrow schema in which applications get columns; the mapping from data types is Fluss's own. Stateless. */
public final class ArrowSchema {
    private static final int DECIMAL_BITS = 128;
    private static final String UTC = "UTC";

    private ArrowSchema() {}

    /** The schema of columns: their names, types and whether they may be null. TIMESTAMP_LTZ has the time zone UTC. */
    public static Schema of(final RowType rowType) {
        return new Schema(rowType.fields().stream()
                .map(field -> field(field.name(), field.dataType()))
                .toList());
    }

    private static Field field(final String name, final DataType type) {
        final List<Field> children = switch (type) {
            case ArrayType array -> List.of(field("element", array.elementType()));
            case MapType map -> List.of(entries(map));
            case RowType row ->
                row.fields().stream()
                        .map(child -> field(child.name(), child.dataType()))
                        .toList();
            default -> List.of();
        };
        return new Field(name, new FieldType(type.isNullable(), arrowType(type), null), children);
    }

    private static Field entries(final MapType map) {
        return field(
                MapVector.DATA_VECTOR_NAME,
                new RowType(
                        false,
                        List.of(
                                new DataField(MapVector.KEY_NAME, map.keyType().copy(false)),
                                new DataField(MapVector.VALUE_NAME, map.valueType()))));
    }

    private static ArrowType arrowType(final DataType type) {
        return switch (type) {
            case BooleanType t -> ArrowType.Bool.INSTANCE;
            case TinyIntType t -> new ArrowType.Int(Byte.SIZE, true);
            case SmallIntType t -> new ArrowType.Int(Short.SIZE, true);
            case IntType t -> new ArrowType.Int(Integer.SIZE, true);
            case BigIntType t -> new ArrowType.Int(Long.SIZE, true);
            case FloatType t -> new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE);
            case DoubleType t -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case CharType t -> ArrowType.Utf8.INSTANCE;
            case StringType t -> ArrowType.Utf8.INSTANCE;
            case BinaryType t -> new ArrowType.FixedSizeBinary(t.length());
            case BytesType t -> ArrowType.Binary.INSTANCE;
            case DecimalType t -> new ArrowType.Decimal(t.precision(), t.scale(), DECIMAL_BITS);
            case DateType t -> new ArrowType.Date(DateUnit.DAY);
            case TimeType t -> time(unit(t.precision()));
            case TimestampType t -> new ArrowType.Timestamp(unit(t.precision()), null);
            case TimestampLtzType t -> new ArrowType.Timestamp(unit(t.precision()), UTC);
            case ArrayType t -> ArrowType.List.INSTANCE;
            case MapType t -> new ArrowType.Map(false);
            case RowType t -> ArrowType.Struct.INSTANCE;
        };
    }

    private static ArrowType time(final TimeUnit unit) {
        final boolean isShort = unit == TimeUnit.SECOND || unit == TimeUnit.MILLISECOND;
        return new ArrowType.Time(unit, isShort ? Integer.SIZE : Long.SIZE);
    }

    private static TimeUnit unit(final int precision) {
        if (precision == 0) {
            return TimeUnit.SECOND;
        }
        return precision <= 3 ? TimeUnit.MILLISECOND : precision <= 6 ? TimeUnit.MICROSECOND : TimeUnit.NANOSECOND;
    }
}
