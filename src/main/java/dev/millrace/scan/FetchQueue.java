package dev.millrace.scan;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The buckets of one server that the next requests ask for: those that had data the last time apart from the silent ones,
 * so that a server holds back a request of thousands of silent buckets, and answers meanwhile those of a few busy ones.
 * Guarded by the lock of {@link LogFetcher}.
 */
final class FetchQueue {
    private final Set<Subscription> busy = new LinkedHashSet<>();
    private final Set<Subscription> silent = new LinkedHashSet<>();
    private final Set<Subscription> paused = new LinkedHashSet<>();

    /** Returns false if the bucket was there already. */
    boolean add(final Subscription subscription, final long nowNs) {
        if (subscription.retryAtNs - nowNs > 0) {
            return paused.add(subscription);
        }
        // Its pause may be over without the queue having seen that; it must not stand there twice.
        paused.remove(subscription);
        return (subscription.isBusy ? busy : silent).add(subscription);
    }

    void remove(final Subscription subscription) {
        busy.remove(subscription);
        silent.remove(subscription);
        paused.remove(subscription);
    }

    /** Lets those go on whose pause is over. Returns until when others pause, at the earliest. */
    long endPauses(final long nowNs) {
        long nextNs = Long.MAX_VALUE;
        final Iterator<Subscription> all = paused.iterator();
        while (all.hasNext()) {
            final Subscription subscription = all.next();
            if (subscription.retryAtNs - nowNs > 0) {
                nextNs = Math.min(nextNs, subscription.retryAtNs);
            } else {
                all.remove();
                (subscription.isBusy ? busy : silent).add(subscription);
            }
        }
        return nextNs;
    }

    boolean hasBusy() {
        return !busy.isEmpty();
    }

    boolean hasSilent() {
        return !silent.isEmpty();
    }

    /** Takes out the first ones, which are of one kind, up to a number of them. */
    void poll(final boolean silentOnes, final int most, final List<Subscription> to) {
        final Iterator<Subscription> first = (silentOnes ? silent : busy).iterator();
        for (int i = 0; i < most && first.hasNext(); i++) {
            to.add(first.next());
            first.remove();
        }
    }
}
