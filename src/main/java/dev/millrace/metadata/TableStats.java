package dev.millrace.metadata;

/**
 * What servers count about a table. Immutable.
 *
 * @param rowCount of a table with a primary key: its rows. Of a log: the records that it still has. Of all partitions.
 */
public record TableStats(long rowCount) {}
