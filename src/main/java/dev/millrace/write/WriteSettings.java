package dev.millrace.write;

import dev.millrace.Config;
import java.time.Duration;

/** What writing needs of the configuration, in the units it works in. */
record WriteSettings(
        int batchLength,
        int requestLength,
        long lingerNs,
        long deliveryTimeoutNs,
        long bufferWaitNs,
        int maxInFlight,
        int acks,
        int retries,
        boolean idempotent,
        boolean roundRobin,
        boolean createPartitions,
        long requestTimeoutNs) {

    private static final int ACKS_ALL = -1;

    static WriteSettings of(final Config config) {
        // A batch takes at most half the memory, so that one can be filled while another is on its way.
        final int batchLength = (int) Math.min(config.writerBatchSize(), config.writerBufferMemorySize() / 2);
        return new WriteSettings(
                batchLength,
                config.writerRequestMaxSize(),
                nanos(config.writerBatchTimeout()),
                nanos(config.writerDeliveryTimeout()),
                nanos(config.writerBufferWaitTimeout()),
                config.writerMaxInflightRequestsPerBucket(),
                "all".equals(config.writerAcks()) ? ACKS_ALL : Integer.parseInt(config.writerAcks()),
                config.writerRetries(),
                config.writerEnableIdempotence(),
                config.writerBucketNoKeyAssigner() == dev.millrace.NoKeyAssigner.ROUND_ROBIN,
                config.writerDynamicCreatePartitionEnabled(),
                nanos(config.requestTimeout()));
    }

    /** Long enough for any purpose, short enough to be added to the clock. */
    private static long nanos(final Duration duration) {
        final Duration longest = Duration.ofDays(36_500);
        return duration.compareTo(longest) < 0 ? duration.toNanos() : longest.toNanos();
    }
}
