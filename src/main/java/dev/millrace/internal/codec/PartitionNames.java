package dev.millrace.internal.codec;

import dev.millrace.error.RowConversionException;
import dev.millrace.metadata.PartitionSpec;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TimestampNtz;
import dev.millrace.types.BigIntType;
import dev.millrace.types.BinaryType;
import dev.millrace.types.BooleanType;
import dev.millrace.types.BytesType;
import dev.millrace.types.CharType;
import dev.millrace.types.DataType;
import dev.millrace.types.DateType;
import dev.millrace.types.DoubleType;
import dev.millrace.types.FloatType;
import dev.millrace.types.IntType;
import dev.millrace.types.RowType;
import dev.millrace.types.SmallIntType;
import dev.millrace.types.StringType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import dev.millrace.types.TinyIntType;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The names of a table's partitions: the values of the partition columns as text, joined by dollar signs. Made once for
 * each partition, not for each row: who writes many rows remembers the partition under the bytes of the compacted key of
 * these columns. Immutable.
 */
public final class PartitionNames {
    private static final String SEPARATOR = "$";
    private static final HexFormat HEX = HexFormat.of();
    private static final DateTimeFormatter TIMESTAMP = new DateTimeFormatterBuilder()
            .appendPattern("yyyy-MM-dd-HH-mm-ss_")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, false)
            .toFormatter(Locale.ROOT);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH-mm-ss_SSS", Locale.ROOT);
    private static final int MILLIS_PER_SECOND = 1_000;
    private static final int NANOS_PER_MILLI = 1_000_000;

    private final RowFields fields;
    private final String[] names;
    private final int[] columns;

    /**
     * The names of the partitions of a table.
     *
     * @param rows what the rows look like; they have the partition columns.
     * @param partitionColumns in the order of the partition key.
     * @throws IllegalArgumentException there is no such column.
     * @throws UnsupportedOperationException a column's type cannot be part of a partition key.
     */
    public PartitionNames(final RowType rows, final List<String> partitionColumns) {
        this.fields = new RowFields(rows);
        this.names = partitionColumns.toArray(String[]::new);
        this.columns = new int[names.length];
        for (int i = 0; i < names.length; i++) {
            columns[i] = rows.indexOf(names[i]);
            if (columns[i] < 0) {
                throw new IllegalArgumentException("There is no partition column '" + names[i] + "' in " + rows);
            }
            final byte kind = fields.types[columns[i]].kind;
            if (kind == ValueKind.COMPACT_DECIMAL || kind >= ValueKind.DECIMAL) {
                throw new UnsupportedOperationException(
                        fields.describe(columns[i]) + " cannot be part of a partition key");
            }
        }
    }

    /**
     * The partition of a row.
     *
     * @return its values in the order of the partition key.
     * @throws RowConversionException a value is null or does not fit its column.
     */
    public PartitionSpec specOf(final InternalRow row) {
        final Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < columns.length; i++) {
            values.put(names[i], text(row, columns[i]));
        }
        return PartitionSpec.of(values);
    }

    /**
     * The name of the partition of a row.
     *
     * @throws RowConversionException a value is null or does not fit its column.
     */
    public String nameOf(final InternalRow row) {
        return String.join(SEPARATOR, specOf(row).getSpecMap().values());
    }

    private String text(final InternalRow row, final int column) {
        try {
            if (row.isNullAt(column)) {
                throw new Misfit("null in a partition key");
            }
            return text(row, column, fields.types[column]);
        } catch (Misfit e) {
            throw new RowConversionException(fields.describe(column) + " cannot hold " + e.getMessage());
        } catch (RuntimeException e) {
            throw new RowConversionException(fields.describe(column) + ": " + e.getMessage(), e);
        }
    }

    private static String text(final InternalRow row, final int column, final ValueType type) {
        return switch (type.kind) {
            case ValueKind.CHAR, ValueKind.STRING -> row.getString(column);
            case ValueKind.BOOLEAN -> String.valueOf(row.getBoolean(column));
            case ValueKind.BINARY, ValueKind.BYTES -> HEX.formatHex(row.getBytes(column));
            case ValueKind.BYTE -> String.valueOf(row.getByte(column));
            case ValueKind.SHORT -> String.valueOf(row.getShort(column));
            case ValueKind.INT -> String.valueOf(row.getInt(column));
            case ValueKind.LONG -> String.valueOf(row.getLong(column));
            case ValueKind.FLOAT -> text(row.getFloat(column));
            case ValueKind.DOUBLE -> text(row.getDouble(column));
            case ValueKind.DATE -> dateText(row.getEpochDay(column));
            case ValueKind.TIME -> timeText(CheckedValues.millisOfDay(row, column));
            default ->
                timestampText(
                        row.getEpochMillis(column, type.precision), CheckedValues.nanoOfMillis(row, column, type));
        };
    }

    private static String text(final float value) {
        return Float.isFinite(value) ? Float.toString(value).replace('.', '_') : text((double) value);
    }

    private static String text(final double value) {
        if (Double.isFinite(value)) {
            return Double.toString(value).replace('.', '_');
        }
        return Double.isNaN(value) ? "NaN" : value > 0 ? "Inf" : "-Inf";
    }

    private static String dateText(final int epochDay) {
        final LocalDate date = LocalDate.ofEpochDay(epochDay);
        return String.format(Locale.ROOT, "%04d-%02d-%02d", date.getYear(), date.getMonthValue(), date.getDayOfMonth());
    }

    private static String timeText(final int millis) {
        final LocalTime time = LocalTime.ofNanoOfDay((long) millis * NANOS_PER_MILLI);
        return String.format(
                Locale.ROOT,
                "%02d-%02d-%02d_%03d",
                time.getHour(),
                time.getMinute(),
                time.getSecond(),
                millis % MILLIS_PER_SECOND);
    }

    private static String timestampText(final long millis, final int nanoOfMillis) {
        return new TimestampNtz(millis, nanoOfMillis).toLocalDateTime().format(TIMESTAMP);
    }

    /**
     * The value that a text stands for in a partition name.
     *
     * @param type of the partition column.
     * @return what {@link dev.millrace.row.GenericRow#setField} takes for such a column.
     * @throws IllegalArgumentException the text is no value of the type.
     * @throws UnsupportedOperationException the type cannot be part of a partition key.
     */
    public static Object valueOf(final String text, final DataType type) {
        try {
            return switch (type) {
                case CharType t -> text;
                case StringType t -> text;
                case BooleanType t -> booleanOf(text);
                case BinaryType t -> HEX.parseHex(text);
                case BytesType t -> HEX.parseHex(text);
                case TinyIntType t -> Byte.valueOf(text);
                case SmallIntType t -> Short.valueOf(text);
                case IntType t -> Integer.valueOf(text);
                case BigIntType t -> Long.valueOf(text);
                case FloatType t -> (float) floatingOf(text, Float.parseFloat(numeral(text)));
                case DoubleType t -> floatingOf(text, Double.parseDouble(numeral(text)));
                case DateType t -> LocalDate.parse(text);
                case TimeType t -> LocalTime.parse(text, TIME);
                case TimestampType t -> LocalDateTime.parse(text, TIMESTAMP);
                case TimestampLtzType t -> LocalDateTime.parse(text, TIMESTAMP).toInstant(ZoneOffset.UTC);
                default -> throw new UnsupportedOperationException(type + " cannot be part of a partition key");
            };
        } catch (DateTimeException | NumberFormatException e) {
            throw new IllegalArgumentException("'" + text + "' is no partition value of type " + type, e);
        }
    }

    private static boolean booleanOf(final String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("'" + text + "' is no partition value of type BOOLEAN");
        }
        return text.equals("true");
    }

    /** What Java can parse; infinity, which it spells otherwise, becomes any number. */
    private static String numeral(final String text) {
        return text.endsWith("Inf") ? "0" : text.replace('_', '.');
    }

    private static double floatingOf(final String text, final double parsed) {
        return switch (text) {
            case "Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> parsed;
        };
    }
}
