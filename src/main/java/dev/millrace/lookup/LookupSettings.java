package dev.millrace.lookup;

import dev.millrace.Config;
import java.util.concurrent.TimeUnit;

/**
 * The options that lookups obey.
 *
 * @param connectTimeoutNs how long a server that cannot be connected to holds up the lookups that it is to answer, before
 *     their callers look for another leader.
 * @param acks what an insert waits for: -1 all in-sync replicas, 0 nothing, 1 the leader.
 */
record LookupSettings(
        int maxBatchSize,
        int maxInflightRequests,
        int maxRetries,
        long requestTimeoutNs,
        long connectTimeoutNs,
        int acks) {
    private static final int CONNECT_SHARE = 4;

    static LookupSettings of(final Config config) {
        final long requestTimeoutNs = config.requestTimeout().toNanos();
        return new LookupSettings(
                config.lookupMaxBatchSize(),
                config.lookupMaxInflightRequests(),
                config.lookupMaxRetries(),
                requestTimeoutNs,
                Math.min(config.connectTimeout().toNanos(), requestTimeoutNs / CONNECT_SHARE),
                config.writerAcks().equals("all") ? -1 : Integer.parseInt(config.writerAcks()));
    }

    /** How long a server may wait for its replicas. */
    int timeoutMs() {
        return (int) Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(requestTimeoutNs));
    }
}
