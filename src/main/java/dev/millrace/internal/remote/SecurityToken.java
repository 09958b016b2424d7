package dev.millrace.internal.remote;

import java.util.Map;

/**
 * What servers hand out for reading their storage.
 *
 * @param scheme of the storage.
 * @param accessKeyId empty, as are the other two, if the storage asks for none.
 * @param sessionToken empty if the keys do without.
 * @param settings of the storage, such as where it is.
 * @param expiresAtMs on the clock of the system; {@link Long#MAX_VALUE} if it never does.
 */
record SecurityToken(
        String scheme,
        String accessKeyId,
        String accessKeySecret,
        String sessionToken,
        Map<String, String> settings,
        long expiresAtMs) {
    boolean hasKeys() {
        return !accessKeyId.isEmpty() && !accessKeySecret.isEmpty();
    }

    /** Without what is secret. */
    @Override
    public String toString() {
        return "SecurityToken[scheme=" + scheme + ", accessKeyId=" + accessKeyId + ", settings=" + settings
                + ", expiresAtMs=" + expiresAtMs + "]";
    }
}
