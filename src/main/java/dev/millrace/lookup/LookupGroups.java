package dev.millrace.lookup;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts the calls of a request in the order of their buckets, since a server takes each bucket once. Used again; for one
 * thread at a time.
 */
final class LookupGroups {
    private static final int NONE = -1;

    private int count;
    private int callCount;
    private long[] partitionIds = new long[8];
    private int[] buckets = new int[8];
    // Where each group begins among the calls, and where the last one ends.
    private int[] starts = new int[9];
    // The group of each call, and while grouping a hash table of groups.
    private int[] groupOf = new int[16];
    private int[] table = new int[32];

    /** Groups the first {@code length} of some calls, and puts them into another array in that order. */
    void group(final @Nullable LookupCall[] calls, final int length, final @Nullable LookupCall[] ordered) {
        begin(length);
        for (int i = 0; i < length; i++) {
            final LookupCall call = calls[i];
            if (call == null) {
                throw new IllegalArgumentException("no call at " + i);
            }
            final int group = groupFor(call.partitionId(), call.bucket());
            groupOf[i] = group;
            starts[group + 1]++;
        }
        for (int group = 1; group <= count; group++) {
            starts[group] += starts[group - 1];
        }
        // Filling moves each start to the start of the next group; then all are moved back by one.
        for (int i = 0; i < length; i++) {
            ordered[starts[groupOf[i]]++] = calls[i];
        }
        System.arraycopy(starts, 0, starts, 1, count);
        starts[0] = 0;
    }

    private void begin(final int length) {
        count = 0;
        callCount = length;
        if (groupOf.length < length) {
            groupOf = new int[Math.max(length, 2 * groupOf.length)];
            table = new int[Integer.highestOneBit(groupOf.length) * 4];
        }
        Arrays.fill(table, NONE);
        starts[0] = 0;
    }

    private int groupFor(final long partitionId, final int bucket) {
        final long mixed = (partitionId * 31 + bucket) * 0x9E3779B97F4A7C15L;
        int place = (int) (mixed >>> Integer.SIZE) & table.length - 1;
        while (table[place] != NONE) {
            if (is(table[place], partitionId, bucket)) {
                return table[place];
            }
            place = place + 1 & table.length - 1;
        }
        table[place] = count;
        return add(partitionId, bucket);
    }

    private int add(final long partitionId, final int bucket) {
        if (count == buckets.length) {
            partitionIds = Arrays.copyOf(partitionIds, 2 * count);
            buckets = Arrays.copyOf(buckets, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count + 1);
        }
        partitionIds[count] = partitionId;
        buckets[count] = bucket;
        starts[count + 1] = 0;
        return count++;
    }

    private boolean is(final int group, final long partitionId, final int bucket) {
        return buckets[group] == bucket && partitionIds[group] == partitionId;
    }

    /** Finds a group, first where it is expected; -1 if there is none. */
    int find(final long partitionId, final int bucket, final int expected) {
        for (int i = 0; i < count; i++) {
            final int group = (int) ((expected + (long) i) % count);
            if (is(group, partitionId, bucket)) {
                return group;
            }
        }
        return NONE;
    }

    /** How many groups there are. */
    int count() {
        return count;
    }

    int callCount() {
        return callCount;
    }

    long partitionId(final int group) {
        return partitionIds[group];
    }

    int bucket(final int group) {
        return buckets[group];
    }

    int start(final int group) {
        return starts[group];
    }

    int end(final int group) {
        return starts[group + 1];
    }
}
