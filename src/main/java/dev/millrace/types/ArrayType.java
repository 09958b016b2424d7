package dev.millrace.types;

/**
 * ARRAY: any number of elements of one type. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param elementType the type of every element.
 */
public record ArrayType(boolean isNullable, DataType elementType) implements DataType {
    @Override
    public ArrayType copy(final boolean nullable) {
        return new ArrayType(nullable, elementType);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("ARRAY<" + elementType.asSummaryString() + ">", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
