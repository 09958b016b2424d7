/**
 * What benchmarks do with a client, once for Millrace and once for the official client: the same rows, the same calls,
 * the same checks. See {@code benchmarks/README.md}.
 */
@NullMarked
package dev.millrace.bench.client;

import org.jspecify.annotations.NullMarked;
