/** Benchmarks of appends and upserts. */
@NullMarked
package dev.millrace.bench.write;

import org.jspecify.annotations.NullMarked;
