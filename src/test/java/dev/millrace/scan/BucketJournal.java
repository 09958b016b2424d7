package dev.millrace.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * What one scanner read of a log that several threads write, each counting its rows. Checks while it is read that the
 * offsets of a bucket come without a gap or a repetition, and the rows of a thread in its order.
 */
final class BucketJournal {
    final String name;
    // Written by the thread that reads, seen by all.
    private final AtomicLongArray next;
    private final int[][] last;
    private final BitSet[] seen;

    BucketJournal(final String name, final int buckets, final int writers) {
        this.name = name;
        next = new AtomicLongArray(buckets);
        last = new int[buckets][writers];
        for (final int[] ofBucket : last) {
            Arrays.fill(ofBucket, -1);
        }
        seen = IntStream.range(0, writers).mapToObj(i -> new BitSet()).toArray(BitSet[]::new);
    }

    /** The offset that a bucket goes on with. */
    long next(final int bucket) {
        return next.get(bucket);
    }

    /** A record that is no row of its own, such as the old value of one that was changed. */
    void skip(final int bucket, final long offset) {
        final long due = next.get(bucket);
        if (offset != due) {
            throw new AssertionError(
                    name + ", bucket " + bucket + ": offset " + offset + " came where " + due + " was due");
        }
        next.set(bucket, due + 1);
    }

    void add(final int bucket, final long offset, final int writer, final int n) {
        skip(bucket, offset);
        if (n <= last[bucket][writer]) {
            throw new AssertionError(name + ", bucket " + bucket + ", offset " + offset + ": row " + n + " of writer "
                    + writer + " comes after " + last[bucket][writer]);
        }
        last[bucket][writer] = n;
        if (seen[writer].get(n)) {
            throw new AssertionError(name + ": row " + n + " of writer " + writer + " is there twice");
        }
        seen[writer].set(n);
    }

    boolean hasReached(final long[] ends) {
        return IntStream.range(0, ends.length).allMatch(bucket -> next(bucket) >= ends[bucket]);
    }

    long[] positions() {
        return IntStream.range(0, next.length()).mapToLong(this::next).toArray();
    }

    void assertHolds(final int writer, final BitSet acknowledged) {
        final BitSet lost = (BitSet) acknowledged.clone();
        lost.andNot(seen[writer]);
        assertThat(lost.isEmpty())
                .as("%s did not read acknowledged rows of writer %d: %s", name, writer, lost)
                .isTrue();
    }
}
