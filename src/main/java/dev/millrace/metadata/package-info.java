/**
 * What databases, tables, buckets and servers are: schemas and descriptors with their JSON forms, infos, ids. Immutable
 * values without I/O or threads; may use {@code types} and {@code error}. For users, and for all that talks to servers.
 */
@NullMarked
package dev.millrace.metadata;

import org.jspecify.annotations.NullMarked;
