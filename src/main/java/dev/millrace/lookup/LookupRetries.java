package dev.millrace.lookup;

import dev.millrace.error.FlussException;
import dev.millrace.error.FlussInterruptedException;
import dev.millrace.error.RpcException;
import dev.millrace.internal.cluster.Backoff;
import dev.millrace.internal.cluster.PartitionPath;
import dev.millrace.internal.rpc.UnsupportedApi;

/** Whether and when the lookups of one blocking call are tried again. Made at its first failure; for its thread. */
final class LookupRetries {
    private final LookupTarget target;
    private final LookupMetrics metrics;
    private final Backoff backoff;
    private int left;
    private boolean isFirst = true;

    LookupRetries(final LookupTarget target, final int maxRetries, final long deadlineNs, final LookupMetrics metrics) {
        this.target = target;
        this.left = maxRetries;
        this.metrics = metrics;
        this.backoff = new Backoff(deadlineNs);
    }

    /**
     * Waits until it is time for another attempt; not before the first.
     *
     * @param call one that has failed.
     * @throws FlussException the failure, told of the call: it will not pass, or there is no attempt or no time left.
     * @throws UnsupportedOperationException the server cannot do this.
     * @throws FlussInterruptedException interrupted while waiting; the flag is set again.
     */
    void next(final LookupCall call, final FlussException failure) {
        final String text = describe(call) + ": " + failure.getMessage();
        if (!failure.isRetriable() || call.isTooLong() || left == 0) {
            throw UnsupportedApi.thrown(failure.again(text));
        }
        if (!backoff.hasTime()) {
            throw new RpcException("no answer in time to a " + text, failure);
        }
        left--;
        metrics.retrying(text, failure);
        if (!isFirst) {
            backoff.pause();
        }
        isFirst = false;
    }

    private String describe(final LookupCall call) {
        final PartitionPath partition = call.partition();
        return target + (partition == null ? "" : ", partition " + partition.partition()) + ", bucket " + call.bucket();
    }
}
