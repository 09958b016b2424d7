package dev.millrace.scan;

import dev.millrace.error.CorruptDataException;

/** What a record says has happened to its row. */
public enum ChangeType {
    /** A row was appended to a log table. */
    APPEND_ONLY("+A"),
    /** A row was inserted into a primary-key table. */
    INSERT("+I"),
    /** A row as it was before an update; the record after it holds the new one. */
    UPDATE_BEFORE("-U"),
    /** A row as it is after an update. */
    UPDATE_AFTER("+U"),
    /** A row was deleted; the record holds what it was. */
    DELETE("-D");

    private static final ChangeType[] BY_NUMBER = values();

    private final String shortString;

    ChangeType(final String shortString) {
        this.shortString = shortString;
    }

    /**
     * The usual short form.
     *
     * @return a sign and a letter, such as {@code +A}.
     */
    public String shortString() {
        return shortString;
    }

    /** The constant of a number on the wire, which is its ordinal. */
    static ChangeType of(final byte number) {
        if (number < 0 || number >= BY_NUMBER.length) {
            throw new CorruptDataException("damaged log batch: change type " + number);
        }
        return BY_NUMBER[number];
    }
}
