package dev.millrace.testkit;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.millrace.internal.memory.OffHeapPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test class that leaves something behind: blocks of an off-heap pool, Arrow buffers, or threads of the client.
 * Runs for every class by itself (registered as a service), outermost classes only, after their last {@code @AfterAll}.
 * What a class before left is not blamed on the next one. Memory that goes back when its holder is collected gets the
 * chance to: the check collects garbage while it waits.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {
    static final Duration PATIENCE = Duration.ofSeconds(3);
    /** All threads of the client bear names that begin so. */
    static final String THREAD_PREFIX = "millrace-";

    private static final Namespace NAMESPACE = Namespace.create(LeakCheck.class);
    private static final long POLL_MILLIS = 20;
    private static final Pattern THREAD_NAME =
            Pattern.compile("\"name\"\\s*:\\s*\"(" + Pattern.quote(THREAD_PREFIX) + "[^\"]*)\"");

    static {
        CountedArrowMemory.install();
    }

    /** What is outstanding at one moment. */
    record Holdings(long poolBytes, long arrowBytes, List<String> threads) {
        static Holdings now() {
            return new Holdings(
                    OffHeapPool.totalOutstandingBytes(), CountedArrowMemory.outstandingBytes(), clientThreads());
        }

        boolean exceeds(Holdings before) {
            return poolBytes > before.poolBytes
                    || arrowBytes > before.arrowBytes
                    || threads.size() > before.threads.size();
        }

        /** Waits until no more is held than {@code before}, but not forever; returns what is held then. */
        static Holdings settled(Holdings before, Duration patience) {
            long deadlineNs = System.nanoTime() + patience.toNanos();
            Holdings now = now();
            while (now.exceeds(before) && System.nanoTime() - deadlineNs < 0) {
                System.gc();
                pause();
                now = now();
            }
            return now;
        }

        private static void pause() {
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while looking for leaks", e);
            }
        }

        /** Names of platform and virtual threads; only a thread dump knows the latter. */
        private static List<String> clientThreads() {
            try {
                Path directory = Files.createTempDirectory("millrace-threads-");
                Path file = directory.resolve("threads.json");
                try {
                    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                            .dumpThreads(file.toString(), ThreadDumpFormat.JSON);
                    return THREAD_NAME
                            .matcher(Files.readString(file))
                            .results()
                            .map(found -> found.group(1))
                            .sorted()
                            .toList();
                } finally {
                    Files.deleteIfExists(file);
                    Files.delete(directory);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("could not list the threads", e);
            }
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (isOutermost(context)) {
            context.getStore(NAMESPACE).put(Holdings.class, Holdings.now());
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Holdings before = context.getStore(NAMESPACE).get(Holdings.class, Holdings.class);
        if (!isOutermost(context) || before == null) {
            return;
        }
        Holdings after = Holdings.settled(before, PATIENCE);
        if (after.exceeds(before)) {
            throw new AssertionError(
                    context.getDisplayName() + " leaks: it began with " + before + " and ended with " + after);
        }
    }

    private static boolean isOutermost(ExtensionContext context) {
        return context.getRequiredTestClass().getEnclosingClass() == null;
    }
}
