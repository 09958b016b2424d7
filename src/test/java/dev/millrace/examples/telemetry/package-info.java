/** Collects the readings of thousands of devices, one virtual thread each, and reports on a day of them. */
@NullMarked
package dev.millrace.examples.telemetry;

import org.jspecify.annotations.NullMarked;
