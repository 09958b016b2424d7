/**
 * The program a newcomer starts first: streams rows into a real Fluss cluster, reads them live, accounts for each.
 * Uses the client as any program would, through its public API, and the test kit for the embedded cluster.
 * Nobody uses it; it lies among the tests because the server does.
 */
@NullMarked
package dev.millrace.quickstart;

import org.jspecify.annotations.NullMarked;
