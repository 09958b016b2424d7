package dev.millrace.lookup;

import dev.millrace.error.FlussException;
import org.jspecify.annotations.Nullable;

/** Lookups of one kind that wait to be sent, in the order they came: a queue linked by the calls. For one thread. */
final class LookupLane {
    /** Of the keys of one request, but for the last one. */
    private static final int MAX_KEY_BYTES = 4 << 20;

    private @Nullable LookupCall first;
    private @Nullable LookupCall last;
    // Those that have ended meanwhile count until they are come across.
    private int size;

    boolean isEmpty() {
        return first == null;
    }

    int size() {
        return size;
    }

    void add(final LookupCall call) {
        if (last == null) {
            first = call;
        } else {
            last.next = call;
        }
        last = call;
        size++;
    }

    /**
     * Takes out lookups that may go in one request: of the target of the first one, as many as there is room for.
     *
     * @return how many; 0 if nobody waits any more.
     */
    int take(final @Nullable LookupCall[] into) {
        int count = 0;
        long keyBytes = 0;
        LookupTarget target = null;
        LookupCall before = null;
        LookupCall call = first;
        while (call != null && count < into.length && keyBytes < MAX_KEY_BYTES) {
            final LookupCall behind = call.next;
            if (!call.isWaiting()) {
                unlink(before, call);
            } else if (target == null || !call.isAlone() && call.target().sharesRequestsWith(target)) {
                unlink(before, call);
                target = call.target();
                keyBytes += call.isAlone() ? MAX_KEY_BYTES : call.keyLength();
                into[count++] = call;
            } else {
                before = call;
            }
            call = behind;
        }
        return count;
    }

    private void unlink(final @Nullable LookupCall before, final LookupCall call) {
        if (before == null) {
            first = call.next;
        } else {
            before.next = call.next;
        }
        if (last == call) {
            last = before;
        }
        call.next = null;
        size--;
    }

    /** Fails all that wait. */
    void fail(final FlussException failure) {
        for (LookupCall call = first; call != null; call = first) {
            unlink(null, call);
            if (call.claim()) {
                call.failed(failure);
            }
        }
    }
}
