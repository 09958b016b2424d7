package dev.millrace.internal.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** A request to a server. Used by one thread at a time. */
@Name("dev.millrace.Rpc")
@Label("Request")
@Category("Millrace")
@Description("A request to a server, from before it is written until its response is read, it fails or is given up")
@StackTrace(false)
@Threshold("20 ms")
public final class RpcEvent extends Event {
    private static final RpcEvent PROBE = new RpcEvent();

    @Label("API")
    private @Nullable String api;

    @Label("Server")
    private @Nullable String server;

    @Label("Request Size")
    @DataAmount
    private long requestBytes;

    @Label("Response Size")
    @DataAmount
    private long responseBytes;

    @Label("Error")
    @Description("Why there is no response, or what the server refused; nothing for a success")
    private @Nullable String error;

    private RpcEvent() {}

    /** Begins to measure; null while nobody records. */
    public static @Nullable RpcEvent start(final String api, final String server, final long requestBytes) {
        if (!PROBE.isEnabled()) {
            return null;
        }
        final RpcEvent event = new RpcEvent();
        event.api = api;
        event.server = server;
        event.requestBytes = requestBytes;
        event.begin();
        return event;
    }

    /** Records what has become of it. */
    public void finish(final long receivedBytes, final @Nullable String failure) {
        responseBytes = receivedBytes;
        error = failure;
        commit();
    }
}
