package dev.millrace.admin;

/** What is planned for a tablet server. A rebalance moves away what lies on one that has a tag. */
public enum ServerTag {
    /** It will be gone for good. */
    PERMANENT_OFFLINE(0),
    /** It will be gone for a while, for example for an upgrade. */
    TEMPORARY_OFFLINE(1);

    private final int code;

    ServerTag(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
