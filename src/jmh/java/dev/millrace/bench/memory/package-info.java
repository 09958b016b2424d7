/** Benchmarks of off-heap memory. */
@NullMarked
package dev.millrace.bench.memory;

import org.jspecify.annotations.NullMarked;
