package dev.millrace.metrics;

/** What kind of value a metric has. */
public enum MetricType {
    /** Grows from 0 on, as long as the connection lives. */
    COUNTER,
    /** A state, which goes up and down. */
    GAUGE,
    /** The distribution of all values that there were as long as the connection lives. */
    HISTOGRAM
}
