/**
 * Knows the cluster: its servers, its tables, and which server leads which bucket; finds it from a list of addresses and
 * keeps the knowledge fresh. May use rpc, metadata and error; used by the feature packages, never by users.
 */
@NullMarked
package dev.millrace.internal.cluster;

import org.jspecify.annotations.NullMarked;
