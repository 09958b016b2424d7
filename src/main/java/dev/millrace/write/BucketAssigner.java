package dev.millrace.write;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Chooses the bucket of a row that has no bucket key. Safe for any number of threads. */
abstract sealed class BucketAssigner {
    static BucketAssigner of(final boolean roundRobin, final int bucketCount) {
        return roundRobin ? new RoundRobin(bucketCount) : new Sticky(bucketCount);
    }

    /** The bucket of the next row. */
    abstract int next();

    /** The bucket for a row for which {@code bucket} has no open batch with room. */
    abstract int onNewBatch(int bucket);

    /** All rows go to one bucket until its batch is full; then to another one by chance. */
    private static final class Sticky extends BucketAssigner {
        private final int bucketCount;
        private final AtomicInteger current;

        Sticky(final int bucketCount) {
            this.bucketCount = bucketCount;
            this.current = new AtomicInteger(ThreadLocalRandom.current().nextInt(bucketCount));
        }

        @Override
        int next() {
            return current.get();
        }

        @Override
        int onNewBatch(final int bucket) {
            if (bucketCount == 1) {
                return bucket;
            }
            final int other = (bucket + 1 + ThreadLocalRandom.current().nextInt(bucketCount - 1)) % bucketCount;
            // Of many threads that meet the same full batch, one moves on and the others follow.
            current.compareAndSet(bucket, other);
            return current.get();
        }
    }

    /** Each row to the next bucket. */
    private static final class RoundRobin extends BucketAssigner {
        private final int bucketCount;
        private final AtomicInteger counter;

        RoundRobin(final int bucketCount) {
            this.bucketCount = bucketCount;
            this.counter = new AtomicInteger(ThreadLocalRandom.current().nextInt(bucketCount));
        }

        @Override
        int next() {
            return Math.floorMod(counter.getAndIncrement(), bucketCount);
        }

        @Override
        int onNewBatch(final int bucket) {
            return bucket;
        }
    }
}
