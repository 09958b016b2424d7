package dev.millrace.lookup;

import dev.millrace.error.FlussException;
import dev.millrace.internal.metrics.RetryEvent;
import dev.millrace.internal.metrics.Samples;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.metrics.MetricSample;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** What the lookups of a connection count. Safe for any number of threads. */
final class LookupMetrics {
    private static final String OPERATION = "lookup";

    private final LongAdder keys = new LongAdder();
    private final LongAdder retries = new LongAdder();

    /** A request with so many keys is about to be sent. */
    void sending(final int count) {
        keys.add(count);
    }

    /** A call has failed, and there will be another attempt. */
    void retrying(final String what, final FlussException failure) {
        retries.increment();
        if (RetryEvent.isRecorded()) {
            RetryEvent.record(OPERATION, what, failure.getMessage());
        }
    }

    /** What was counted so far. */
    List<MetricSample> samples() {
        final Samples samples = new Samples();
        samples.add(ClientMetric.RETRIES, retries.sum(), OPERATION);
        samples.add(ClientMetric.LOOKUP_KEYS, keys.sum());
        return samples.toList();
    }
}
