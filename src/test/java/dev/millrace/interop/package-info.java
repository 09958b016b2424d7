/** What tests need to compare this library with the official one: the same rows in both forms, and its encoders. */
@NullMarked
package dev.millrace.interop;

import org.jspecify.annotations.NullMarked;
