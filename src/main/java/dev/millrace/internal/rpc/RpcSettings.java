package dev.millrace.internal.rpc;

import org.jspecify.annotations.Nullable;

/**
 * What connections need to know.
 *
 * @param connectTimeoutNs the longest that connecting and the handshake may take together.
 * @param silenceTimeoutNs how long a server that owes an answer may send nothing at all before it counts as dead. Must
 *     be longer than any wait that requests ask of the server.
 * @param maxResponseLength the longest response frame that is believed.
 * @param credentials for a listener that asks for SASL/PLAIN; null for a plaintext listener.
 * @param hasPlatformReaders whether the thread that reads a connection is one of the system's instead of a virtual one.
 */
public record RpcSettings(
        long connectTimeoutNs,
        long silenceTimeoutNs,
        int maxResponseLength,
        @Nullable Credentials credentials,
        boolean hasPlatformReaders) {

    /** Settings with virtual readers. */
    public RpcSettings(
            final long connectTimeoutNs,
            final long silenceTimeoutNs,
            final int maxResponseLength,
            final @Nullable Credentials credentials) {
        this(connectTimeoutNs, silenceTimeoutNs, maxResponseLength, credentials, false);
    }

    /** User and password for SASL/PLAIN. The password is never printed. */
    public record Credentials(String username, String password) {
        @Override
        public String toString() {
            return "Credentials[username=" + username + "]";
        }
    }
}
