package dev.millrace;

/** How rows of a table without a bucket key find their bucket. */
public enum NoKeyAssigner {
    /** All to one bucket until its batch leaves, then to another: full batches, few requests. */
    STICKY,
    /** Each to the next bucket in turn. */
    ROUND_ROBIN
}
