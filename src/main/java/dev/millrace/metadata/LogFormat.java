package dev.millrace.metadata;

/** How a table's log stores its records; the table option {@code table.log.format}. */
public enum LogFormat {
    /** Columns, as Arrow record batches. The default. */
    ARROW,
    /** Rows with an index of their fields. */
    INDEXED,
    /** Rows in the compacted encoding. */
    COMPACTED
}
