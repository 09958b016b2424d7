package dev.millrace.internal.cluster;

import dev.millrace.error.FlussInterruptedException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The growing pauses between the attempts of one call. For the thread that makes the call. */
public final class Backoff {
    private static final long FIRST_PAUSE_MS = 20;
    private static final long MAX_PAUSE_MS = 1_000;

    private final long deadlineNs;
    private long pauseMs = FIRST_PAUSE_MS;

    /** @param deadlineNs of the call, on the clock of {@link System#nanoTime()}. */
    public Backoff(final long deadlineNs) {
        this.deadlineNs = deadlineNs;
    }

    /** Whether there is time for a pause and something after it. */
    public boolean hasTime() {
        return deadlineNs - System.nanoTime() > TimeUnit.MILLISECONDS.toNanos(pauseMs);
    }

    /**
     * Waits, each time longer.
     *
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     */
    public void pause() {
        try {
            Thread.sleep(pauseMs - ThreadLocalRandom.current().nextLong(pauseMs / 4));
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FlussInterruptedException("interrupted while waiting to try again");
        }
        pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
    }
}
