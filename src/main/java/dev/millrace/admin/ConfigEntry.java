package dev.millrace.admin;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An option of the cluster. Immutable. Its text shows no secret; {@code value} does, if the server told it.
 *
 * @param key which option.
 * @param value what it is set to; null if the server keeps it to itself.
 * @param source where that comes from.
 */
public record ConfigEntry(String key, @Nullable String value, ConfigSource source) {
    private static final List<String> SECRETS =
            List.of("password", "secret", "token", "credential", "jaas", "access-key", "access.key", "accesskey");

    /** Where the value of an option comes from. */
    public enum ConfigSource {
        /** It was changed while the cluster runs, for all servers. */
        DYNAMIC_SERVER_CONFIG,
        /** The server was started with it. */
        INITIAL_SERVER_CONFIG
    }

    /** What may be shown of a value. */
    static String shown(final String key, final String value) {
        final String name = key.toLowerCase(Locale.ROOT);
        return SECRETS.stream().anyMatch(name::contains) ? "******" : value;
    }

    @Override
    public String toString() {
        return key + " = " + (value == null ? "(not told)" : shown(key, value)) + " (" + source + ")";
    }
}
