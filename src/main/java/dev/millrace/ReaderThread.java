package dev.millrace;

/** What kind of thread reads the answers of a server; there is one for each connection. */
public enum ReaderThread {
    /** A virtual one: it costs no thread of the system, however many servers there are. */
    VIRTUAL,
    /**
     * One of the system's. Where answers come in many parts, as in a fast scan, each part wakes one thread instead of two
     * or three, which takes less CPU time; {@code docs/performance.md} has figures.
     */
    PLATFORM
}
