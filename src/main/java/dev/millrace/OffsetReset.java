package dev.millrace;

/** Where a scanner goes on in a bucket whose log does not have the offset that is due. */
public enum OffsetReset {
    /** Nowhere: the poll throws {@code OffsetOutOfRangeException}, and the application decides. */
    NONE,
    /** At the first offset that the log still has. */
    EARLIEST,
    /** At the end of the log, so that only what is written from then on is read. */
    LATEST
}
