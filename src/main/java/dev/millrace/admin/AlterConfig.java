package dev.millrace.admin;

import org.jspecify.annotations.Nullable;

/**
 * A change of an option of the cluster. Immutable. Its text shows no secret.
 *
 * @param key which option.
 * @param value the new one; null to delete.
 * @param opType what is done.
 */
public record AlterConfig(String key, @Nullable String value, AlterConfigOpType opType) {
    /**
     * Gives an option a value.
     *
     * @param key which option.
     * @param value the new one.
     * @return the change.
     */
    public static AlterConfig set(final String key, final String value) {
        return new AlterConfig(key, value, AlterConfigOpType.SET);
    }

    /**
     * Gives an option back what the servers were started with.
     *
     * @param key which option.
     * @return the change.
     */
    public static AlterConfig delete(final String key) {
        return new AlterConfig(key, null, AlterConfigOpType.DELETE);
    }

    @Override
    public String toString() {
        return opType + " " + key + (value == null ? "" : " = " + ConfigEntry.shown(key, value));
    }
}
