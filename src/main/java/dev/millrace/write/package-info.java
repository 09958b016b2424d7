/**
 * Writing: the writers that programs call, and the machinery that carries their rows to the servers.
 *
 * <p>May use values (row, types, metadata, error) and what is internal; used by {@code dev.millrace.table}.
 */
@NullMarked
package dev.millrace.write;

import org.jspecify.annotations.NullMarked;
