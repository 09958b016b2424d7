package dev.millrace.testkit;

/**
 * Closes in the background what takes its time over it and that no test waits for: the official client lets go of its
 * threads for two seconds. The JVM does not end before it is closed. Safe for any number of threads.
 */
public final class Later {
    private Later() {}

    /** Begins to close; a failure is told to the handler of uncaught exceptions, which prints it. */
    public static void close(AutoCloseable resource) {
        Thread.ofPlatform().name("test-closes-later").start(() -> {
            try {
                resource.close();
            } catch (Exception e) {
                throw new IllegalStateException("could not close " + resource, e);
            }
        });
    }
}
