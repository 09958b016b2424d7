package dev.millrace.internal.metrics;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** An attempt has failed and is made again. */
@Name("dev.millrace.Retry")
@Label("Retry")
@Category("Millrace")
@Description("An attempt has failed and is made again")
@StackTrace(false)
public final class RetryEvent extends Event {
    private static final RetryEvent PROBE = new RetryEvent();

    @Label("Operation")
    @Description("write, fetch or lookup")
    private @Nullable String operation;

    @Label("Subject")
    @Description("Of what: a batch, a bucket, a lookup")
    private @Nullable String subject;

    @Label("Error")
    @Description("Why the attempt failed")
    private @Nullable String error;

    private RetryEvent() {}

    public static boolean isRecorded() {
        return PROBE.isEnabled();
    }

    /** Records it. */
    public static void record(final String operation, final String subject, final @Nullable String error) {
        final RetryEvent event = new RetryEvent();
        event.operation = operation;
        event.subject = subject;
        event.error = error;
        event.commit();
    }
}
