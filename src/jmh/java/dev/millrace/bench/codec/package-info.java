/** Benchmarks of the encoders and decoders alone. */
@NullMarked
package dev.millrace.bench.codec;

import org.jspecify.annotations.NullMarked;
