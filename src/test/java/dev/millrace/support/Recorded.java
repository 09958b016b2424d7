package dev.millrace.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** The client's own events in a flight recording, however short they were. */
public final class Recorded implements AutoCloseable {
    private static final List<String> EVENTS = List.of("Rpc", "BatchSent", "Retry", "Fetch", "BackPressure", "Poll");

    private final Recording recording = new Recording();

    private Recorded() {
        EVENTS.forEach(name -> recording.enable("dev.millrace." + name).withoutThreshold());
        recording.start();
    }

    /** Records from now on. */
    public static Recorded start() {
        return new Recorded();
    }

    /** What was recorded so far under that name, in order. */
    public List<RecordedEvent> events(String name) {
        try {
            Path file = Files.createTempFile("millrace-events-", ".jfr");
            try (Recording taken = FlightRecorder.getFlightRecorder().takeSnapshot()) {
                taken.dump(file);
                return RecordingFile.readAllEvents(file).stream()
                        .filter(event -> event.getEventType().getName().equals(name)
                                && event.getStartTime().isAfter(recording.getStartTime()))
                        .toList();
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not read what was recorded", e);
        }
    }

    @Override
    public void close() {
        recording.close();
    }
}
