package dev.millrace.bench.results;

/** What is measured. The key is its name in the JSON. */
public enum Metric {
    RATE("perSecond", "per second", true),
    CPU("cpuNs", "ns of CPU each", false),
    ALLOCATED("allocatedBytes", "bytes allocated each", false),
    GC("gcMs", "ms of collections", false),
    P50("p50Us", "us at p50", false),
    P99("p99Us", "us at p99", false),
    P999("p999Us", "us at p99.9", false),
    RSS("peakRssMiB", "MiB resident at most", false),
    START("startMs", "ms from the start of the JVM to the first acknowledged row", false),
    SIZE("sizeMiB", "MiB of jars", false);

    private final String key;
    private final String unit;
    private final boolean moreIsBetter;

    Metric(final String key, final String unit, final boolean moreIsBetter) {
        this.key = key;
        this.unit = unit;
        this.moreIsBetter = moreIsBetter;
    }

    public String key() {
        return key;
    }

    public String unit() {
        return unit;
    }

    /** How many times better {@code ours} is. */
    double timesBetter(final double ours, final double theirs) {
        return moreIsBetter ? ours / theirs : theirs / ours;
    }
}
