package dev.millrace.admin;

/**
 * Which bindings are meant: those that pass both filters. Immutable.
 *
 * @param resourceFilter by the resource.
 * @param entryFilter by the entry.
 */
public record AclBindingFilter(ResourceFilter resourceFilter, AccessControlEntryFilter entryFilter) {
    /** All bindings. */
    public static final AclBindingFilter ANY = new AclBindingFilter(ResourceFilter.ANY, AccessControlEntryFilter.ANY);

    /**
     * One binding alone.
     *
     * @param binding the one.
     * @return the filter.
     */
    public static AclBindingFilter of(final AclBinding binding) {
        return new AclBindingFilter(
                ResourceFilter.of(binding.resource()), AccessControlEntryFilter.of(binding.accessControlEntry()));
    }
}
