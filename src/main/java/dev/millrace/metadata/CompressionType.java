package dev.millrace.metadata;

/** How the buffers of Arrow batches are compressed; the table option {@code table.log.arrow.compression.type}. */
public enum CompressionType {
    /** Not at all. */
    NONE,
    /** LZ4 in its frame format. */
    LZ4_FRAME,
    /** Zstandard. The default. */
    ZSTD
}
