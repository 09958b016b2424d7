package dev.millrace.examples.telemetry;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The collector's side of a connection to a device. For one thread at a time. */
interface Device {
    /** What a device measured at a time. */
    record Reading(Instant time, double celsius, int batteryPercent) {}

    long id();

    /** Waits for readings; empty if there are none in time. Those that are not acknowledged come again. */
    List<Reading> receive(Duration timeout) throws InterruptedException;

    /** Tells the device that its oldest readings are stored, so that it may forget them. */
    void acknowledge(int readings);
}
