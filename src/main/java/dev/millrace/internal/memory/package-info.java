/**
 * Off-heap memory: the one place that allocates and frees it, and that makes Agrona's buffers.
 *
 * <p>May use nothing else of Millrace. Used by codecs, connections, writers and scanners.
 */
@NullMarked
package dev.millrace.internal.memory;

import org.jspecify.annotations.NullMarked;
