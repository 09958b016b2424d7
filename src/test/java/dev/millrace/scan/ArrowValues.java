package dev.millrace.scan;

import dev.millrace.types.BinaryType;
import dev.millrace.types.BytesType;
import dev.millrace.types.DataType;
import dev.millrace.types.DateType;
import dev.millrace.types.RowType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.arrow.vector.BaseFixedWidthVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.jspecify.annotations.Nullable;

/** Reads Arrow vectors into the plain values of {@link dev.millrace.interop.ScalarRows}. */
final class ArrowValues {
    private ArrowValues() {}

    static List<List<@Nullable Object>> rows(final VectorSchemaRoot root, final RowType type) {
        final List<List<@Nullable Object>> rows = new ArrayList<>();
        for (int i = 0; i < root.getRowCount(); i++) {
            final List<@Nullable Object> row = new ArrayList<>();
            for (int column = 0; column < type.fieldCount(); column++) {
                final FieldVector vector = root.getVector(column);
                row.add(vector.isNull(i) ? null : value(vector, i, type.typeAt(column)));
            }
            rows.add(row);
        }
        return rows;
    }

    private static Object value(final FieldVector vector, final int row, final DataType type) {
        return switch (type) {
            case BinaryType t -> HexFormat.of().formatHex((byte[]) vector.getObject(row));
            case BytesType t -> HexFormat.of().formatHex((byte[]) vector.getObject(row));
            case DateType t -> LocalDate.ofEpochDay(number(vector, row));
            case TimeType t -> LocalTime.ofNanoOfDay(nanos(vector, row));
            case TimestampType t -> LocalDateTime.ofInstant(instant(vector, row), ZoneOffset.UTC);
            case TimestampLtzType t -> instant(vector, row);
            default -> {
                final Object object = vector.getObject(row);
                yield object instanceof org.apache.arrow.vector.util.Text text ? text.toString() : object;
            }
        };
    }

    private static long number(final FieldVector vector, final int row) {
        return ((BaseFixedWidthVector) vector).getTypeWidth() == Integer.BYTES
                ? vector.getDataBuffer().getInt((long) row * Integer.BYTES)
                : vector.getDataBuffer().getLong((long) row * Long.BYTES);
    }

    private static long nanos(final FieldVector vector, final int row) {
        return unit(((ArrowType.Time) vector.getField().getType()).getUnit()).toNanos(number(vector, row));
    }

    private static Instant instant(final FieldVector vector, final int row) {
        final long perSecond = unit(((ArrowType.Timestamp) vector.getField().getType()).getUnit())
                .convert(1, TimeUnit.SECONDS);
        final long value = number(vector, row);
        return Instant.ofEpochSecond(
                Math.floorDiv(value, perSecond),
                Math.floorMod(value, perSecond) * (TimeUnit.SECONDS.toNanos(1) / perSecond));
    }

    private static TimeUnit unit(final org.apache.arrow.vector.types.TimeUnit unit) {
        return switch (unit) {
            case SECOND -> TimeUnit.SECONDS;
            case MILLISECOND -> TimeUnit.MILLISECONDS;
            case MICROSECOND -> TimeUnit.MICROSECONDS;
            case NANOSECOND -> TimeUnit.NANOSECONDS;
        };
    }
}
