/**
 * Data types: one record a type, nullability included. Immutable values without I/O or threads; may use nothing of the
 * project. Rows, codecs and metadata are built on it, and it is for users.
 */
@NullMarked
package dev.millrace.types;

import org.jspecify.annotations.NullMarked;
