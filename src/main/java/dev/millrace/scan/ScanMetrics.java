package dev.millrace.scan;

import dev.millrace.internal.memory.ReadMemory;
import dev.millrace.internal.metrics.Samples;
import dev.millrace.metadata.TablePath;
import dev.millrace.metrics.ClientMetric;
import dev.millrace.metrics.MetricSample;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the scanners of a connection count, table by table. Made by the connection; not for applications, which get the
 * numbers from {@code FlussConnection.metrics()}. Safe for any number of threads.
 */
public final class ScanMetrics {
    private static final double NANOS_PER_MILLI = 1e6;

    private final ReadMemory memory;
    private final Map<TablePath, TableScanMetrics> tables = new ConcurrentHashMap<>();

    /**
     * Begins to count.
     *
     * @param memory that the scanners read into.
     */
    public ScanMetrics(final ReadMemory memory) {
        this.memory = memory;
    }

    /** The counters of a table; they live as long as the connection. */
    TableScanMetrics of(final TablePath table) {
        return tables.computeIfAbsent(table, TableScanMetrics::new);
    }

    /** {@return what was counted so far, for the connection} */
    public List<MetricSample> samples() {
        final Samples samples = new Samples();
        samples.add(
                ClientMetric.RETRIES,
                tables.values().stream().mapToLong(TableScanMetrics::retries).sum(),
                TableScanMetrics.OPERATION);
        samples.add(ClientMetric.SCANNER_BUFFER_TOTAL, memory.budgetBytes());
        samples.add(ClientMetric.SCANNER_BUFFER_AVAILABLE, memory.freeBytes());
        samples.add(ClientMetric.SCANNER_BUFFER_WAITING_THREADS, memory.waitingThreads());
        samples.add(ClientMetric.SCANNER_BUFFER_WAIT, memory.waitedNs() / NANOS_PER_MILLI);
        tables.values().stream()
                .sorted(Comparator.comparing(TableScanMetrics::name))
                .forEach(table -> table.addTo(samples));
        return samples.toList();
    }
}
