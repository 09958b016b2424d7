package dev.millrace.write;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Chooses the buckets of rows that have no bucket key: as long as one has a leader, none of those that are known to have
 * none. Safe for any number of threads.
 */
abstract sealed class BucketAssigner {
    final BucketQueue[] buckets;

    BucketAssigner(final BucketQueue[] buckets) {
        this.buckets = buckets;
    }

    static BucketAssigner of(final boolean roundRobin, final BucketQueue[] buckets) {
        return roundRobin ? new RoundRobin(buckets) : new Sticky(buckets);
    }

    /** The bucket of the next row. */
    abstract int next();

    /** The bucket for a row for which {@code bucket} has no open batch with room. */
    abstract int onNewBatch(int bucket);

    /** The first bucket from {@code first} on that may have a leader; {@code first} itself if none has one. */
    final int fromThereOn(final int first) {
        for (int i = 0; i < buckets.length; i++) {
            final int bucket = (first + i) % buckets.length;
            if (!buckets[bucket].lacksLeader()) {
                return bucket;
            }
        }
        return first;
    }

    /** All rows go to one bucket until its batch is full or its leader is lost; then to another one by chance. */
    private static final class Sticky extends BucketAssigner {
        private final AtomicInteger current;

        Sticky(final BucketQueue[] buckets) {
            super(buckets);
            this.current = new AtomicInteger(ThreadLocalRandom.current().nextInt(buckets.length));
        }

        @Override
        int next() {
            final int bucket = current.get();
            return buckets[bucket].lacksLeader() ? onNewBatch(bucket) : bucket;
        }

        @Override
        int onNewBatch(final int bucket) {
            if (buckets.length == 1) {
                return bucket;
            }
            final int other = (bucket + 1 + ThreadLocalRandom.current().nextInt(buckets.length - 1)) % buckets.length;
            // Of many threads that meet the same full batch, one moves on and the others follow.
            current.compareAndSet(bucket, fromThereOn(other));
            return current.get();
        }
    }

    /** Each row to the next bucket. */
    private static final class RoundRobin extends BucketAssigner {
        private final AtomicInteger counter;

        RoundRobin(final BucketQueue[] buckets) {
            super(buckets);
            this.counter = new AtomicInteger(ThreadLocalRandom.current().nextInt(buckets.length));
        }

        @Override
        int next() {
            return fromThereOn(Math.floorMod(counter.getAndIncrement(), buckets.length));
        }

        @Override
        int onNewBatch(final int bucket) {
            return bucket;
        }
    }
}
