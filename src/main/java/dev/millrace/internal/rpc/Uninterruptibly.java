package dev.millrace.internal.rpc;

import java.time.Duration;

/** Waits that an interrupt does not cut short, for closing: the flag is set again afterwards. */
final class Uninterruptibly {
    private Uninterruptibly() {}

    /** Waits for a thread to end. Returns whether it did. */
    static boolean join(final Thread thread, final Duration timeout) {
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
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
