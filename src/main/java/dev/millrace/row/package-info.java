/**
 * Rows and the values in them: what writers read and scanners give. Values without I/O or threads; may use {@code error},
 * {@code types} and Agrona's buffers. For users, and for all that encodes or decodes.
 */
@NullMarked
package dev.millrace.row;

import org.jspecify.annotations.NullMarked;
