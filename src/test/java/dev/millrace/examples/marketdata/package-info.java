/** Records ticks as they come and the last quote of each symbol, and replays what came in a range of time. */
@NullMarked
package dev.millrace.examples.marketdata;

import org.jspecify.annotations.NullMarked;
