package dev.millrace.internal.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** An application polls a scanner. For the thread that polls. */
@Name("dev.millrace.Poll")
@Label("Poll")
@Category("Millrace")
@Description("An application polls a scanner: waits for data, checks, decompresses and returns it")
@Threshold("20 ms")
public final class PollEvent extends Event {
    private static final PollEvent PROBE = new PollEvent();

    @Label("Table")
    private @Nullable String table;

    @Label("Rows")
    private int rows;

    private PollEvent() {}

    public static boolean isRecorded() {
        return PROBE.isEnabled();
    }

    /** Begins to measure. */
    public static PollEvent start(final String table) {
        final PollEvent event = new PollEvent();
        event.table = table;
        event.begin();
        return event;
    }

    /** Records that the poll ends, with so many rows. */
    public void finish(final int gathered) {
        rows = gathered;
        commit();
    }
}
