package dev.millrace.write;

import dev.millrace.error.FlussException;
import dev.millrace.internal.memory.OffHeapPool;
import dev.millrace.internal.metrics.Histogram;
import dev.millrace.internal.metrics.RetryEvent;
import dev.millrace.internal.metrics.Samples;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.metrics.MetricSample;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What the writers of a connection count, batch by batch. Safe for any number of threads. */
final class WriteMetrics {
    static final String OPERATION = "write";

    private static final double NANOS_PER_MILLI = 1e6;

    private final Histogram queueTime = Histogram.ofTimes();
    private final Histogram sendLatency = Histogram.ofTimes();
    private final Histogram recordsPerBatch = Histogram.ofNumbers();
    private final Histogram bytesPerBatch = Histogram.ofNumbers();
    private final LongAdder recordsSent = new LongAdder();
    private final LongAdder bytesSent = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder recordsRetried = new LongAdder();
    private final LongAdder recordsAcknowledged = new LongAdder();
    private final LongAdder recordsFailed = new LongAdder();

    /** A batch was taken out to be sent for the first time. */
    void drained(final long queuedNs) {
        queueTime.record(queuedNs);
    }

    /** Batches are about to be written. Called before that, so that whoever hears of an answer finds them counted. */
    void sending(final List<WriteBatch> batches) {
        for (final WriteBatch batch : batches) {
            recordsPerBatch.record(batch.rowCount());
            bytesPerBatch.record(batch.length());
            recordsSent.add(batch.rowCount());
            bytesSent.add(batch.length());
        }
    }

    /** A request was answered. */
    void answered(final long latencyNs) {
        sendLatency.record(latencyNs);
    }

    /** An attempt with a batch has failed, and there will be another. */
    void retrying(final WriteBatch batch, final @Nullable FlussException failure) {
        retries.increment();
        recordsRetried.add(batch.rowCount());
        if (RetryEvent.isRecorded()) {
            RetryEvent.record(OPERATION, batch.toString(), failure == null ? null : failure.getMessage());
        }
    }

    /** A batch has ended. */
    void settled(final int rows, final @Nullable FlussException failure) {
        (failure == null ? recordsAcknowledged : recordsFailed).add(rows);
    }

    /** What was counted so far. */
    List<MetricSample> samples(final OffHeapPool memory) {
        final Samples samples = new Samples();
        samples.add(ClientMetric.RETRIES, retries.sum(), OPERATION);
        samples.add(ClientMetric.WRITER_BATCH_QUEUE_TIME, queueTime);
        samples.add(ClientMetric.WRITER_SEND_LATENCY, sendLatency);
        samples.add(ClientMetric.WRITER_RECORDS_PER_BATCH, recordsPerBatch);
        samples.add(ClientMetric.WRITER_BYTES_PER_BATCH, bytesPerBatch);
        samples.add(ClientMetric.WRITER_RECORDS_SEND, recordsSent.sum());
        samples.add(ClientMetric.WRITER_BYTES_SEND, bytesSent.sum());
        samples.add(ClientMetric.WRITER_RECORDS_RETRY, recordsRetried.sum());
        samples.add(ClientMetric.WRITER_RECORDS_ACKNOWLEDGED, recordsAcknowledged.sum());
        samples.add(ClientMetric.WRITER_RECORDS_FAILED, recordsFailed.sum());
        samples.add(ClientMetric.WRITER_BUFFER_TOTAL, memory.budgetBytes());
        samples.add(ClientMetric.WRITER_BUFFER_AVAILABLE, memory.budgetBytes() - memory.outstandingBytes());
        samples.add(ClientMetric.WRITER_BUFFER_WAITING_THREADS, memory.waitingThreads());
        samples.add(ClientMetric.WRITER_BUFFER_WAIT, memory.waitedNs() / NANOS_PER_MILLI);
        return samples.toList();
    }
}
