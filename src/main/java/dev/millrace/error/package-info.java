/**
 * What can go wrong, as unchecked exceptions with one root, {@link dev.millrace.error.FlussException}: few kinds, divided
 * by what the caller can do next. May use nothing of the project; everything may use it.
 */
@NullMarked
package dev.millrace.error;

import org.jspecify.annotations.NullMarked;
