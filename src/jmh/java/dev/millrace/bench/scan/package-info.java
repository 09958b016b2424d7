/** Benchmarks of scans. */
@NullMarked
package dev.millrace.bench.scan;

import org.jspecify.annotations.NullMarked;
