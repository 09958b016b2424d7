package dev.millrace.admin;

import dev.millrace.metadata.TableBucket;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * The offsets that are registered for a producer. Immutable.
 *
 * @param producerId whose they are.
 * @param tableOffsets by the number of the table; without tables that the user may not read.
 * @param expirationTime when the cluster forgets them, by its clock.
 */
public record ProducerOffsetsResult(
        String producerId, Map<Long, Map<TableBucket, Long>> tableOffsets, Instant expirationTime) {
    /** Copies the maps. */
    public ProducerOffsetsResult {
        final Map<Long, Map<TableBucket, Long>> copies = new HashMap<>();
        tableOffsets.forEach((table, offsets) -> copies.put(table, Map.copyOf(offsets)));
        tableOffsets = Map.copyOf(copies);
    }
}
