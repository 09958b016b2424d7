package dev.millrace.metadata;

import java.time.Instant;

/**
 * A database in short. Immutable.
 *
 * @param databaseName its name.
 * @param createdTime when it was created, by the clock of ZooKeeper; {@link DatabaseInfo} has the time of the coordinator.
 * @param tableCount how many tables it has; also those that the user may not see.
 */
public record DatabaseSummary(String databaseName, Instant createdTime, int tableCount) {}
