package dev.millrace.types;

import java.util.List;

/**
 * Makes data types. All are nullable; {@link DataType#copy} gives the NOT NULL form. The names are those of SQL, because
 * half of them are reserved words of Java in lower case. Data types are immutable; these methods are safe for any number of
 * threads.
 */
public final class DataTypes {
    private DataTypes() {}

    /**
     * True or false.
     *
     * @return the type, nullable.
     */
    public static BooleanType BOOLEAN() {
        return new BooleanType(true);
    }

    /**
     * A signed integer of 8 bits.
     *
     * @return the type, nullable.
     */
    public static TinyIntType TINYINT() {
        return new TinyIntType(true);
    }

    /**
     * A signed integer of 16 bits.
     *
     * @return the type, nullable.
     */
    public static SmallIntType SMALLINT() {
        return new SmallIntType(true);
    }

    /**
     * A signed integer of 32 bits.
     *
     * @return the type, nullable.
     */
    public static IntType INT() {
        return new IntType(true);
    }

    /**
     * A signed integer of 64 bits.
     *
     * @return the type, nullable.
     */
    public static BigIntType BIGINT() {
        return new BigIntType(true);
    }

    /**
     * An IEEE 754 number of 32 bits.
     *
     * @return the type, nullable.
     */
    public static FloatType FLOAT() {
        return new FloatType(true);
    }

    /**
     * An IEEE 754 number of 64 bits.
     *
     * @return the type, nullable.
     */
    public static DoubleType DOUBLE() {
        return new DoubleType(true);
    }

    /**
     * Text of any length.
     *
     * @return the type, nullable.
     */
    public static StringType STRING() {
        return new StringType(true);
    }

    /**
     * Bytes of any number.
     *
     * @return the type, nullable.
     */
    public static BytesType BYTES() {
        return new BytesType(true);
    }

    /**
     * A day of the calendar.
     *
     * @return the type, nullable.
     */
    public static DateType DATE() {
        return new DateType(true);
    }

    /**
     * A time of the day, with the default precision of 0.
     *
     * @return the type, nullable.
     */
    public static TimeType TIME() {
        return TIME(TimeType.DEFAULT_PRECISION);
    }

    /**
     * A time of the day.
     *
     * @param precision digits of the fraction of a second, 0 to 9.
     * @return the type, nullable.
     * @throws IllegalArgumentException if the precision is out of range.
     */
    public static TimeType TIME(final int precision) {
        return new TimeType(true, precision);
    }

    /**
     * Date and time without a zone, with the default precision of 6.
     *
     * @return the type, nullable.
     */
    public static TimestampType TIMESTAMP() {
        return TIMESTAMP(TimestampType.DEFAULT_PRECISION);
    }

    /**
     * Date and time without a zone.
     *
     * @param precision digits of the fraction of a second, 0 to 9.
     * @return the type, nullable.
     * @throws IllegalArgumentException if the precision is out of range.
     */
    public static TimestampType TIMESTAMP(final int precision) {
        return new TimestampType(true, precision);
    }

    /**
     * An instant, with the default precision of 6.
     *
     * @return the type, nullable.
     */
    public static TimestampLtzType TIMESTAMP_LTZ() {
        return TIMESTAMP_LTZ(TimestampLtzType.DEFAULT_PRECISION);
    }

    /**
     * An instant.
     *
     * @param precision digits of the fraction of a second, 0 to 9.
     * @return the type, nullable.
     * @throws IllegalArgumentException if the precision is out of range.
     */
    public static TimestampLtzType TIMESTAMP_LTZ(final int precision) {
        return new TimestampLtzType(true, precision);
    }

    /**
     * Text of a declared length.
     *
     * @param length the number of characters, at least 1.
     * @return the type, nullable.
     * @throws IllegalArgumentException if the length is below 1.
     */
    public static CharType CHAR(final int length) {
        return new CharType(true, length);
    }

    /**
     * Bytes of a declared number.
     *
     * @param length the number of bytes, at least 1.
     * @return the type, nullable.
     * @throws IllegalArgumentException if the length is below 1.
     */
    public static BinaryType BINARY(final int length) {
        return new BinaryType(true, length);
    }

    /**
     * A decimal number.
     *
     * @param precision the number of digits, 1 to 38.
     * @param scale the number of digits after the point, 0 to the precision.
     * @return the type, nullable.
     * @throws IllegalArgumentException if one of them is out of range.
     */
    public static DecimalType DECIMAL(final int precision, final int scale) {
        return new DecimalType(true, precision, scale);
    }

    /**
     * Elements of one type.
     *
     * @param element the type of every element.
     * @return the type, nullable.
     */
    public static ArrayType ARRAY(final DataType element) {
        return new ArrayType(true, element);
    }

    /**
     * Values found by keys.
     *
     * @param key the type of every key, made NOT NULL: a map has no null keys.
     * @param value the type of every value.
     * @return the type, nullable.
     */
    public static MapType MAP(final DataType key, final DataType value) {
        return new MapType(true, key, value);
    }

    /**
     * Named fields.
     *
     * @param fields in order, with distinct names.
     * @return the type, nullable.
     * @throws IllegalArgumentException if two fields have the same name.
     */
    public static RowType ROW(final DataField... fields) {
        return new RowType(true, List.of(fields));
    }

    /**
     * Named fields.
     *
     * @param fields in order, with distinct names.
     * @return the type, nullable.
     * @throws IllegalArgumentException if two fields have the same name.
     */
    public static RowType ROW(final List<DataField> fields) {
        return new RowType(true, fields);
    }

    /**
     * A field for {@link #ROW}.
     *
     * @param name with at least one character that is not white space.
     * @param dataType the type of its values.
     * @return the field, without a description.
     * @throws IllegalArgumentException if the name is blank.
     */
    public static DataField FIELD(final String name, final DataType dataType) {
        return new DataField(name, dataType);
    }

    /**
     * A field for {@link #ROW} with a description.
     *
     * @param name with at least one character that is not white space.
     * @param dataType the type of its values.
     * @param description what it is for.
     * @return the field.
     * @throws IllegalArgumentException if the name is blank.
     */
    public static DataField FIELD(final String name, final DataType dataType, final String description) {
        return new DataField(name, dataType, description);
    }
}
