package dev.millrace.lookup;

import dev.millrace.internal.memory.Spares;
import dev.millrace.internal.rpc.Uninterruptibly;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * The calls of a client, spare ones and those in use, and one virtual thread that ends the waiting of those whose time is
 * over. So that no lookup needs a timer: the thread sleeps until the earliest deadline of all, and while nobody looks
 * anything up it sleeps for good.
 *
 * <p>Safe for any number of threads.
 */
final class LookupCalls {
    private static final int SPARE = 1024;
    private static final long NEVER = Long.MAX_VALUE;

    private final Spares<LookupCall> spares = new Spares<>(SPARE);
    private final Set<LookupCall> all = ConcurrentHashMap.newKeySet();
    private final Runnable expired;
    private final Thread thread =
            Thread.ofVirtual().name("millrace-lookup-deadlines").unstarted(this::watch);
    // Set by the watching thread before it sleeps for good; whoever begins to wait looks at it.
    private volatile boolean isAsleep;
    private volatile boolean isClosed;

    /** @param expired told after some waiting was ended. */
    LookupCalls(final Runnable expired) {
        this.expired = expired;
    }

    void start() {
        thread.start();
    }

    /** A call that nobody uses. */
    LookupCall take() {
        final LookupCall spare = spares.take();
        if (spare != null) {
            return spare;
        }
        final LookupCall made = new LookupCall();
        all.add(made);
        return made;
    }

    /** Keeps a call for another lookup, or forgets it if that is not to be. */
    void giveBack(final LookupCall call) {
        if (!call.reset() || !spares.giveBack(call)) {
            all.remove(call);
        }
    }

    /**
     * To be called after a call began to wait: then it is certain to end.
     *
     * @return false if this is closed, and the call has ended or will in a moment.
     */
    boolean watch(final LookupCall call) {
        if (isAsleep) {
            LockSupport.unpark(thread);
        }
        if (isClosed) {
            call.end(call.state(), LookupCall.CLOSED);
            return false;
        }
        return true;
    }

    boolean isClosed() {
        return isClosed;
    }

    private void watch() {
        while (!isClosed) {
            final long wakeAtNs = endOverdue();
            if (wakeAtNs == NEVER) {
                isAsleep = true;
                // Who began to wait before he could see that is found now.
                if (endOverdue() == NEVER && !isClosed) {
                    LockSupport.park(this);
                }
                isAsleep = false;
            } else {
                LockSupport.parkNanos(this, wakeAtNs - System.nanoTime());
            }
        }
    }

    /** Ends what is overdue; returns the earliest deadline of the others, or NEVER if no call is in use. */
    private long endOverdue() {
        final long nowNs = System.nanoTime();
        long leftNs = NEVER;
        boolean any = false;
        for (final LookupCall call : all) {
            final int state = call.state();
            final long callLeftNs = call.deadlineNs() - nowNs;
            if (LookupCall.isIdle(state)) {
                continue;
            }
            if (callLeftNs > 0) {
                leftNs = Math.min(leftNs, callLeftNs);
            } else {
                any |= call.end(state, LookupCall.EXPIRED);
            }
        }
        if (any) {
            expired.run();
        }
        return leftNs == NEVER ? NEVER : nowNs + leftNs;
    }

    /** Ends all waiting, and lets none begin. Waits for the watching thread until the deadline at most. */
    void close(final long deadlineNs) {
        isClosed = true;
        for (final LookupCall call : all) {
            call.end(call.state(), LookupCall.CLOSED);
        }
        LockSupport.unpark(thread);
        Uninterruptibly.join(thread, deadlineNs);
    }
}
