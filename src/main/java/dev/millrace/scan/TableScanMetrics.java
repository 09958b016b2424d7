package dev.millrace.scan;

import dev.millrace.internal.metrics.Histogram;
import dev.millrace.internal.metrics.RetryEvent;
import dev.millrace.internal.metrics.Samples;
import dev.millrace.metadata.TableBucket;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.ClientMetric;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What the scanners of one table count. Safe for any number of threads. */
final class TableScanMetrics {
    static final String OPERATION = "fetch";

    private static final Comparator<TableBucket> BY_PARTITION = Comparator.comparing(
                    TableBucket::partitionId, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(TableBucket::bucketId);

    private final TablePath table;
    private final Histogram fetchLatency = Histogram.ofTimes();
    private final Histogram bytesPerRequest = Histogram.ofNumbers();
    private final LongAdder fetches = new LongAdder();
    private final LongAdder remoteReads = new LongAdder();
    private final LongAdder remoteBytes = new LongAdder();
    private final LongAdder remoteErrors = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder records = new LongAdder();
    private final Set<LogSource> scanners = ConcurrentHashMap.newKeySet();

    TableScanMetrics(final TablePath table) {
        this.table = table;
    }

    String name() {
        return table.toString();
    }

    void open(final LogSource scanner) {
        scanners.add(scanner);
    }

    void close(final LogSource scanner) {
        scanners.remove(scanner);
    }

    /** A fetch is about to be sent. */
    void fetching() {
        fetches.increment();
    }

    /** A fetch was answered. */
    void fetched(final long latencyNs, final int length) {
        fetchLatency.record(latencyNs);
        bytesPerRequest.record(length);
    }

    /** A range of a remote file is about to be read. */
    void readingRemote() {
        remoteReads.increment();
    }

    void readRemote(final int length) {
        remoteBytes.add(length);
    }

    void failedRemote() {
        remoteErrors.increment();
    }

    /** A bucket could not be fetched, and is fetched again. */
    void retrying(final ScanContext context, final Subscription subscription, final @Nullable Throwable failure) {
        retries.increment();
        if (RetryEvent.isRecorded()) {
            RetryEvent.record(
                    OPERATION,
                    context.describe(subscription.bucket, subscription.fetchOffset),
                    failure == null ? null : failure.getMessage());
        }
    }

    /** The application got so many records. */
    void returned(final int count) {
        records.add(count);
    }

    long retries() {
        return retries.sum();
    }

    void addTo(final Samples samples) {
        final String database = table.database();
        final String name = table.table();
        samples.add(ClientMetric.SCANNER_FETCH_LATENCY, fetchLatency, database, name);
        samples.add(ClientMetric.SCANNER_BYTES_PER_REQUEST, bytesPerRequest, database, name);
        samples.add(ClientMetric.SCANNER_FETCH_REQUESTS, fetches.sum(), database, name);
        samples.add(ClientMetric.SCANNER_REMOTE_FETCH_REQUESTS, remoteReads.sum(), database, name);
        samples.add(ClientMetric.SCANNER_REMOTE_FETCH_BYTES, remoteBytes.sum(), database, name);
        samples.add(ClientMetric.SCANNER_REMOTE_FETCH_ERRORS, remoteErrors.sum(), database, name);
        samples.add(ClientMetric.SCANNER_RECORDS, records.sum(), database, name);
        addPolls(samples, ClientMetric.SCANNER_TIME_BETWEEN_POLL, PollTimes::betweenMs);
        addPolls(samples, ClientMetric.SCANNER_POLL_IDLE_RATIO, PollTimes::idleRatio);
        addPolls(samples, ClientMetric.SCANNER_LAST_POLL_SECONDS_AGO, PollTimes::secondsAgo);
        addLag(samples);
    }

    /** The largest of what the scanners have that were polled. */
    private void addPolls(
            final Samples samples, final ClientMetric metric, final ToDoubleFunction<PollTimes> measured) {
        scanners.stream()
                .map(LogSource::pollTimes)
                .mapToDouble(measured)
                .filter(Double::isFinite)
                .max()
                .ifPresent(value -> samples.add(metric, value, table.database(), table.table()));
    }

    private void addLag(final Samples samples) {
        final Map<TableBucket, Long> lags = new TreeMap<>(BY_PARTITION);
        scanners.forEach(scanner -> scanner.addLags(lags));
        lags.forEach((bucket, lag) -> samples.add(
                ClientMetric.SCANNER_LAG,
                lag,
                table.database(),
                table.table(),
                bucket.partitionId() == null ? "" : bucket.partitionId().toString(),
                Integer.toString(bucket.bucketId())));
    }
}
