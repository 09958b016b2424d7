/** Benchmarks: Millrace beside the official client, against one server process. See {@code benchmarks/README.md}. */
@NullMarked
package dev.millrace.bench;

import org.jspecify.annotations.NullMarked;
