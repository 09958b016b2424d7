package dev.millrace.admin;

/** How an option is changed. */
public enum AlterConfigOpType {
    /** It gets a value. */
    SET(0),
    /** It gets back what the servers were started with. */
    DELETE(1);

    private final int code;

    AlterConfigOpType(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
