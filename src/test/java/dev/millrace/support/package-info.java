/**
 * What only this project's own tests and benchmarks need beside the test kit: cases of property tests, object storage, class
 * paths that lack something, events of Flight Recorder. Never published.
 */
@NullMarked
package dev.millrace.support;

import org.jspecify.annotations.NullMarked;
