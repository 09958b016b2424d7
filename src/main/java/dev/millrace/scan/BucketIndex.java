package dev.millrace.scan;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the subscriptions of one request by their buckets, of which there may be thousands: an open hash table of places
 * in the request, filled anew for each response. For one thread.
 */
final class BucketIndex {
    private static final int FREE = -1;
    private static final int FIRST_SLOTS = 16;

    private List<Subscription> subscriptions = List.of();
    private int[] places = new int[FIRST_SLOTS];

    /** @param all no bucket twice. */
    void fill(final List<Subscription> all) {
        subscriptions = all;
        if (places.length < 2 * all.size()) {
            places = new int[Integer.highestOneBit(2 * all.size()) << 1];
        }
        Arrays.fill(places, FREE);
        for (int place = 0; place < all.size(); place++) {
            final Subscription subscription = all.get(place);
            int slot = slot(subscription.bucket.partitionId(), subscription.bucket.bucketId());
            while (places[slot] != FREE) {
                slot = slot + 1 & places.length - 1;
            }
            places[slot] = place;
        }
    }

    /** The subscription whose bucket a response has come to, or null. */
    @Nullable Subscription find(final FetchResponse response) {
        int slot = slot(response.partitionId(), response.bucketId());
        while (places[slot] != FREE) {
            final Subscription subscription = subscriptions.get(places[slot]);
            if (response.isOf(subscription.bucket.partitionId(), subscription.bucket.bucketId())) {
                return subscription;
            }
            slot = slot + 1 & places.length - 1;
        }
        return null;
    }

    private int slot(final @Nullable Long partitionId, final int bucketId) {
        return slot(partitionId == null ? 0 : partitionId.longValue(), bucketId);
    }

    private int slot(final long partitionId, final int bucketId) {
        final long mixed = (partitionId * 0x9E3779B97F4A7C15L + bucketId) * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> Integer.SIZE) & places.length - 1;
    }
}
