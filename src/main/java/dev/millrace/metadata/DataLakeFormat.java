package dev.millrace.metadata;

/** The format of the lake that a table's data is tiered to. */
public enum DataLakeFormat {
    /** Apache Paimon. */
    PAIMON,
    /** Lance. */
    LANCE,
    /** Apache Iceberg. */
    ICEBERG
}
