package dev.millrace.types;

/**
 * The type of a column, field or element, including whether it may be null. Made by {@link DataTypes}. Immutable; two
 * types are equal if they are the same type with the same parameters and nullability.
 */
public sealed interface DataType
        permits BooleanType,
                TinyIntType,
                SmallIntType,
                IntType,
                BigIntType,
                FloatType,
                DoubleType,
                CharType,
                StringType,
                BinaryType,
                BytesType,
                DecimalType,
                DateType,
                TimeType,
                TimestampType,
                TimestampLtzType,
                ArrayType,
                MapType,
                RowType {
    /**
     * Tells whether a field of this type may be null.
     *
     * @return false for NOT NULL.
     */
    boolean isNullable();

    /**
     * The same type with the nullability given.
     *
     * @param nullable whether a field of the new type may be null.
     * @return a type that differs from this one in nothing else.
     */
    DataType copy(boolean nullable);

    /**
     * The type as one writes it in SQL.
     *
     * @return for example {@code DECIMAL(10, 2) NOT NULL}; the same as {@code toString()}.
     */
    String asSummaryString();
}
