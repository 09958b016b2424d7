package dev.millrace.internal.rpc;

import java.time.Duration;

/** Waits that an interrupt does not cut short, for closing: the flag is set again afterwards. */
public final class Uninterruptibly {
    private Uninterruptibly() {}

    /** Waits for a thread to end, until a deadline; not for the calling thread itself. Returns whether it ended. */
    public static boolean join(final Thread thread, final long deadlineNs) {
        if (thread == Thread.currentThread()) {
            return false;
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return thread.join(Duration.ofNanos(deadlineNs - System.nanoTime()));
                } catch (final InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
