/**
 * Reads ranges of the files in which a cluster keeps what its servers have moved off their disks, and holds the
 * credentials for that. May use rpc, cluster and error; used by the feature packages, never by users.
 */
@NullMarked
package dev.millrace.internal.remote;

import org.jspecify.annotations.NullMarked;
