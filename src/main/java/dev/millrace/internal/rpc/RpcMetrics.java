package dev.millrace.internal.rpc;

import dev.millrace.internal.metrics.Histogram;
import dev.millrace.internal.metrics.Samples;
import dev.millrace.metrics.ClientMetric;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What the connections of a client count, for each kind of request that was sent. Safe for any number of threads. */
final class RpcMetrics {
    private static final Api[] APIS = Api.values();

    private final AtomicReferenceArray<@Nullable OfApi> byApi = new AtomicReferenceArray<>(APIS.length);

    /** The counters of one kind of request. */
    static final class OfApi {
        final String label;
        final LongAdder requests = new LongAdder();
        final LongAdder responses = new LongAdder();
        final LongAdder errors = new LongAdder();
        final LongAdder inFlight = new LongAdder();
        final LongAdder bytesSent = new LongAdder();
        final LongAdder bytesReceived = new LongAdder();
        final Histogram latency = Histogram.ofTimes();

        private OfApi(final Api api) {
            label = api.name().toLowerCase(Locale.ROOT);
        }
    }

    OfApi of(final Api api) {
        final OfApi known = byApi.get(api.ordinal());
        if (known != null) {
            return known;
        }
        final OfApi made = new OfApi(api);
        final OfApi first = byApi.compareAndExchange(api.ordinal(), null, made);
        return first == null ? made : first;
    }

    void addTo(final Samples samples) {
        for (int i = 0; i < APIS.length; i++) {
            final OfApi counted = byApi.get(i);
            if (counted != null) {
                add(counted, samples);
            }
        }
    }

    private static void add(final OfApi counted, final Samples samples) {
        samples.add(ClientMetric.REQUESTS, counted.requests.sum(), counted.label);
        samples.add(ClientMetric.RESPONSES, counted.responses.sum(), counted.label);
        samples.add(ClientMetric.REQUEST_ERRORS, counted.errors.sum(), counted.label);
        samples.add(ClientMetric.BYTES_SENT, counted.bytesSent.sum(), counted.label);
        samples.add(ClientMetric.BYTES_RECEIVED, counted.bytesReceived.sum(), counted.label);
        samples.add(ClientMetric.REQUEST_LATENCY, counted.latency, counted.label);
        // Read while others count up and down.
        samples.add(ClientMetric.REQUESTS_IN_FLIGHT, Math.max(0, counted.inFlight.sum()), counted.label);
    }
}
