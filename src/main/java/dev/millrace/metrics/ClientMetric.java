package dev.millrace.metrics;

import static dev.millrace.metrics.MetricType.COUNTER;
import static dev.millrace.metrics.MetricType.GAUGE;
import static dev.millrace.metrics.MetricType.HISTOGRAM;

import java.util.List;

/**
 * The catalogue: each metric of a connection, with its name, type, unit and labels. Names that the Rust client of Fluss
 * has too mean the same there. {@code docs/observability.md} has them as a table.
 */
public enum ClientMetric {
    /** Requests sent to servers. */
    REQUESTS("fluss.client.requests.total", COUNTER, "requests", Labels.REQUEST, "Requests sent to servers"),
    /** Responses received from servers, refusals included. */
    RESPONSES(
            "fluss.client.responses.total",
            COUNTER,
            "responses",
            Labels.REQUEST,
            "Responses received from servers, refusals included"),
    /** Requests that ended in a refusal by the server, without a response, or given up. */
    REQUEST_ERRORS(
            "fluss.client.request_errors.total",
            COUNTER,
            "requests",
            Labels.REQUEST,
            "Requests that ended in a refusal by the server, without a response, or given up"),
    /** Bytes of request bodies sent, without the framing. */
    BYTES_SENT(
            "fluss.client.bytes_sent.total",
            COUNTER,
            "bytes",
            Labels.REQUEST,
            "Bytes of request bodies sent, without the framing"),
    /** Bytes of response bodies received, without the framing. */
    BYTES_RECEIVED(
            "fluss.client.bytes_received.total",
            COUNTER,
            "bytes",
            Labels.REQUEST,
            "Bytes of response bodies received, without the framing"),
    /** Time from a request to its response, in milliseconds. */
    REQUEST_LATENCY(
            "fluss.client.request_latency_ms",
            HISTOGRAM,
            "ms",
            Labels.REQUEST,
            "Time from before a request is written until its response is read"),
    /** Requests that wait for a response now. */
    REQUESTS_IN_FLIGHT(
            "fluss.client.requests_in_flight",
            GAUGE,
            "requests",
            Labels.REQUEST,
            "Requests that wait for a response now"),
    /** Connections to servers that are open now. */
    CONNECTIONS_OPEN(
            "fluss.client.connections_open", GAUGE, "connections", Labels.NONE, "Connections to servers, open now"),
    /** Attempts that failed and are made again; by what they are for: write, fetch or lookup. */
    RETRIES(
            "fluss.client.retries.total",
            COUNTER,
            "attempts",
            Labels.OPERATION,
            "Attempts that failed and are made again: of a batch, of the fetch of a bucket, of a lookup"),

    /** Time from a write request to its response, in milliseconds. */
    WRITER_SEND_LATENCY(
            "fluss.client.writer.send_latency_ms",
            HISTOGRAM,
            "ms",
            Labels.NONE,
            "Time from a write request (produce_log, put_kv) to its response"),
    /** Time from a batch's first row until the batch was taken out to be sent, in milliseconds. */
    WRITER_BATCH_QUEUE_TIME(
            "fluss.client.writer.batch_queue_time_ms",
            HISTOGRAM,
            "ms",
            Labels.NONE,
            "Time from a batch's first row until the batch was taken to be sent for the first time"),
    /** Records in batches that were sent; those of a batch that is sent again count again. */
    WRITER_RECORDS_SEND(
            "fluss.client.writer.records_send.total",
            COUNTER,
            "records",
            Labels.NONE,
            "Records in batches that were sent; those of a batch that is sent again count again"),
    /** Bytes of batches that were sent; those of a batch that is sent again count again. */
    WRITER_BYTES_SEND(
            "fluss.client.writer.bytes_send.total",
            COUNTER,
            "bytes",
            Labels.NONE,
            "Bytes of batches that were sent; those of a batch that is sent again count again"),
    /** Records in batches that are to be sent again. */
    WRITER_RECORDS_RETRY(
            "fluss.client.writer.records_retry.total",
            COUNTER,
            "records",
            Labels.NONE,
            "Records in batches of which an attempt failed and that are sent again"),
    /** Records that the cluster has acknowledged. */
    WRITER_RECORDS_ACKNOWLEDGED(
            "fluss.client.writer.records_acknowledged.total",
            COUNTER,
            "records",
            Labels.NONE,
            "Records that the cluster has acknowledged"),
    /** Records whose delivery has failed for good. */
    WRITER_RECORDS_FAILED(
            "fluss.client.writer.records_failed.total",
            COUNTER,
            "records",
            Labels.NONE,
            "Records whose delivery has failed for good, whose futures tell why"),
    /** Records in a batch that was sent. */
    WRITER_RECORDS_PER_BATCH(
            "fluss.client.writer.records_per_batch",
            HISTOGRAM,
            "records",
            Labels.NONE,
            "Records in a batch that was sent"),
    /** Bytes of a batch that was sent. */
    WRITER_BYTES_PER_BATCH(
            "fluss.client.writer.bytes_per_batch", HISTOGRAM, "bytes", Labels.NONE, "Bytes of a batch that was sent"),
    /** The bound of the memory for writing, {@code writerBufferMemorySize}. */
    WRITER_BUFFER_TOTAL(
            "fluss.client.writer.buffer_total_bytes",
            GAUGE,
            "bytes",
            Labels.NONE,
            "The bound of the memory for writing (writerBufferMemorySize)"),
    /** What is free now of the memory for writing. */
    WRITER_BUFFER_AVAILABLE(
            "fluss.client.writer.buffer_available_bytes",
            GAUGE,
            "bytes",
            Labels.NONE,
            "What is free now of the memory for writing"),
    /** Threads that wait now for memory for writing. */
    WRITER_BUFFER_WAITING_THREADS(
            "fluss.client.writer.buffer_waiting_threads",
            GAUGE,
            "threads",
            Labels.NONE,
            "Threads that wait now for memory for writing"),
    /** How long threads have waited for memory for writing, all together, in milliseconds. */
    WRITER_BUFFER_WAIT(
            "fluss.client.writer.buffer_wait_ms.total",
            COUNTER,
            "ms",
            Labels.NONE,
            "How long threads have waited for memory for writing, all together; waits that are over"),

    /** Time between the starts of the last two polls, in milliseconds; the longest of the table's open scanners. */
    SCANNER_TIME_BETWEEN_POLL(
            "fluss.client.scanner.time_between_poll_ms",
            GAUGE,
            "ms",
            Labels.TABLE,
            "Time between the starts of the last two polls; the longest of the table's open scanners"),
    /** Which part of the time up to the end of its last poll a scanner spent in that poll; the largest of the table's. */
    SCANNER_POLL_IDLE_RATIO(
            "fluss.client.scanner.poll_idle_ratio",
            GAUGE,
            "ratio",
            Labels.TABLE,
            "Part of the time between the ends of the last two polls that was spent inside the last one: near 1 the"
                    + " application waits for data; the largest of the table's open scanners"),
    /** How long ago the last poll began, in seconds; the longest of the table's open scanners. */
    SCANNER_LAST_POLL_SECONDS_AGO(
            "fluss.client.scanner.last_poll_seconds_ago",
            GAUGE,
            "seconds",
            Labels.TABLE,
            "How long ago the last poll began; the longest of the table's open scanners"),
    /** Time from a fetch request to its response, in milliseconds, the time included that the server waits for data. */
    SCANNER_FETCH_LATENCY(
            "fluss.client.scanner.fetch_latency_ms",
            HISTOGRAM,
            "ms",
            Labels.TABLE,
            "Time from a fetch request to its response, the time included that the server waits for data"),
    /** Fetch requests that were sent, or that could not be sent. */
    SCANNER_FETCH_REQUESTS(
            "fluss.client.scanner.fetch_requests.total",
            COUNTER,
            "requests",
            Labels.TABLE,
            "Fetch requests that were tried, those that could not be sent included"),
    /** Bytes of a response to a fetch request. */
    SCANNER_BYTES_PER_REQUEST(
            "fluss.client.scanner.bytes_per_request",
            HISTOGRAM,
            "bytes",
            Labels.TABLE,
            "Bytes of a response to a fetch request"),
    /** Reads of ranges of remote log files. */
    SCANNER_REMOTE_FETCH_REQUESTS(
            "fluss.client.scanner.remote_fetch_requests.total",
            COUNTER,
            "requests",
            Labels.TABLE,
            "Reads of ranges of remote log files, those that are tried again included"),
    /** Bytes read from remote log files. */
    SCANNER_REMOTE_FETCH_BYTES(
            "fluss.client.scanner.remote_fetch_bytes.total",
            COUNTER,
            "bytes",
            Labels.TABLE,
            "Bytes read from remote log files"),
    /** Reads of ranges of remote log files that failed. */
    SCANNER_REMOTE_FETCH_ERRORS(
            "fluss.client.scanner.remote_fetch_errors.total",
            COUNTER,
            "requests",
            Labels.TABLE,
            "Reads of ranges of remote log files that failed"),
    /** Records that polls have returned, and those of limited scans. */
    SCANNER_RECORDS(
            "fluss.client.scanner.records.total",
            COUNTER,
            "records",
            Labels.TABLE,
            "Records that polls and limited scans have returned"),
    /** How many records of a bucket the application has not polled yet. */
    SCANNER_LAG(
            "fluss.client.scanner.lag",
            GAUGE,
            "records",
            Labels.BUCKET,
            "High watermark of a bucket, as the last response told it, minus the offset that is polled next; the largest"
                    + " of the table's open scanners, and none before the first response"),
    /** The bound of the memory for reading, {@code scannerBufferMemorySize}. */
    SCANNER_BUFFER_TOTAL(
            "fluss.client.scanner.buffer_total_bytes",
            GAUGE,
            "bytes",
            Labels.NONE,
            "The bound of the memory for reading (scannerBufferMemorySize)"),
    /** What is free now of the memory for reading. */
    SCANNER_BUFFER_AVAILABLE(
            "fluss.client.scanner.buffer_available_bytes",
            GAUGE,
            "bytes",
            Labels.NONE,
            "What is free now of the memory for reading"),
    /** Threads that wait now for memory for reading: those that fetch, and those that poll. */
    SCANNER_BUFFER_WAITING_THREADS(
            "fluss.client.scanner.buffer_waiting_threads",
            GAUGE,
            "threads",
            Labels.NONE,
            "Threads that wait now for memory for reading: those that fetch, and those that poll"),
    /** How long threads have waited for memory for reading, all together, in milliseconds. */
    SCANNER_BUFFER_WAIT(
            "fluss.client.scanner.buffer_wait_ms.total",
            COUNTER,
            "ms",
            Labels.NONE,
            "How long threads have waited for memory for reading, all together; waits that are over"),

    /** Keys that were asked for; those of a lookup that is tried again count again. */
    LOOKUP_KEYS(
            "fluss.client.lookup.keys.total",
            COUNTER,
            "keys",
            Labels.NONE,
            "Keys in lookup requests; those of a lookup that is tried again count again");

    private final String metricName;
    private final MetricType type;
    private final String unit;
    private final List<String> labels;
    private final String description;

    ClientMetric(
            final String metricName,
            final MetricType type,
            final String unit,
            final List<String> labels,
            final String description) {
        this.metricName = metricName;
        this.type = type;
        this.unit = unit;
        this.labels = labels;
        this.description = description;
    }

    /** {@return the name, {@code fluss.client.requests.total} for example} */
    public String metricName() {
        return metricName;
    }

    /** {@return what kind of value it has} */
    public MetricType type() {
        return type;
    }

    /** {@return the unit of its values: {@code ms}, {@code bytes}, {@code records} and so on} */
    public String unit() {
        return unit;
    }

    /** {@return the names of the labels that tell its series apart; none if there is one series only} */
    public List<String> labels() {
        return labels;
    }

    /** {@return what it says, in a line} */
    public String description() {
        return description;
    }

    private static final class Labels {
        static final List<String> NONE = List.of();
        static final List<String> REQUEST = List.of("api_key");
        static final List<String> OPERATION = List.of("operation");
        static final List<String> TABLE = List.of("database", "table");
        static final List<String> BUCKET = List.of("database", "table", "partition", "bucket");
    }
}
