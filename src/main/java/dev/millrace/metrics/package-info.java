/**
 * What a connection counts about itself: the catalogue of its metrics ({@link dev.millrace.metrics.ClientMetric}), their
 * values at one moment ({@link dev.millrace.metrics.ClientMetrics}, got from {@code FlussConnection.metrics()}), and a
 * binder for programs that use Micrometer.
 */
@NullMarked
package dev.millrace.metrics;

import org.jspecify.annotations.NullMarked;
