package dev.millrace.types;

/** How SQL says that a type takes no nulls. */
final class SqlForm {
    private SqlForm() {}

    static String of(final String type, final boolean isNullable) {
        return isNullable ? type : type + " NOT NULL";
    }
}
