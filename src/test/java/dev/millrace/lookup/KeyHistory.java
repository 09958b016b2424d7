package dev.millrace.lookup;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * What was done to one key of a table: changes numbered from 1, most of them upserts of their number. Noted by the thread
 * that makes them, and seen by all.
 */
final class KeyHistory {
    /** What a key has that was not written yet, or was deleted. */
    static final int NO_ROW = 0;

    private static final int DELETE_EVERY = 8;

    final int key;
    private final Set<Integer> neverSent = ConcurrentHashMap.newKeySet();
    private volatile int begun;
    private volatile Acknowledged acknowledged = new Acknowledged(0, System.nanoTime());

    /** The last change of which it is known that it was made, and since when that is known. */
    record Acknowledged(int change, long atNs) {}

    KeyHistory(final int key) {
        this.key = key;
    }

    /** The number of another change, which may be seen from now on. */
    int begin() {
        final int change = begun + 1;
        begun = change;
        return change;
    }

    static boolean isDelete(final int change) {
        return change % DELETE_EVERY == 0;
    }

    void acknowledge(final int change) {
        acknowledged = new Acknowledged(change, System.nanoTime());
    }

    void noteNeverSent(final int change) {
        neverSent.add(change);
    }

    Acknowledged acknowledged() {
        return acknowledged;
    }

    boolean isAllAcknowledged() {
        return acknowledged.change == begun;
    }

    /** Whether a lookup may find this, if it knows of all changes up to some number. */
    boolean mayHave(final int found, final int known) {
        final int last = begun;
        if (found == NO_ROW) {
            // No change at all is as good as a delete.
            return IntStream.rangeClosed(known, last)
                    .anyMatch(change -> isDelete(change) && !neverSent.contains(change));
        }
        return found >= known && found <= last && !isDelete(found) && !neverSent.contains(found);
    }

    @Override
    public String toString() {
        return "key " + key + ", changed " + begun + " times, acknowledged up to " + acknowledged.change;
    }
}
