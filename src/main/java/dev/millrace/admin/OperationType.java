package dev.millrace.admin;

/** What somebody does with a resource. */
public enum OperationType {
    /** In a filter: whatever operation. No operation of an entry. */
    ANY(1),
    /** All operations. */
    ALL(2),
    /** Reading rows. */
    READ(3),
    /** Writing rows. */
    WRITE(4),
    /** Creating databases, or what is in them. */
    CREATE(5),
    /** Dropping it. */
    DROP(6),
    /** Changing what it is like, and who may do what with it. */
    ALTER(7),
    /** Seeing that it is there, and what it is like; whoever may do something else with it may that too. */
    DESCRIBE(8);

    private final int code;

    OperationType(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
