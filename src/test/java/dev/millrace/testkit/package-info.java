/**
 * What tests stand on: real Fluss clusters, a proxy that harms connections, and guards against leaks and pinning.
 * May use the official server and client, ZooKeeper's test server, JUnit, and the client's public API and memory.
 * Used by tests, benchmarks and the quickstart; nothing of it is shipped.
 */
@NullMarked
package dev.millrace.testkit;

import org.jspecify.annotations.NullMarked;
