/**
 * Lookups: the lookupers that programs call, and the machinery that carries their keys to the servers.
 *
 * <p>May use values (row, types, metadata, error) and what is internal; used by {@code dev.millrace.table}.
 */
@NullMarked
package dev.millrace.lookup;

import org.jspecify.annotations.NullMarked;
