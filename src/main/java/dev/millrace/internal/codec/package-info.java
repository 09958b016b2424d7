/**
 * Bytes: the batch headers, Arrow bodies and row encodings of Fluss, laid and read in place over off-heap buffers.
 *
 * <p>Knows no sockets and no threads. May use types, row, error and internal.memory; used by writers, scanners and
 * lookups.
 */
@NullMarked
package dev.millrace.internal.codec;

import org.jspecify.annotations.NullMarked;
