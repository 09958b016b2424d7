/** Programs as users write them. They use what is public only. */
@NullMarked
package dev.millrace.examples;

import org.jspecify.annotations.NullMarked;
