package dev.millrace.write;

/** What a merge engine does with upserts. */
public enum MergeMode {
    /** The engine of the table merges the row with the one that is there. */
    DEFAULT(0),

    /**
     * The row replaces the one that is there, as in a table without an engine, and a delete deletes whatever the table says
     * of deletes. Meant for those who put back what was there before, such as a job that recovers.
     */
    OVERWRITE(1);

    private final int code;

    MergeMode(final int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
