package dev.millrace.metadata;

import java.time.Instant;

/**
 * A database as the cluster has it. Immutable.
 *
 * @param databaseName its name.
 * @param databaseDescriptor what it was created with.
 * @param createdTime when it was created, by the clock of the cluster.
 * @param modifiedTime when it was last changed.
 */
public record DatabaseInfo(
        String databaseName, DatabaseDescriptor databaseDescriptor, Instant createdTime, Instant modifiedTime) {}
