/**
 * Administration of a cluster: databases, tables, partitions, offsets, snapshots, access control, servers. May use {@code metadata}, {@code error} and the
 * shared machinery under {@code internal}; for users.
 */
@NullMarked
package dev.millrace.admin;

import org.jspecify.annotations.NullMarked;
