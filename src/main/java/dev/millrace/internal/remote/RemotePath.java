package dev.millrace.internal.remote;

import java.util.Locale;

/**
 * Where a file lies, as servers write it: {@code scheme://authority/path}, {@code scheme:/path} or a bare path. Nothing in
 * it is escaped, which is why {@link java.net.URI} does not read it.
 *
 * @param scheme in lower case; {@code file} if there is none.
 * @param authority the bucket of object storage, the host of others; may be empty.
 * @param path with its leading slash.
 */
record RemotePath(String scheme, String authority, String path) {
    private static final String FILE = "file";

    static RemotePath parse(final String text) {
        final int colon = text.indexOf(':');
        // A single letter is a drive.
        if (colon < 2 || text.lastIndexOf('/', colon) >= 0) {
            return new RemotePath(FILE, "", text);
        }
        final String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
        final String rest = text.substring(colon + 1);
        if (!rest.startsWith("//")) {
            return new RemotePath(scheme, "", rest);
        }
        final int slash = rest.indexOf('/', 2);
        return slash < 0
                ? new RemotePath(scheme, rest.substring(2), "/")
                : new RemotePath(scheme, rest.substring(2, slash), rest.substring(slash));
    }
}
