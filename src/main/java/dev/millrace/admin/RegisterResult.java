package dev.millrace.admin;

/** What came of registering the offsets of a producer. */
public enum RegisterResult {
    /** They are registered. */
    CREATED,
    /** The producer has some registered already, which were left as they are. */
    ALREADY_EXISTS
}
