package dev.millrace.metadata;

/** The keys of the table options that this library reads or sets itself, and their defaults. */
final class TableOptions {
    static final String LOG_FORMAT = "table.log.format";
    static final String KV_FORMAT = "table.kv.format";
    static final String KV_FORMAT_VERSION = "table.kv.format-version";
    static final String DATA_LAKE_FORMAT = "table.datalake.format";
    static final String COMPRESSION_TYPE = "table.log.arrow.compression.type";
    static final String ZSTD_LEVEL = "table.log.arrow.compression.zstd.level";

    static final LogFormat DEFAULT_LOG_FORMAT = LogFormat.ARROW;
    static final KvFormat DEFAULT_KV_FORMAT = KvFormat.COMPACTED;
    static final CompressionType DEFAULT_COMPRESSION_TYPE = CompressionType.ZSTD;
    static final int DEFAULT_ZSTD_LEVEL = 3;
    static final int DEFAULT_KV_FORMAT_VERSION = 1;

    private TableOptions() {}
}
