/** Moves tables to Arrow files and back, column by column. */
@NullMarked
package dev.millrace.examples.arrow;

import org.jspecify.annotations.NullMarked;
