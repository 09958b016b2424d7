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
 */
public record RpcSettings(
        long connectTimeoutNs,
        long silenceTimeoutNs,
        int maxResponseLength,
        @Nullable Credentials credentials) {

    /** User and password for SASL/PLAIN. The password is never printed. */
    public record Credentials(String username, String password) {
        @Override
        public String toString() {
            return "Credentials[username=" + username + "]";
        }
    }
}
