/** What a run of the benchmarks measured, and whether a later run is worse. See {@code benchmarks/README.md}. */
@NullMarked
package dev.millrace.bench.results;

import org.jspecify.annotations.NullMarked;
