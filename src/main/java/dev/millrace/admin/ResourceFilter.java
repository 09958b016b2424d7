package dev.millrace.admin;

import org.jspecify.annotations.Nullable;

/**
 * Which resources are meant. Immutable.
 *
 * @param type {@link ResourceType#ANY}: of every type; the name does not count then.
 * @param name null: of every name.
 */
public record ResourceFilter(ResourceType type, @Nullable String name) {
    /** All resources. */
    public static final ResourceFilter ANY = new ResourceFilter(ResourceType.ANY, null);

    /**
     * One resource alone, without what it contains or is contained in.
     *
     * @param resource the one.
     * @return the filter.
     */
    public static ResourceFilter of(final Resource resource) {
        return new ResourceFilter(resource.type(), resource.name());
    }
}
