package dev.millrace.types;

/**
 * DATE: a day of the calendar; in memory the days since 1970-01-01 as an {@code int}. Immutable.
 *
 * @param isNullable whether a field of this type may be null.
 */
public record DateType(boolean isNullable) implements DataType {
    @Override
    public DateType copy(final boolean nullable) {
        return new DateType(nullable);
    }

    @Override
    public String asSummaryString() {
        return SqlForm.of("DATE", isNullable);
    }

    @Override
    public String toString() {
        return asSummaryString();
    }
}
