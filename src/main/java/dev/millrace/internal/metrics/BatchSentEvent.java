package dev.millrace.internal.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** A batch of rows is sent to a server. Used by one thread at a time. */
@Name("dev.millrace.BatchSent")
@Label("Batch Sent")
@Category("Millrace")
@Description(
        "An attempt to deliver a batch of rows, from before it is written until the server's answer, or the lack of one")
@StackTrace(false)
public final class BatchSentEvent extends Event {
    private static final BatchSentEvent PROBE = new BatchSentEvent();

    @Label("Bucket")
    private @Nullable String bucket;

    @Label("Server")
    private @Nullable String server;

    @Label("Rows")
    private int rows;

    @Label("Size")
    @DataAmount
    private long bytes;

    @Label("Attempts")
    @Description("How many attempts there were for this batch, this one included")
    private int attempts;

    @Label("Error")
    @Description("Why the batch is not acknowledged; nothing if it is")
    private @Nullable String error;

    private BatchSentEvent() {}

    public static boolean isRecorded() {
        return PROBE.isEnabled();
    }

    /** Begins to measure. */
    public static BatchSentEvent start(
            final String bucket, final String server, final int rows, final long bytes, final int attempts) {
        final BatchSentEvent event = new BatchSentEvent();
        event.bucket = bucket;
        event.server = server;
        event.rows = rows;
        event.bytes = bytes;
        event.attempts = attempts;
        event.begin();
        return event;
    }

    /** Records what has become of it. */
    public void finish(final @Nullable String failure) {
        error = failure;
        commit();
    }
}
