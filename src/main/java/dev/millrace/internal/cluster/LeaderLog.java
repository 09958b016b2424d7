package dev.millrace.internal.cluster;

import dev.millrace.metadata.TablePath;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the log once when buckets of a table have been without a leader for a while, however often they are looked for,
 * and once when all that were missed have one again. Of the one refresh that runs.
 */
final class LeaderLog {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    /** A table that was just created has no leaders either. */
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(2);

    private final Map<TablePath, Absence> absences = new HashMap<>();

    /** Since when some of the buckets of a table have no leader, and where in it. */
    private static final class Absence {
        final long sinceNs = System.nanoTime();
        final Map<Record, BucketLeaders> places = new HashMap<>();
        boolean isTold;
    }

    /** Sees what a server says of a table, or of one of its partitions. */
    void note(final TablePath table, final Record place, final BucketLeaders location, final ClusterSnapshot seen) {
        for (int bucket = 0; bucket < location.leaders().length; bucket++) {
            if (seen.leader(location, bucket) == null) {
                missed(table, place, location, bucket);
                return;
            }
        }
        found(table, place);
    }

    private void missed(final TablePath table, final Record place, final BucketLeaders location, final int bucket) {
        final Absence absence = absences.computeIfAbsent(table, path -> new Absence());
        absence.places.put(place, location);
        if (!absence.isTold && System.nanoTime() - absence.sinceNs >= PATIENCE_NS) {
            absence.isTold = true;
            LOG.warn("Leader unknown: bucket {} of {}, perhaps others; what is meant for them waits", bucket, place);
        }
    }

    private void found(final TablePath table, final Record place) {
        final Absence absence = absences.get(table);
        if (absence != null && absence.places.remove(place) != null && absence.places.isEmpty()) {
            absences.remove(table);
            if (absence.isTold) {
                LOG.info(
                        "Leaders known again after {} ms: {}",
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - absence.sinceNs),
                        table);
            }
        }
    }

    /** There is no such place any more, or not for this user: nobody will find its leaders, and none is missing. */
    void forget(final TablePath table, final Record place) {
        forget(table, (missed, location) -> missed.equals(place));
    }

    /** The same for partitions by their ids. */
    void forget(final TablePath table, final Set<Long> partitionIds) {
        forget(
                table,
                (missed, location) -> location instanceof final PartitionLocation partition
                        && partitionIds.contains(partition.partitionId()));
    }

    private void forget(final TablePath table, final BiPredicate<Record, BucketLeaders> isGone) {
        final Absence absence = absences.get(table);
        if (absence != null) {
            absence.places.entrySet().removeIf(missed -> isGone.test(missed.getKey(), missed.getValue()));
            if (absence.places.isEmpty()) {
                absences.remove(table);
            }
        }
    }
}
