package dev.millrace.quickstart;

import org.jspecify.annotations.Nullable;

/** What ended a thread, on its way to the thread that waits for it. */
final class Failures {
    private Failures() {}

    /** Throws {@code failure} as it is; does nothing when there is none. */
    static void rethrow(@Nullable Throwable failure) {
        switch (failure) {
            case null -> {}
            case RuntimeException exception -> throw exception;
            case Error error -> throw error;
            default -> throw new IllegalStateException(failure);
        }
    }
}
