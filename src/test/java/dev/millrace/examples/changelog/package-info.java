/** Follows the changes of a table with a primary key. */
@NullMarked
package dev.millrace.examples.changelog;

import org.jspecify.annotations.NullMarked;
