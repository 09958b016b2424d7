package dev.millrace.internal.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A scanner fetches from a server. Used by one thread at a time. */
@Name("dev.millrace.Fetch")
@Label("Fetch")
@Category("Millrace")
@Description("A scanner asks a server for the logs of buckets; the server may wait for data before it answers")
@StackTrace(false)
@Threshold("20 ms")
public final class FetchEvent extends Event {
    private static final FetchEvent PROBE = new FetchEvent();

    @Label("Table")
    private @Nullable String table;

    @Label("Server")
    private @Nullable String server;

    @Label("Buckets")
    @Description("How many buckets are asked for")
    private int buckets;

    @Label("Longest Wait")
    @Description("How long the server may wait for data")
    @Timespan(Timespan.MILLISECONDS)
    private long maxWait;

    @Label("Response Size")
    @DataAmount
    private long bytes;

    @Label("Error")
    @Description("Why there is no response; nothing if there is one, which may tell of failures of single buckets")
    private @Nullable String error;

    private FetchEvent() {}

    public static boolean isRecorded() {
        return PROBE.isEnabled();
    }

    /** Begins to measure. */
    public static FetchEvent start(final String table, final String server, final int buckets, final long maxWaitMs) {
        final FetchEvent event = new FetchEvent();
        event.table = table;
        event.server = server;
        event.buckets = buckets;
        event.maxWait = maxWaitMs;
        event.begin();
        return event;
    }

    /** Records what has become of it. */
    public void finish(final long receivedBytes, final @Nullable String failure) {
        bytes = receivedBytes;
        error = failure;
        commit();
    }
}
