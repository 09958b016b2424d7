package dev.millrace.admin;

/**
 * What somebody is allowed to do with a resource. Immutable.
 *
 * @param resource with what.
 * @param accessControlEntry who is allowed what.
 */
public record AclBinding(Resource resource, AccessControlEntry accessControlEntry) {}
