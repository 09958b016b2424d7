package dev.millrace.internal.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A thread waits for memory. */
@Name("dev.millrace.BackPressure")
@Label("Back-Pressure Wait")
@Category("Millrace")
@Description("A thread waits for memory of the client: one that writes, fetches or polls")
@Threshold("1 ms")
public final class BackPressureEvent extends Event {
    private static final BackPressureEvent PROBE = new BackPressureEvent();

    @Label("Pool")
    @Description("write memory or read memory")
    private @Nullable String pool;

    @Label("Wanted")
    @Description("0 if the thread waits for any memory to come free")
    @DataAmount
    private long wantedBytes;

    private BackPressureEvent() {}

    /** Begins to measure; null while nobody records. */
    public static @Nullable BackPressureEvent start(final String pool, final long wantedBytes) {
        if (!PROBE.isEnabled()) {
            return null;
        }
        final BackPressureEvent event = new BackPressureEvent();
        event.pool = pool;
        event.wantedBytes = wantedBytes;
        event.begin();
        return event;
    }

    /** The wait is over. For the thread that waited. */
    public static void finish(final @Nullable BackPressureEvent started) {
        if (started != null) {
            started.commit();
        }
    }
}
