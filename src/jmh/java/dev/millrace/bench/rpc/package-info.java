/** Benchmarks of round trips to a server. */
@NullMarked
package dev.millrace.bench.rpc;

import org.jspecify.annotations.NullMarked;
