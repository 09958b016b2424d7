package dev.millrace;

/** Whether connections authenticate. */
public enum SecurityProtocol {
    /** They do not. */
    PLAINTEXT,
    /** They do, with user name and password. */
    SASL
}
