package dev.millrace.internal.codec;

import dev.millrace.types.ArrayType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataField;
import dev.millrace.types.DataType;
import dev.millrace.types.MapType;
import dev.millrace.types.RowType;
import dev.millrace.types.StringType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Narrows the values of {@link RowCases} to what an Arrow batch of the official client keeps unchanged. */
final class ArrowCodecCases {
    private static final long LAST_MILLIS_IN_NANOS = Long.MAX_VALUE / 1_000_000 - 1;

    private ArrowCodecCases() {}

    static List<@Nullable Object> narrowed(final RowType type, final List<@Nullable Object> values) {
        final List<@Nullable Object> narrowed = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            narrowed.add(narrowed(type.typeAt(i), values.get(i)));
        }
        return narrowed;
    }

    @SuppressWarnings("unchecked")
    private static @Nullable Object narrowed(final DataType type, final @Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case BinaryType t -> (String) value + "00".repeat(t.length() - ((String) value).length() / 2);
            case TimeType t -> t.precision() == 0 ? (Integer) value / 1000 * 1000 : value;
            case TimestampType t -> narrowed((RowCases.Millis) value, t.precision());
            case TimestampLtzType t -> narrowed((RowCases.Millis) value, t.precision());
            case ArrayType t -> all(t.elementType(), (List<@Nullable Object>) value);
            case MapType t -> {
                final List<Object> entries = new ArrayList<>();
                for (final Object entry : (List<Object>) value) {
                    final List<@Nullable Object> pair = (List<@Nullable Object>) entry;
                    final List<@Nullable Object> narrow = new ArrayList<>();
                    narrow.add(narrowed(t.keyType(), pair.get(0)));
                    narrow.add(narrowed(t.valueType(), pair.get(1)));
                    entries.add(narrow);
                }
                yield entries;
            }
            case RowType t -> narrowed(t, (List<@Nullable Object>) value);
            default -> value;
        };
    }

    private static List<@Nullable Object> all(final DataType element, final List<@Nullable Object> values) {
        final List<@Nullable Object> narrowed = new ArrayList<>();
        values.forEach(value -> narrowed.add(narrowed(element, value)));
        return narrowed;
    }

    /** To the unit of the column; and the official decoder takes no fractions before 1970. */
    private static RowCases.Millis narrowed(final RowCases.Millis value, final int precision) {
        if (precision == 0) {
            return new RowCases.Millis(value.millis() / 1000 * 1000, 0);
        }
        if (precision <= 3) {
            return new RowCases.Millis(value.millis(), 0);
        }
        final long limit = precision <= 6 ? Long.MAX_VALUE / 2000 : LAST_MILLIS_IN_NANOS;
        final long millis = Math.max(-limit, Math.min(limit, value.millis()));
        final int nanos = precision <= 6 ? value.nanos() / 1000 * 1000 : value.nanos();
        return new RowCases.Millis(millis, millis < 0 ? 0 : nanos);
    }

    /**
     * The type by which the official decoder's rows are read: STRING for CHAR, since its arrays take the declared length
     * of CHAR for that of the value.
     */
    static RowType readable(final RowType type) {
        return new RowType(
                type.isNullable(),
                type.fields().stream()
                        .map(field -> new DataField(field.name(), readable(field.dataType())))
                        .toList());
    }

    private static DataType readable(final DataType type) {
        return switch (type) {
            case CharType t -> new StringType(t.isNullable());
            case ArrayType t -> new ArrayType(t.isNullable(), readable(t.elementType()));
            case MapType t -> new MapType(t.isNullable(), readable(t.keyType()), readable(t.valueType()));
            case RowType t -> readable(t);
            default -> type;
        };
    }
}
