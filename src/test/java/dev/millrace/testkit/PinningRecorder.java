package dev.millrace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Records pinned virtual threads while a test class runs and fails the class when one was pinned in the client's code.
 * Used as {@code @ExtendWith(PinningRecorder.class)}. A monitor pins on JDK 21 to 23 only; native frames and class
 * initializers pin on later ones too.
 */
public final class PinningRecorder implements BeforeAllCallback, AfterAllCallback {
    private static final Namespace NAMESPACE = Namespace.create(PinningRecorder.class);
    // Those that take the JDK's interrupt lock.
    private static final Set<String> INTERRUPT_METHODS =
            Set.of("interrupt", "getAndClearInterrupt", "clearInterrupt", "blockedOn");
    private static final String EVENT = "jdk.VirtualThreadPinned";

    /** A recording that runs until {@link #stop}. */
    static final class Watch implements AutoCloseable {
        private final Recording recording = new Recording();

        Watch() {
            recording.enable(EVENT).withoutThreshold().withStackTrace();
            recording.start();
        }

        /** The stacks of threads pinned so far in that package or below it, and in no package of the test kit. */
        List<String> stop(String packageName) {
            recording.stop();
            try {
                Path file = Files.createTempFile("millrace-pinning-", ".jfr");
                try {
                    recording.dump(file);
                    return RecordingFile.readAllEvents(file).stream()
                            .filter(event -> event.getEventType().getName().equals(EVENT)
                                    && !isFirstUse(event)
                                    && isIn(packageName + ".", event.getStackTrace()))
                            .map(RecordedEvent::toString)
                            .toList();
                } finally {
                    Files.deleteIfExists(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("could not read what was recorded", e);
            }
        }

        /** A class is loaded, initialized and, of an event, registered once, and whoever needs it meanwhile is held. */
        private static boolean isFirstUse(RecordedEvent event) {
            return event.hasField("pinnedReason")
                            && event.getString("pinnedReason") instanceof String reason
                            && reason.startsWith("Waited for initialization of")
                    || event.getStackTrace() instanceof RecordedStackTrace stack
                            && stack.getFrames().stream()
                                    .anyMatch(frame -> typeName(frame).startsWith("jdk.internal.loader.")
                                            || typeName(frame).equals("jdk.jfr.FlightRecorder")
                                            || frame.getMethod().getName().equals("forName0"));
        }

        private static boolean isIn(String prefix, RecordedStackTrace stack) {
            return stack != null
                    && !isInterruptOfTheJdk(stack)
                    && stack.getFrames().stream()
                            .map(Watch::typeName)
                            .anyMatch(name ->
                                    name.startsWith(prefix) && (prefix.startsWith(KIT) || !name.startsWith(KIT)));
        }

        /** A thread that meets its interrupter at the JDK's own monitor is held for a moment, by nobody's code. */
        private static boolean isInterruptOfTheJdk(RecordedStackTrace stack) {
            RecordedFrame top = stack.getFrames().get(0);
            String type = typeName(top);
            return (type.equals("java.lang.Thread") || type.equals("java.lang.VirtualThread"))
                    && INTERRUPT_METHODS.contains(top.getMethod().getName());
        }

        private static String typeName(RecordedFrame frame) {
            return frame.getMethod().getType().getName();
        }

        @Override
        public void close() {
            recording.close();
        }
    }

    private static final String KIT = "dev.millrace.testkit.";

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(NAMESPACE).put(Watch.class, new Watch());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Watch watch = context.getStore(NAMESPACE).remove(Watch.class, Watch.class);
        if (watch == null) {
            return;
        }
        try (watch) {
            List<String> pinned = watch.stop("dev.millrace");
            if (!pinned.isEmpty()) {
                throw new AssertionError(pinned.size() + " times a virtual thread was pinned:\n" + pinned);
            }
        }
    }
}
