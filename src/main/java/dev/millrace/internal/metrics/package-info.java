/**
 * How the parts of a connection count and record what they do: histograms that many threads write, and the events of Java
 * Flight Recorder. Knows nothing of what is counted; uses the public values of the metrics only.
 */
@NullMarked
package dev.millrace.internal.metrics;

import org.jspecify.annotations.NullMarked;
