package dev.millrace.examples.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A device that measures as often as it is asked to, and keeps its last reading until that is acknowledged. */
final class SimulatedDevice implements Device {
    private final long id;
    private List<Reading> unacknowledged = List.of();
    private double celsius = 20;
    private int measured;

    SimulatedDevice(long id) {
        this.id = id;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public List<Reading> receive(Duration timeout) throws InterruptedException {
        if (unacknowledged.isEmpty()) {
            Thread.sleep(timeout.dividedBy(2));
            celsius += measured % 2 == 0 ? 0.5 : -0.25;
            measured++;
            unacknowledged = List.of(new Reading(Instant.now(), celsius, Math.max(1, 100 - measured / 1_000)));
        }
        return unacknowledged;
    }

    @Override
    public void acknowledge(int readings) {
        unacknowledged = unacknowledged.subList(readings, unacknowledged.size());
    }
}
