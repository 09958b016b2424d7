/**
 * Reading logs: scanners that give rows in place or Arrow batches, and the fetching behind them.
 *
 * <p>May use row, types, metadata, error and internal. Used by applications; {@code dev.millrace.table} makes the scans.
 */
@NullMarked
package dev.millrace.scan;

import org.jspecify.annotations.NullMarked;
