/**
 * A table as programs hold it: what it is, and the makers of its writers, scans and lookups.
 *
 * <p>May use write, scan and lookup; used by {@code dev.millrace.FlussConnection}.
 */
@NullMarked
package dev.millrace.table;

import org.jspecify.annotations.NullMarked;
