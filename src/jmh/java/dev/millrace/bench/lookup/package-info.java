/** Benchmarks of lookups. */
@NullMarked
package dev.millrace.bench.lookup;

import org.jspecify.annotations.NullMarked;
