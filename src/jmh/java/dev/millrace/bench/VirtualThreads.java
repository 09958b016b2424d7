package dev.millrace.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Many callers at once. The threads of JMH are platform threads, so one invocation starts virtual ones, for both clients:
 * callers must be the same for what differs to be the client, and a thousand platform threads would measure the operating
 * system's scheduler. From JDK 24 on a virtual thread that meets a monitor, as in the official client, lets go of its
 * carrier; measure with such a JDK.
 */
public final class VirtualThreads {
    private VirtualThreads() {}

    /** What one thread does with its share of the rows. */
    public interface Share {
        void write(long begin, long end) throws Exception;
    }

    /**
     * Gives each thread its {@code rowsEach} rows, from {@code begin} on, lets all begin when the last one has started, and
     * waits for the end of all.
     *
     * @throws java.util.concurrent.ExecutionException a thread failed.
     */
    public static void write(final int threads, final long begin, final int rowsEach, final Share share)
            throws Exception {
        final CountDownLatch started = new CountDownLatch(threads);
        final List<Future<?>> ends = new ArrayList<>(threads);
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < threads; i++) {
                final long own = begin + (long) i * rowsEach;
                ends.add(executor.submit(() -> {
                    started.countDown();
                    started.await();
                    share.write(own, own + rowsEach);
                    return null;
                }));
            }
            for (final Future<?> end : ends) {
                end.get();
            }
        }
    }
}
