package dev.millrace.metadata;

/** How a primary-key table stores its rows; the table option {@code table.kv.format}. */
public enum KvFormat {
    /** Rows in the compacted encoding. The default. */
    COMPACTED,
    /** Rows with an index of their fields. */
    INDEXED
}
