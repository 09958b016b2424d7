package dev.millrace.internal.codec;

import dev.millrace.internal.memory.OffHeap;
import dev.millrace.interop.ScalarRows;
import dev.millrace.row.Decimal;
import dev.millrace.row.GenericArray;
import dev.millrace.row.GenericMap;
import dev.millrace.row.GenericRow;
import dev.millrace.row.InternalMap;
import dev.millrace.row.InternalRow;
import dev.millrace.row.TimestampLtz;
import dev.millrace.row.TimestampNtz;
import dev.millrace.row.TypedValues;
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
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.apache.fluss.row.BinaryString;
import org.apache.fluss.row.InternalArray;
import org.jspecify.annotations.Nullable;

/**
 * Random schemas, nested ones too, and random rows full of extremes, in one neutral form that compares by equals: bytes
 * as hexadecimal text, floating point by its bits, decimals unscaled, timestamps as their two numbers, arrays and rows as
 * lists and maps as lists of pairs. Translated into both libraries' rows and back.
 */
public final class RowCases {
    private static final HexFormat HEX = HexFormat.of();
    private static final String[] TEXTS = {
        "", "a", "abcdefg", "abcdefgh", "\u00e9", "\u20ac\u00e9", "\ud83d\ude80", "x\ud83d\ude80y", "\u0000", "'\"$"
    };
    private static final int NANOS_PER_MILLI = 1_000_000;
    private static final int MILLIS_PER_DAY = 86_400_000;

    private final Random random;

    public RowCases(final long seed) {
        this.random = new Random(seed);
    }

    /** A timestamp as the row formats see it. */
    public record Millis(long millis, int nanos) {}

    // ---- types ----

    public RowType schema(final int maxFields, final int depth) {
        final List<DataField> fields = new ArrayList<>();
        final int count = 1 + random.nextInt(maxFields);
        for (int i = 0; i < count; i++) {
            fields.add(new DataField("f" + i, type(depth)));
        }
        return new RowType(random.nextBoolean(), fields);
    }

    public DataType type(final int depth) {
        return depth > 0 && random.nextInt(4) == 0 ? nested(depth - 1) : scalar();
    }

    private DataType nested(final int depth) {
        final boolean nullable = random.nextInt(4) != 0;
        return switch (random.nextInt(3)) {
            case 0 -> new ArrayType(nullable, type(depth));
            case 1 -> new MapType(nullable, scalar(), type(depth));
            default -> schema(5, depth).copy(nullable);
        };
    }

    DataType scalar() {
        final boolean nullable = random.nextInt(4) != 0;
        final int precision = 1 + random.nextInt(38);
        return switch (random.nextInt(18)) {
            case 0 -> new BooleanType(nullable);
            case 1 -> new TinyIntType(nullable);
            case 2 -> new SmallIntType(nullable);
            case 3 -> new IntType(nullable);
            case 4 -> new BigIntType(nullable);
            case 5 -> new FloatType(nullable);
            case 6 -> new DoubleType(nullable);
            case 7 -> new CharType(nullable, 1 + random.nextInt(12));
            case 8, 9 -> new StringType(nullable);
            case 10 -> new BinaryType(nullable, 1 + random.nextInt(12));
            case 11 -> new BytesType(nullable);
            case 12, 13 -> new DecimalType(nullable, precision, random.nextInt(precision + 1));
            case 14 -> new DateType(nullable);
            case 15 -> new TimeType(nullable, random.nextInt(10));
            case 16 -> new TimestampType(nullable, random.nextInt(10));
            default -> new TimestampLtzType(nullable, random.nextInt(10));
        };
    }

    // ---- values ----

    /** A row of values; now and then all null that may be. */
    public List<@Nullable Object> row(final RowType type) {
        final int nullOf = random.nextInt(10) == 0 ? 1 : 5;
        final List<@Nullable Object> values = new ArrayList<>();
        for (final DataField field : type.fields()) {
            values.add(nullable(field.dataType(), nullOf));
        }
        return values;
    }

    private @Nullable Object nullable(final DataType type, final int nullOf) {
        return type.isNullable() && random.nextInt(nullOf) == 0 ? null : value(type);
    }

    public Object value(final DataType type) {
        return switch (type) {
            case BooleanType t -> random.nextBoolean();
            case TinyIntType t -> (byte) number(Byte.MIN_VALUE, Byte.MAX_VALUE);
            case SmallIntType t -> (short) number(Short.MIN_VALUE, Short.MAX_VALUE);
            case IntType t -> (int) number(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case BigIntType t -> number(Long.MIN_VALUE, Long.MAX_VALUE);
            case FloatType t -> Float.floatToIntBits(floating());
            case DoubleType t -> Double.doubleToLongBits(random.nextInt(3) == 0 ? random.nextGaussian() : floating());
            case CharType t -> text(t.length());
            case StringType t -> text(random.nextInt(20) == 0 ? 300 : 20);
            case BinaryType t -> hex(1 + random.nextInt(t.length()));
            case BytesType t -> hex(random.nextInt(20) == 0 ? 200 : random.nextInt(18));
            case DecimalType t -> unscaled(t.precision());
            case DateType t -> (int) number(-700_000, 3_000_000);
            case TimeType t -> (int) number(0, MILLIS_PER_DAY - 1);
            case TimestampType t -> timestamp(t.precision());
            case TimestampLtzType t -> timestamp(t.precision());
            case ArrayType t -> array(t.elementType());
            case MapType t -> map(t);
            case RowType t -> row(t);
        };
    }

    private long number(final long min, final long max) {
        return switch (random.nextInt(8)) {
            case 0 -> min;
            case 1 -> max;
            case 2 -> 0;
            case 3 -> Math.max(min, -1);
            default -> {
                final long any = random.nextLong() >> random.nextInt(64);
                yield Math.max(min, Math.min(max, any));
            }
        };
    }

    private float floating() {
        return switch (random.nextInt(8)) {
            case 0 -> Float.NaN;
            case 1 -> -0.0f;
            case 2 -> Float.NEGATIVE_INFINITY;
            case 3 -> Float.MIN_VALUE;
            case 4 -> -Float.MAX_VALUE;
            default -> random.nextFloat();
        };
    }

    /** Never longer in bytes than {@code maxLength}, which indexed rows ask of CHAR. */
    private String text(final int maxLength) {
        final StringBuilder text = new StringBuilder();
        final int pieces = random.nextInt(4);
        int length = 0;
        for (int i = 0; i <= pieces; i++) {
            final String piece = random.nextInt(3) == 0
                    ? TEXTS[random.nextInt(TEXTS.length)]
                    : "abcdefghijklmnopqrstuvwxyz".substring(random.nextInt(26)).repeat(1 + maxLength / 60);
            final int bytes = piece.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            if (length + bytes <= maxLength) {
                text.append(piece);
                length += bytes;
            }
        }
        // An indexed row cannot tell zeros at the end from its own.
        return text.toString().replaceAll("\u0000+$", "");
    }

    /** Bytes without a zero at the end, which an indexed row could not tell from its own. */
    private String hex(final int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        if (length > 0 && bytes[length - 1] == 0) {
            bytes[length - 1] = 1;
        }
        return HEX.formatHex(bytes);
    }

    private BigInteger unscaled(final int precision) {
        final BigInteger max = BigInteger.TEN.pow(precision).subtract(BigInteger.ONE);
        final BigInteger any = switch (random.nextInt(6)) {
            case 0 -> max;
            case 1 -> BigInteger.ZERO;
            case 2 ->
                new BigInteger(random.nextInt(128), random)
                        .mod(BigInteger.valueOf(200))
                        .min(max);
            default -> new BigInteger(random.nextInt(128), random).mod(max.add(BigInteger.ONE));
        };
        return random.nextBoolean() ? any : any.negate();
    }

    private Millis timestamp(final int precision) {
        final long millis = random.nextInt(8) == 0
                ? number(Long.MIN_VALUE / 2000, Long.MAX_VALUE / 2000)
                : 1_700_000_000_000L + random.nextInt();
        return new Millis(millis, precision <= 3 ? 0 : (int) number(0, NANOS_PER_MILLI - 1));
    }

    private List<@Nullable Object> array(final DataType element) {
        final List<@Nullable Object> values = new ArrayList<>();
        final int size = random.nextInt(12) == 0 ? 70 : random.nextInt(6);
        for (int i = 0; i < size; i++) {
            values.add(nullable(element, 4));
        }
        return values;
    }

    private List<Object> map(final MapType type) {
        final List<Object> entries = new ArrayList<>();
        final int size = random.nextInt(5);
        for (int i = 0; i < size; i++) {
            final List<@Nullable Object> entry = new ArrayList<>();
            entry.add(value(type.keyType()));
            entry.add(nullable(type.valueType(), 4));
            entries.add(entry);
        }
        return entries;
    }

    // ---- ours ----

    public static GenericRow toOurs(final RowType type, final List<@Nullable Object> values) {
        final GenericRow row = new GenericRow(values.size());
        for (int i = 0; i < values.size(); i++) {
            row.setField(i, ours(type.typeAt(i), values.get(i)));
        }
        return row;
    }

    private static @Nullable Object ours(final DataType type, final @Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case FloatType t -> Float.intBitsToFloat((Integer) value);
            case DoubleType t -> Double.longBitsToDouble((Long) value);
            case BinaryType t -> HEX.parseHex((String) value);
            case BytesType t -> HEX.parseHex((String) value);
            case DecimalType t -> Decimal.ofUnscaled((BigInteger) value, t.precision(), t.scale());
            case TimestampType t -> new TimestampNtz(((Millis) value).millis, ((Millis) value).nanos);
            case TimestampLtzType t -> new TimestampLtz(((Millis) value).millis, ((Millis) value).nanos);
            case ArrayType t -> ourArray(t.elementType(), list(value));
            case MapType t ->
                GenericMap.of(ourArray(t.keyType(), column(value, 0)), ourArray(t.valueType(), column(value, 1)));
            case RowType t -> toOurs(t, list(value));
            default -> value;
        };
    }

    private static dev.millrace.row.InternalArray ourArray(
            final DataType element, final List<@Nullable Object> values) {
        if (element instanceof IntType && !values.isEmpty() && !values.contains(null)) {
            return GenericArray.ofInts(
                    values.stream().mapToInt(v -> (Integer) v).toArray());
        }
        return GenericArray.of(
                values.stream().map(value -> ours(element, value)).toArray());
    }

    public static List<@Nullable Object> fromOurs(final RowType type, final InternalRow row) {
        final List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < type.fieldCount(); i++) {
            values.add(fromOurs(type.typeAt(i), row, i));
        }
        return values;
    }

    private static @Nullable Object fromOurs(final DataType type, final TypedValues values, final int pos) {
        if (values.isNullAt(pos)) {
            return null;
        }
        return switch (type) {
            case BooleanType t -> values.getBoolean(pos);
            case TinyIntType t -> values.getByte(pos);
            case SmallIntType t -> values.getShort(pos);
            case IntType t -> values.getInt(pos);
            case BigIntType t -> values.getLong(pos);
            case FloatType t -> Float.floatToRawIntBits(values.getFloat(pos));
            case DoubleType t -> Double.doubleToRawLongBits(values.getDouble(pos));
            case CharType t -> ourText(values, pos);
            case StringType t -> ourText(values, pos);
            case BinaryType t -> ourHex(values, pos);
            case BytesType t -> ourHex(values, pos);
            case DecimalType t -> ourUnscaled(values, pos, t);
            case DateType t -> (int) values.getDate(pos).toEpochDay();
            case TimeType t -> (int) (values.getTime(pos).toNanoOfDay() / NANOS_PER_MILLI);
            case TimestampType t ->
                new Millis(
                        values.getTimestampNtz(pos, t.precision()).epochMillis(),
                        values.getNanoOfMillis(pos, t.precision()));
            case TimestampLtzType t ->
                new Millis(
                        values.getEpochMillis(pos, t.precision()),
                        values.getTimestampLtz(pos, t.precision()).nanoOfMillis());
            case ArrayType t -> fromOurs(t.elementType(), values.getArray(pos));
            case MapType t -> fromOurs(t, values.getMap(pos));
            case RowType t -> fromOurs(t, values.getRow(pos, t.fieldCount()));
        };
    }

    private static List<@Nullable Object> fromOurs(final DataType element, final dev.millrace.row.InternalArray array) {
        final List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            values.add(fromOurs(element, array, i));
        }
        return values;
    }

    private static List<Object> fromOurs(final MapType type, final InternalMap map) {
        return pairs(fromOurs(type.keyType(), map.keys()), fromOurs(type.valueType(), map.values()));
    }

    /** Text by all three ways to read it, which must agree. */
    private static String ourText(final TypedValues values, final int pos) {
        final String text = values.getString(pos);
        final UnsafeBuffer view = OffHeap.flyweight();
        values.wrapString(pos, view);
        final byte[] bytes = new byte[view.capacity()];
        view.getBytes(0, bytes);
        final UnsafeBuffer copy = OffHeap.wrap(new byte[bytes.length]);
        if (values.copyString(pos, copy, 0, bytes.length) != bytes.length
                || !new String(bytes, java.nio.charset.StandardCharsets.UTF_8).equals(text)
                || !new String(copy.byteArray(), java.nio.charset.StandardCharsets.UTF_8).equals(text)) {
            throw new AssertionError("three ways to read '" + text + "' differ");
        }
        return text;
    }

    private static String ourHex(final TypedValues values, final int pos) {
        final String hex = HEX.formatHex(values.getBytes(pos));
        final UnsafeBuffer view = OffHeap.flyweight();
        values.wrapBytes(pos, view);
        final byte[] bytes = new byte[view.capacity()];
        view.getBytes(0, bytes);
        final UnsafeBuffer copy = OffHeap.wrap(new byte[bytes.length]);
        if (values.copyBytes(pos, copy, 0, bytes.length) != bytes.length
                || !HEX.formatHex(bytes).equals(hex)
                || !HEX.formatHex(copy.byteArray()).equals(hex)) {
            throw new AssertionError("three ways to read " + hex + " differ");
        }
        return hex;
    }

    private static BigInteger ourUnscaled(final TypedValues values, final int pos, final DecimalType type) {
        final BigInteger unscaled =
                values.getDecimal(pos, type.precision(), type.scale()).unscaledValue();
        if (type.isCompact()
                && values.getDecimalUnscaled(pos, type.precision(), type.scale()) != unscaled.longValueExact()) {
            throw new AssertionError("two ways to read " + unscaled + " differ");
        }
        return unscaled;
    }

    // ---- the official library's ----

    public static org.apache.fluss.types.RowType official(final RowType type) {
        return (org.apache.fluss.types.RowType) official((DataType) type);
    }

    static org.apache.fluss.types.DataType official(final DataType type) {
        return switch (type) {
            case ArrayType t -> new org.apache.fluss.types.ArrayType(t.isNullable(), official(t.elementType()));
            case MapType t ->
                new org.apache.fluss.types.MapType(t.isNullable(), official(t.keyType()), official(t.valueType()));
            case RowType t ->
                new org.apache.fluss.types.RowType(
                        t.isNullable(),
                        t.fields().stream()
                                .map(field ->
                                        new org.apache.fluss.types.DataField(field.name(), official(field.dataType())))
                                .toList());
            default -> ScalarRows.official(type);
        };
    }

    public static org.apache.fluss.row.GenericRow toOfficial(final RowType type, final List<@Nullable Object> values) {
        final org.apache.fluss.row.GenericRow row = new org.apache.fluss.row.GenericRow(values.size());
        for (int i = 0; i < values.size(); i++) {
            row.setField(i, theirs(type.typeAt(i), values.get(i)));
        }
        return row;
    }

    static @Nullable Object theirs(final DataType type, final @Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case FloatType t -> Float.intBitsToFloat((Integer) value);
            case DoubleType t -> Double.longBitsToDouble((Long) value);
            case CharType t -> BinaryString.fromString((String) value);
            case StringType t -> BinaryString.fromString((String) value);
            case BinaryType t -> HEX.parseHex((String) value);
            case BytesType t -> HEX.parseHex((String) value);
            case DecimalType t ->
                org.apache.fluss.row.Decimal.fromUnscaledBytes(
                        ((BigInteger) value).toByteArray(), t.precision(), t.scale());
            case TimestampType t ->
                org.apache.fluss.row.TimestampNtz.fromMillis(((Millis) value).millis, ((Millis) value).nanos);
            case TimestampLtzType t ->
                org.apache.fluss.row.TimestampLtz.fromEpochMillis(((Millis) value).millis, ((Millis) value).nanos);
            case ArrayType t -> theirArray(t.elementType(), list(value));
            case MapType t -> theirMap(t, value);
            case RowType t -> toOfficial(t, list(value));
            default -> value;
        };
    }

    private static org.apache.fluss.row.GenericArray theirArray(
            final DataType element, final List<@Nullable Object> values) {
        return new org.apache.fluss.row.GenericArray(
                values.stream().map(value -> theirs(element, value)).toArray());
    }

    /** Keeps entries with equal keys apart, and their order, which a hash map would not. */
    private static org.apache.fluss.row.InternalMap theirMap(final MapType type, final Object value) {
        final InternalArray keys = theirArray(type.keyType(), column(value, 0));
        final InternalArray values = theirArray(type.valueType(), column(value, 1));
        return new org.apache.fluss.row.InternalMap() {
            @Override
            public int size() {
                return keys.size();
            }

            @Override
            public InternalArray keyArray() {
                return keys;
            }

            @Override
            public InternalArray valueArray() {
                return values;
            }
        };
    }

    public static List<@Nullable Object> fromOfficial(final RowType type, final org.apache.fluss.row.InternalRow row) {
        final List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < type.fieldCount(); i++) {
            values.add(
                    row.isNullAt(i)
                            ? null
                            : fromTheirs(
                                    type.typeAt(i),
                                    org.apache.fluss.row.InternalRow.createFieldGetter(official(type.typeAt(i)), i)
                                            .getFieldOrNull(row)));
        }
        return values;
    }

    private static @Nullable Object fromTheirs(final DataType type, final @Nullable Object value) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case FloatType t -> Float.floatToRawIntBits((Float) value);
            case DoubleType t -> Double.doubleToRawLongBits((Double) value);
            case CharType t -> value.toString();
            case StringType t -> value.toString();
            case BinaryType t -> HEX.formatHex((byte[]) value);
            case BytesType t -> HEX.formatHex((byte[]) value);
            case DecimalType t -> new BigInteger(((org.apache.fluss.row.Decimal) value).toUnscaledBytes());
            case TimestampType t -> {
                final var timestamp = (org.apache.fluss.row.TimestampNtz) value;
                yield new Millis(timestamp.getMillisecond(), timestamp.getNanoOfMillisecond());
            }
            case TimestampLtzType t -> {
                final var timestamp = (org.apache.fluss.row.TimestampLtz) value;
                yield new Millis(timestamp.getEpochMillisecond(), timestamp.getNanoOfMillisecond());
            }
            case ArrayType t -> fromTheirs(t.elementType(), (InternalArray) value);
            case MapType t -> {
                final var map = (org.apache.fluss.row.InternalMap) value;
                yield pairs(fromTheirs(t.keyType(), map.keyArray()), fromTheirs(t.valueType(), map.valueArray()));
            }
            case RowType t -> fromOfficial(t, (org.apache.fluss.row.InternalRow) value);
            default -> value;
        };
    }

    private static List<@Nullable Object> fromTheirs(final DataType element, final InternalArray array) {
        final InternalArray.ElementGetter getter = InternalArray.createElementGetter(official(element));
        final List<@Nullable Object> values = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            values.add(fromTheirs(element, getter.getElementOrNull(array, i)));
        }
        return values;
    }

    // ---- both ----

    @SuppressWarnings("unchecked")
    private static List<@Nullable Object> list(final Object value) {
        return (List<@Nullable Object>) value;
    }

    private static List<@Nullable Object> column(final Object entries, final int index) {
        final List<@Nullable Object> column = new ArrayList<>();
        for (final Object entry : list(entries)) {
            column.add(list(entry).get(index));
        }
        return column;
    }

    private static List<Object> pairs(final List<@Nullable Object> keys, final List<@Nullable Object> values) {
        final List<Object> pairs = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            final List<@Nullable Object> pair = new ArrayList<>();
            pair.add(keys.get(i));
            pair.add(values.get(i));
            pairs.add(pair);
        }
        return pairs;
    }

    /** Direct memory full of bytes that are not zero, as a block that was used before. */
    static UnsafeBuffer usedMemory(final int length) {
        final UnsafeBuffer memory = OffHeap.wrap(ByteBuffer.allocateDirect(length), 0, length);
        memory.setMemory(0, length, (byte) 0xA5);
        return memory;
    }

    /** Bytes in memory of just their length. */
    public static UnsafeBuffer memoryOf(final byte[] bytes) {
        final UnsafeBuffer memory = OffHeap.wrap(ByteBuffer.allocateDirect(bytes.length), 0, bytes.length);
        memory.putBytes(0, bytes);
        return memory;
    }

    /** An encoder that writes as it does after many rows. */
    static RowEncoder unrolled(final RowEncoder encoder) {
        if (encoder instanceof CompactedRowEncoder compacted && !compacted.unroll()) {
            throw new AssertionError("no class of its own for a compacted encoder");
        }
        return encoder;
    }

    /** A view that reads as it does after many rows. */
    static RowView unrolled(final RowView view) {
        if (view instanceof IndexedRowView indexed && !indexed.unroll()) {
            throw new AssertionError("no class of its own for an indexed view");
        }
        return view;
    }

    static byte[] bytes(final UnsafeBuffer memory, final int offset, final int length) {
        final byte[] bytes = new byte[length];
        memory.getBytes(offset, bytes);
        return bytes;
    }
}
