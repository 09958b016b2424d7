package dev.millrace.interop;

import dev.millrace.row.InternalRow;
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
import dev.millrace.types.RowType;
import dev.millrace.types.SmallIntType;
import dev.millrace.types.StringType;
import dev.millrace.types.TimeType;
import dev.millrace.types.TimestampLtzType;
import dev.millrace.types.TimestampType;
import dev.millrace.types.TinyIntType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.Decimal;
import org.apache.fluss.row.GenericRow;
import org.apache.fluss.row.TimestampLtz;
import org.apache.fluss.row.TimestampNtz;
import org.apache.fluss.types.DataTypes;
import org.jspecify.annotations.Nullable;

/**
 * Random rows with a column of every scalar type, in the precisions that matter, as plain Java values: made for the
 * official client's rows, and read back from ours. Bytes appear as hexadecimal text, so that values compare by equals.
 */
public final class ScalarRows {
    private static final int PRINTABLE_FROM = 0x20;
    private static final int NANOS_PER_MILLI = 1_000_000;

    private ScalarRows() {}

    /** The columns, all of them nullable. */
    public static RowType type() {
        final List<DataField> fields = new ArrayList<>();
        for (final DataType type : types()) {
            fields.add(new DataField("c" + fields.size(), type));
        }
        return new RowType(true, fields);
    }

    private static List<DataType> types() {
        return List.of(
                new BooleanType(true),
                new TinyIntType(true),
                new SmallIntType(true),
                new IntType(true),
                new BigIntType(true),
                new FloatType(true),
                new DoubleType(true),
                new CharType(true, 5),
                new StringType(true),
                new BinaryType(true, 4),
                new BytesType(true),
                new DecimalType(true, 10, 2),
                new DecimalType(true, 18, 0),
                new DecimalType(true, 38, 10),
                new DateType(true),
                new TimeType(true, 0),
                new TimeType(true, 3),
                new TimeType(true, 6),
                new TimeType(true, 9),
                new TimestampType(true, 0),
                new TimestampType(true, 3),
                new TimestampType(true, 6),
                new TimestampType(true, 9),
                new TimestampLtzType(true, 0),
                new TimestampLtzType(true, 3),
                new TimestampLtzType(true, 6),
                new TimestampLtzType(true, 9));
    }

    /** The same columns as the official library names them. */
    public static org.apache.fluss.types.RowType officialType() {
        final org.apache.fluss.types.RowType.Builder builder = org.apache.fluss.types.RowType.builder();
        final RowType ours = type();
        ours.fields().forEach(field -> builder.field(field.name(), official(field.dataType())));
        return builder.build();
    }

    /** A data type of ours in the official library. */
    public static org.apache.fluss.types.DataType official(final DataType type) {
        final org.apache.fluss.types.DataType nullable = switch (type) {
            case BooleanType t -> DataTypes.BOOLEAN();
            case TinyIntType t -> DataTypes.TINYINT();
            case SmallIntType t -> DataTypes.SMALLINT();
            case IntType t -> DataTypes.INT();
            case BigIntType t -> DataTypes.BIGINT();
            case FloatType t -> DataTypes.FLOAT();
            case DoubleType t -> DataTypes.DOUBLE();
            case CharType t -> DataTypes.CHAR(t.length());
            case StringType t -> DataTypes.STRING();
            case BinaryType t -> DataTypes.BINARY(t.length());
            case BytesType t -> DataTypes.BYTES();
            case DecimalType t -> DataTypes.DECIMAL(t.precision(), t.scale());
            case DateType t -> DataTypes.DATE();
            case TimeType t -> DataTypes.TIME(t.precision());
            case TimestampType t -> DataTypes.TIMESTAMP(t.precision());
            case TimestampLtzType t -> DataTypes.TIMESTAMP_LTZ(t.precision());
            default -> throw new IllegalArgumentException(type + " is no scalar type");
        };
        return nullable.copy(type.isNullable());
    }

    /** Makes rows of plain values; about one in five is null. */
    public static List<List<@Nullable Object>> random(final Random random, final int rows) {
        final List<List<@Nullable Object>> made = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            final List<@Nullable Object> row = new ArrayList<>();
            types().forEach(type -> row.add(random.nextInt(5) == 0 ? null : value(type, random)));
            made.add(row);
        }
        return made;
    }

    /** A random value of a type, to the precision that its column keeps. */
    public static Object value(final DataType type, final Random random) {
        return switch (type) {
            case BooleanType t -> random.nextBoolean();
            case TinyIntType t -> (byte) random.nextInt();
            case SmallIntType t -> (short) random.nextInt();
            case IntType t -> random.nextInt();
            case BigIntType t -> random.nextLong();
            case FloatType t -> random.nextFloat();
            case DoubleType t -> random.nextDouble();
            case CharType t -> text(random, random.nextInt(t.length() + 1));
            case StringType t ->
                text(random, random.nextInt(20)) + (random.nextInt(4) == 0 ? "\u00e9\u20ac\ud83d\ude80" : "");
            case BinaryType t -> hex(random, t.length());
            case BytesType t -> hex(random, random.nextInt(20));
            case DecimalType t -> decimal(t, random);
            case DateType t -> LocalDate.ofEpochDay(random.nextInt(40_000) - 20_000);
            case TimeType t ->
                LocalTime.ofSecondOfDay(random.nextInt(86_400))
                        .withNano(t.precision() == 0 ? 0 : random.nextInt(1_000) * NANOS_PER_MILLI);
            case TimestampType t -> LocalDateTime.ofInstant(instant(t.precision(), random), ZoneOffset.UTC);
            case TimestampLtzType t -> instant(t.precision(), random);
            default -> throw new IllegalArgumentException(type + " is no scalar type");
        };
    }

    private static String text(final Random random, final int length) {
        return random.ints(length, PRINTABLE_FROM, 0x7F)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String hex(final Random random, final int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static BigDecimal decimal(final DecimalType type, final Random random) {
        final BigInteger bound = BigInteger.TEN.pow(type.precision());
        final BigInteger unscaled = new BigInteger(128, random).mod(bound);
        return new BigDecimal(random.nextBoolean() ? unscaled : unscaled.negate(), type.scale());
    }

    private static Instant instant(final int precision, final Random random) {
        final long seconds = random.nextLong(-4_000_000_000L, 4_000_000_000L);
        final int unit = (int) Math.pow(10, 9 - (precision == 0 ? 0 : precision <= 3 ? 3 : precision <= 6 ? 6 : 9));
        return Instant.ofEpochSecond(seconds, random.nextInt(1_000_000_000) / unit * unit);
    }

    /** A row of plain values as the official client takes it. */
    public static GenericRow toOfficial(final RowType type, final List<? extends @Nullable Object> values) {
        final GenericRow row = new GenericRow(values.size());
        for (int i = 0; i < values.size(); i++) {
            final Object value = values.get(i);
            row.setField(i, value == null ? null : officialValue(type.typeAt(i), value));
        }
        return row;
    }

    private static Object officialValue(final DataType type, final Object value) {
        return switch (type) {
            case CharType t -> BinaryString.fromString((String) value);
            case StringType t -> BinaryString.fromString((String) value);
            case BinaryType t -> HexFormat.of().parseHex((String) value);
            case BytesType t -> HexFormat.of().parseHex((String) value);
            case DecimalType t -> Decimal.fromBigDecimal((BigDecimal) value, t.precision(), t.scale());
            case DateType t -> (int) ((LocalDate) value).toEpochDay();
            case TimeType t -> (int) (((LocalTime) value).toNanoOfDay() / NANOS_PER_MILLI);
            case TimestampType t -> TimestampNtz.fromLocalDateTime((LocalDateTime) value);
            case TimestampLtzType t -> TimestampLtz.fromInstant((Instant) value);
            default -> value;
        };
    }

    /** A row of plain values as our writers take it. */
    public static dev.millrace.row.GenericRow toOurs(
            final RowType type, final List<? extends @Nullable Object> values) {
        final dev.millrace.row.GenericRow row = new dev.millrace.row.GenericRow(values.size());
        for (int i = 0; i < values.size(); i++) {
            final Object value = values.get(i);
            row.setField(i, value == null ? null : ourValue(type.typeAt(i), value));
        }
        return row;
    }

    private static Object ourValue(final DataType type, final Object value) {
        return switch (type) {
            case BinaryType t -> HexFormat.of().parseHex((String) value);
            case BytesType t -> HexFormat.of().parseHex((String) value);
            case DecimalType t -> dev.millrace.row.Decimal.of((BigDecimal) value, t.precision(), t.scale());
            case TimestampType t -> dev.millrace.row.TimestampNtz.of((LocalDateTime) value);
            case TimestampLtzType t -> dev.millrace.row.TimestampLtz.of((Instant) value);
            default -> value;
        };
    }

    /** Reads a row of the official client into plain values. */
    public static List<@Nullable Object> readOfficial(final RowType type, final org.apache.fluss.row.InternalRow row) {
        final List<@Nullable Object> values = new ArrayList<>();
        for (int pos = 0; pos < type.fieldCount(); pos++) {
            values.add(row.isNullAt(pos) ? null : readOfficial(type.typeAt(pos), row, pos));
        }
        return values;
    }

    private static Object readOfficial(final DataType type, final org.apache.fluss.row.InternalRow row, final int pos) {
        return switch (type) {
            case BooleanType t -> row.getBoolean(pos);
            case TinyIntType t -> row.getByte(pos);
            case SmallIntType t -> row.getShort(pos);
            case IntType t -> row.getInt(pos);
            case BigIntType t -> row.getLong(pos);
            case FloatType t -> row.getFloat(pos);
            case DoubleType t -> row.getDouble(pos);
            case CharType t -> row.getChar(pos, t.length()).toString();
            case StringType t -> row.getString(pos).toString();
            case BinaryType t -> HexFormat.of().formatHex(row.getBinary(pos, t.length()));
            case BytesType t -> HexFormat.of().formatHex(row.getBytes(pos));
            case DecimalType t -> row.getDecimal(pos, t.precision(), t.scale()).toBigDecimal();
            case DateType t -> LocalDate.ofEpochDay(row.getInt(pos));
            case TimeType t -> LocalTime.ofNanoOfDay((long) row.getInt(pos) * NANOS_PER_MILLI);
            case TimestampType t -> row.getTimestampNtz(pos, t.precision()).toLocalDateTime();
            case TimestampLtzType t -> row.getTimestampLtz(pos, t.precision()).toInstant();
            default -> throw new IllegalArgumentException(type + " is no scalar type");
        };
    }

    /** Reads a row of ours into plain values. */
    public static List<@Nullable Object> read(final RowType type, final InternalRow row) {
        final List<@Nullable Object> values = new ArrayList<>();
        for (int pos = 0; pos < type.fieldCount(); pos++) {
            values.add(row.isNullAt(pos) ? null : read(type.typeAt(pos), row, pos));
        }
        return values;
    }

    private static Object read(final DataType type, final InternalRow row, final int pos) {
        return switch (type) {
            case BooleanType t -> row.getBoolean(pos);
            case TinyIntType t -> row.getByte(pos);
            case SmallIntType t -> row.getShort(pos);
            case IntType t -> row.getInt(pos);
            case BigIntType t -> row.getLong(pos);
            case FloatType t -> row.getFloat(pos);
            case DoubleType t -> row.getDouble(pos);
            case CharType t -> row.getChar(pos, t.length());
            case StringType t -> row.getString(pos);
            case BinaryType t -> HexFormat.of().formatHex(row.getBytes(pos));
            case BytesType t -> HexFormat.of().formatHex(row.getBytes(pos));
            case DecimalType t -> row.getDecimal(pos, t.precision(), t.scale()).toBigDecimal();
            case DateType t -> row.getDate(pos);
            case TimeType t -> row.getTime(pos);
            case TimestampType t -> row.getTimestampNtz(pos, t.precision()).toLocalDateTime();
            case TimestampLtzType t -> row.getTimestampLtz(pos, t.precision()).toInstant();
            default -> throw new IllegalArgumentException(type + " is no scalar type");
        };
    }
}
