/**
 * End to end: one server, and clients that run in turn, each in a JVM of its own. {@link dev.millrace.bench.e2e.Run} is
 * what {@code benchmarks/run} starts.
 */
@NullMarked
package dev.millrace.bench.e2e;

import org.jspecify.annotations.NullMarked;
