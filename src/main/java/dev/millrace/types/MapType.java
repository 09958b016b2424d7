package dev.millrace.types;

/**
 * MAP: values found by keys, keys of one type and values of one type. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 * @param keyType the type of every key, made NOT NULL: a map has no null keys.
 * @param valueType the type of every value.
 */
public record MapType(boolean isNullable, DataType keyType, DataType valueType) implements DataType {
    /** Makes the keys NOT NULL. */
    public MapType {
        keyType = keyType.copy(false);
    }

    @Override
    public MapType copy(final boolean nullable) {
        return new MapType(nullable, keyType, valueType);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("MAP<" + keyType.asSummaryString() + ", " + valueType.asSummaryString() + ">", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
