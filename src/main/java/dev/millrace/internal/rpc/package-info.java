/**
 * Talks to servers: frames, connections, matching of answers to requests, versions, and Protobuf laid by hand or by
 * generated classes. The only package that touches sockets. May use memory and error; used by cluster and by the
 * feature packages, never by users.
 */
@NullMarked
package dev.millrace.internal.rpc;

import org.jspecify.annotations.NullMarked;
