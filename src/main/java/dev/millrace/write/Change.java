package dev.millrace.write;

/** What a row does to its table. */
enum Change {
    /** It is appended to a log; to a primary-key table, it takes the place of the row with the same key. */
    PUT,
    /** The row with the same key goes away. Only the key of this one is read. */
    DELETE
}
