package dev.millrace.scan;

import dev.millrace.internal.memory.SharedBlock;

/**
 * Complete batches of one bucket, back to back, in a block that may hold those of other buckets too.
 *
 * @param block held by this object until it was read.
 * @param isProjected whether the batches have the columns of the projection only.
 */
record FetchedLog(SharedBlock block, int offset, int length, boolean isProjected) {}
