package dev.millrace.admin;

/** What access can be controlled to. What is allowed for the whole counts for its parts. */
public enum ResourceType {
    /** In a filter: whatever resource. Nothing to control access to. */
    ANY(1),
    /** The cluster with all its databases. */
    CLUSTER(2),
    /** A database with all its tables. */
    DATABASE(3),
    /** A table with all its partitions. */
    TABLE(4);

    private final int code;

    ResourceType(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
