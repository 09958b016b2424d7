/**
 * What tests stand on, ours and those of programs that use the client: real Fluss clusters, a proxy that harms connections,
 * and guards against leaks and pinning. May use the official server, ZooKeeper's test server, JUnit, and the client's public
 * API and memory. All of it but its own tests is published, as the artifact with the classifier {@code tests}.
 */
@NullMarked
package dev.millrace.testkit;

import org.jspecify.annotations.NullMarked;
