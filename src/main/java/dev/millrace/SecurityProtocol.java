package dev.millrace;

/**
 * Whether connections authenticate. It must be what the listener of the servers expects; if it is not, connecting ends with
 * an {@link dev.millrace.error.AuthenticationException} that says so.
 */
public enum SecurityProtocol {
    /** They do not. */
    PLAINTEXT,
    /** They do, with user name and password. */
    SASL
}
