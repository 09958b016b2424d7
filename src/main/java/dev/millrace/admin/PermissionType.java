package dev.millrace.admin;

/** What an access control entry does to the operation. Whatever no entry allows is forbidden. */
public enum PermissionType {
    /** In a filter: whatever permission. No permission of an entry. */
    ANY(1),
    /** Allows it. */
    ALLOW(2);

    private final int code;

    PermissionType(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
